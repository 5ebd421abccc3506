const adoptedNoise =
  "no cause found in usher, which is not there once the program has its socket: the processor time of a request, beside " +
  "it, is the same within a percent in every run. On a machine that is busy with more than this the median of sixty " +
  "ratios still wavers by two or three percent, either way";

/** For each aim that is not met: what stands in the way. Written by hand, keyed by the aim. */
export const reasons: Readonly<Record<string, string>> = {
  orphans:
    "no cause found in usher: both spend one system call on each zombie and two on a batch, and by the clock the ratio " +
    "came out anywhere from 0.75 to 1.81 over the runs on a busy machine. The column of processor time is there to tell more",
  "resident-10":
    "what the private memory is, below; the program's own pages are let go of after the boot and come back as they are used",
  "private-10":
    "the script engine's heap, 1.4 MB before the first unit: 2,000 live functions at 170 bytes (their bytecode lies in " +
    "the file, their line tables have 13 bytes each), as many objects for them, 3,000 names and texts; then 18 KB for " +
    "each socket with its service. Freeing the unit file parser after the boot (a script context of its own, and its " +
    "results copied out of it) would bring about 0.3 MB",
  "listen-100":
    "about 2 ms go into making the engine's context and loading the parser; after that each socket unit takes 0.7 million " +
    "instructions, nearly all of them interpreted: finding, reading and checking it, with no step that stands out. " +
    "Eight of its system calls read the file and open the socket",
  "first-byte":
    "between the connection and the program's first byte the interpreter takes the event through a job and a start. " +
    "In QuickJS a property of a new object costs some 600 instructions; what is left of the way is mostly these",
  "accept-serial":
    "tcpserver forks and forgets; usher makes a unit's state of fifty fields, a job and a start, logs begin and end, and " +
    "knows whether anything is left, in the interpreter: 1.8 M instructions, much of it for making objects",
  "accept-parallel": "as one by one: the work for each connection is the same, and PID 1 has one thread",
  "adopted-redis": adoptedNoise,
  "adopted-nginx": adoptedNoise,
};
