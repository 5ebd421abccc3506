const adoptedNoise =
  "no cause found in usher, which is not there once the program has its socket: the processor time of a request, beside " +
  "it, is the same within a percent in every run. On a machine that is busy with more than this the median of sixty " +
  "ratios still wavers by two or three percent, either way";

/** For each aim that is not met: what stands in the way. Written by hand, keyed by the aim. */
export const reasons: Readonly<Record<string, string>> = {
  orphans:
    "no cause found in usher: both spend one system call on each zombie, and by the clock the ratio came out anywhere " +
    "from 0.75 to 1.81 over the runs on a busy machine. The column of processor time is there to tell more",
  "resident-10":
    "the script engine's heap: 1.7 MB before the first unit, nearly all of it the bytecode of the engine (420 KB with " +
    "its line tables) as live functions, and 10 to 15 KB for each unit. Leaving the line tables out would save 0.38 MB " +
    "and lose file and line in a failure's report; freeing the unit file parser after the boot is the next step",
  "private-10":
    "the same heap, all of it private. Freeing the unit file parser after the boot (a script context of its own) and " +
    "leaving the line tables out would bring it to about 1.5 MB",
  "listen-100":
    "3 to 4 ms go into loading the parser's bytecode before the first unit file is read; after that each socket unit " +
    "costs about as much to find, read and check in the interpreter as to bind",
  "first-byte":
    "between the connection and the program's first byte the interpreter takes the event through a transaction, a " +
    "start and two log records, which costs more than the spawn itself",
  "accept-serial":
    "tcpserver forks; usher loads a unit instance, queues a job, starts it, logs it, and looks whether anything is left " +
    "when it has ended, each in the interpreter",
  "accept-parallel": "as one by one: the work for each connection is the same, and PID 1 has one thread",
  "adopted-redis": adoptedNoise,
  "adopted-nginx": adoptedNoise,
};
