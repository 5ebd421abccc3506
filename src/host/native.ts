/**
 * The C host, as TypeScript sees it: the one global object `usherNative`, typed.
 *
 * Rules that hold for every function here:
 * - A function that can fail returns a number: ≥ 0 is the result, < 0 is `-errno`. A function that returns data
 *   returns the data, or that negative number. Nothing here throws for a failure that can be expected; a throw is a
 *   wrong argument type, which is a bug.
 * - Every descriptor is close-on-exec from birth. Descriptors are plain numbers; owning them is the caller's task.
 * - Times are microseconds as numbers (exact up to 2^53).
 * - Text from the kernel may hold bytes that aren't UTF-8. Each such byte becomes one lone surrogate U+DC80…U+DCFF
 *   (Python's "surrogateescape") and turns back into that byte when the string is handed to native, so paths,
 *   environments and unit files survive the round trip.
 * - "Bytes" are strings whose code units are 0…255 (QuickJS stores these with one byte a character).
 * - Callbacks run one at a time from the loop; promise jobs run after each. A callback that throws, recurses without
 *   end, exhausts memory or runs longer than the time limit is reported to `onError` and survived.
 *
 * Only src/host/ imports this file.
 */

/** A result code: ≥ 0, or `-errno`. */
export type Code = number;

// ------------------------------------------------------------------------------------------------------------ boot

export interface Versions {
  /** package.json's version. */
  readonly usher: string;
  /** The QuickJS library that is linked in, e.g. `2025-04-26`. */
  readonly quickjs: string;
  /** Debian's package version of it and the compiler, as recorded when built. */
  readonly toolchain: string;
  /** `x86_64`, `aarch64`, … */
  readonly arch: string;
  /** `release` or `test` (built with test hooks or sanitizers). */
  readonly flavour: string;
}

export interface Identity {
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  readonly groups: readonly number[];
  /** Effective capabilities as a hex string without prefix, 16 digits. */
  readonly capabilities: string;
}

export interface NativeBoot {
  readonly argv: readonly string[];
  /** `NAME=value` strings in their original order. */
  readonly environ: readonly string[];
  /** Which face this process is: the last part of argv[0] where that is a known face, else `usher`. */
  readonly face: string;
  readonly pid: number;
  readonly isPid1: boolean;
  /** Monotonic µs at which main() was entered. */
  readonly startUsec: number;
  /** Descriptors ≥ 3 that were open when the process started (now close-on-exec). */
  readonly inheritedFds: readonly number[];
  /** Bit n is set where descriptor n (0, 1, 2) was closed at start; a stand-in holds its place now. */
  readonly closedStdio: number;
  /** Signals (numbers) that were ignored when the process started, and that were blocked. */
  readonly ignoredAtStart: readonly number[];
  readonly blockedAtStart: readonly number[];
  readonly versions: Versions;
  /** Names of the blobs in this binary. */
  readonly blobs: readonly string[];
  /** Evaluates another blob (once) and returns what its entry file exports. Throws where there is none. */
  loadBlob(name: string): unknown;
  /** Rewrites `source:NUMBER:1` in a stack trace to source file and line. */
  explainStack(text: string): string;
  /** Flushes output (within a bound) and ends the process. Never returns. */
  exit(code: number): never;
  /** Replaces the process (daemon-reexec). Descriptors in `keep` lose close-on-exec. Returns only on failure. */
  reexec(file: string, argv: readonly string[], env: readonly string[], keep: readonly number[]): Code;
  getppid(): number;
  identity(): Identity;
  setSubreaper(on: boolean): Code;
  isSubreaper(): boolean;
  /** Raises this process's own soft limit for descriptors to its hard one; returns the new soft limit. */
  raiseFileLimit(): Code;
  /** `[soft, hard]` of an RLIMIT_* (-1 = infinity). */
  getLimit(resource: number): readonly [number, number] | Code;
  /** `[sysname, nodename, release, version, machine]`. */
  uname(): readonly string[];
  /** Bytes in use by the script engine's heap. */
  heapBytes(): number;
  /** Limits of the script engine: heap bytes (0 = none), native stack bytes, µs that one callback may run (0 = none). */
  setScriptLimits(heapBytes: number, stackBytes: number, callbackUsec: number): void;
  /** Frees what nothing refers to, and gives pages back to the kernel: these, and the program's that can be read again. */
  collectGarbage(): void;
  /** Random bytes (getrandom), as lower-case hex. */
  randomHex(bytes: number): string;
}

// ------------------------------------------------------------------------------------------------------------ loop

export const POLL_IN = 0x001;
export const POLL_OUT = 0x004;
export const POLL_ERROR = 0x008;
export const POLL_HANGUP = 0x010;
export const POLL_READ_HANGUP = 0x2000;
export const POLL_EDGE = 0x80000000;

export interface NativeLoop {
  /** Calls `callback(events)` whenever one of the events is there (level-triggered unless POLL_EDGE). One a descriptor. */
  watch(fd: number, events: number, callback: (events: number) => void): Code;
  /** Changes the events of a watched descriptor; 0 pauses it. */
  rewatch(fd: number, events: number): Code;
  /** Must be called before the descriptor is closed. Harmless when it isn't watched. */
  unwatch(fd: number): Code;
  /** Arms the one timer (absolute monotonic µs), 0 disarms it. */
  setTimer(monotonicUsec: number): Code;
  onTimer(callback: () => void): void;
  /** Called when the wall clock is set (or the time zone's rules need new thought); null stops watching. */
  onClockChange(callback: (() => void) | null): Code;
  /**
   * Every signal that can be caught, read from a signalfd; within one batch of events signals come last, so that what
   * a process sent is seen before its death. SIGCHLD arrives here too: call `reap`.
   */
  onSignal(callback: (signal: number, senderPid: number, code: number) => void): void;
  /** A callback failed: the text names the error and its stack, already in source lines. */
  onError(callback: (text: string) => void): void;
  /** Runs until `stop`. Returns the number given to `stop`. */
  run(): number;
  stop(value?: number): void;
  monotonic(): number;
  boottime(): number;
  realtime(): number;
  /** Minutes east of UTC at that wall-clock time, by the container's /etc/localtime or TZ (0 without tzdata). */
  utcOffset(realtimeUsec: number): number;
  /** "CET": what the zone is called at that time; "UTC" without tzdata. */
  zoneName(realtimeUsec: number): string;
}

// ------------------------------------------------------------------------------------------------------- processes

/** A file that the child opens itself, as its own user. */
export interface SpawnOpen {
  /** Descriptor number in the child (an index of `fds`, whose entry there is ignored). */
  readonly slot: number;
  readonly path: string;
  readonly flags: number;
  readonly mode: number;
}

export interface SpawnRequest {
  /** Absolute path, or a name looked up in `searchPath` by the child. */
  readonly file: string;
  readonly searchPath?: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** Names of variables that get the child's own process id as their value (LISTEN_PID, SYSTEMD_EXEC_PID, …). */
  readonly pidEnv?: readonly string[];
  /**
   * Position = descriptor number in the child; -1 = /dev/null, -2 = closed, -3 - N = a copy of the child's descriptor N,
   * an earlier one. Nothing else stays open.
   */
  readonly fds: readonly number[];
  readonly opens?: readonly SpawnOpen[];
  /** `session`: setsid. `group`: setpgid(0, 0). `none`: stays in ours. Default `session`. */
  readonly leader?: "session" | "group" | "none";
  /** Child descriptor that becomes the controlling terminal (needs `session`). */
  readonly controllingTerminal?: number;
  /** Steal that terminal from the session that has it (needs root). */
  readonly stealTerminal?: boolean;
  /** Child descriptor of a terminal whose foreground process group the child becomes. */
  readonly foreground?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Supplementary groups; left out = unchanged unless uid is set, then none. */
  readonly groups?: readonly number[];
  readonly chroot?: string;
  readonly cwd?: string;
  readonly cwdMissingOk?: boolean;
  readonly umask?: number;
  /** `[RLIMIT_*, soft, hard]`, -1 = infinity. */
  readonly limits?: readonly (readonly [number, number, number])[];
  /** A limit that can't be raised for want of privilege is set as near as possible instead of failing. Default true. */
  readonly limitsBestEffort?: boolean;
  readonly nice?: number;
  readonly oomScoreAdjust?: number;
  /** A raised OOM score or a better nice that is refused does not fail the start. Default true. */
  readonly prioritiesBestEffort?: boolean;
  /** ioprio_set value: class << 13 | level. */
  readonly ioprio?: number;
  readonly schedPolicy?: number;
  readonly schedPriority?: number;
  readonly schedResetOnFork?: boolean;
  readonly cpuAffinity?: readonly number[];
  /** Capability sets as hex strings. */
  readonly capBounding?: string;
  readonly capAmbient?: string;
  readonly capInheritable?: string;
  readonly secureBits?: number;
  readonly noNewPrivileges?: boolean;
  readonly parentDeathSignal?: number;
  readonly personality?: number;
  readonly timerSlackNsec?: number;
  readonly coredumpFilter?: number;
  readonly memoryKsm?: boolean;
  /** The child's end of a channel on which it sends the filter that makes its bind() calls ours (seccomp_unotify(2)). */
  readonly adoptChannel?: number;
  /** A kernel that refuses the filter does not fail the start. */
  readonly adoptBestEffort?: boolean;
  /** Path of a cgroup.procs file that the child writes itself into. */
  readonly cgroupProcs?: string;
  /** SIGPIPE stays ignored in the child. Default true, as systemd's IgnoreSIGPIPE=. */
  readonly ignoreSigpipe?: boolean;
  /** Give the child the dispositions and mask that usher was started with, instead of clean ones. */
  readonly inheritSignals?: boolean;
  /** Never use vfork (tests). */
  readonly alwaysFork?: boolean;
}

export interface SpawnResult {
  /** The child, or `-errno` where there is none. A child that failed set-up is a zombie that `reap` will report. */
  readonly pid: number;
  /** 0, or systemd's exit status of the step that failed. With `pending` it isn't known yet. */
  readonly stage: number;
  /** A word for the step, for messages: `exec`, `chdir`, … */
  readonly step: string;
  readonly errno: number;
  /** The set-up goes on in a forked child; `onSpawned` will say how it ended. */
  readonly pending: boolean;
}

/** Fields of each process in `processes()`, in this order, flat. */
export const PROCESS_FIELDS = 6;

export interface NativeProcesses {
  spawn(request: SpawnRequest): SpawnResult;
  /** How a `pending` spawn ended: stage 0 = the program was executed. */
  onSpawned(callback: (pid: number, stage: number, step: string, errno: number) => void): void;
  /**
   * Reaps what can be reaped: callback(pid, siCode, status) with waitid's CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3.
   * Returns how many; a flood is taken in portions, the rest follows with another SIGCHLD from the loop.
   */
  reap(callback: (pid: number, siCode: number, status: number) => void): number;
  /** kill(2): pid 0 and -1 are refused with -EINVAL; use `killAll`. Negative = process group. */
  kill(pid: number, signal: number): Code;
  sigqueue(pid: number, signal: number, value: number): Code;
  /** kill(-1, signal): every process that may be signalled but us. */
  killAll(signal: number): Code;
  /** One pass over /proc: pid, ppid, process group, session, start time (clock ticks), state (char code), … flat. */
  processes(): readonly number[] | Code;
  /**
   * The same of all processes but usher and those that `spawn` made: adopted ones, and children of children. Costs the
   * more the more of these there are, hardly anything for each process spawned.
   */
  strangers(): readonly number[] | Code;
  /** The same six for one process. */
  process(pid: number): readonly number[] | Code;
  /** The process id that was given out last in usher's PID namespace, to whomever. */
  lastPid(): number | Code;
  /**
   * 1 where the process's initial environment has exactly this `NAME=value`, else 0 (also for the instant within exec
   * in which the environment is not in place yet).
   */
  processHasEnv(pid: number, assignment: string): Code;
  /** Arguments, or an empty array for a kernel thread or zombie. */
  processArgv(pid: number): readonly string[] | Code;
  processUid(pid: number): Code;
  processExe(pid: number): string | Code;
  getpgid(pid: number): Code;
  getsid(pid: number): Code;
  /** A pidfd (becomes readable when the process is dead), or -ENOSYS, -ESRCH. */
  pidfdOpen(pid: number): Code;
  tcsetpgrp(fd: number, group: number): Code;
  isatty(fd: number): boolean;
}

// --------------------------------------------------------------------------------------------------------- sockets

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_VSOCK = 40;
export const SOCK_STREAM = 1;
/** Added to a type: O_NONBLOCK from the beginning. */
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;

export interface InetAddress {
  readonly family: "inet" | "inet6";
  /** Numeric, without brackets or zone. */
  readonly host: string;
  readonly port: number;
  /** Interface index of a link-local address (inet6). */
  readonly scope?: number;
}
export interface UnixAddress {
  readonly family: "unix";
  /** File system path; abstract names start with `@` (any byte may follow); empty = unnamed. */
  readonly path: string;
}
export interface VsockAddress {
  readonly family: "vsock";
  readonly cid: number;
  readonly port: number;
}
export interface NetlinkAddress {
  readonly family: "netlink";
  readonly pid: number;
  readonly groups: number;
}
export type Address = InetAddress | UnixAddress | VsockAddress | NetlinkAddress;

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface ReceivedMessage {
  readonly text: string;
  /** Sender by SCM_CREDENTIALS (needs SO_PASSCRED); 0/-1 where the kernel gave none. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Descriptors that came along; the receiver owns them. */
  readonly fds: readonly number[];
  /** Data or control part was cut off. */
  readonly truncated: boolean;
  /** The sender's address where it has one. */
  readonly from: Address | null;
}

export interface SocketInfo {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  readonly listening: boolean;
}

export interface NativeSockets {
  socket(domain: number, type: number, protocol: number): Code;
  socketpair(domain: number, type: number): readonly [number, number] | Code;
  /** `[read end, write end]`. */
  pipe(): readonly [number, number] | Code;
  bind(fd: number, address: Address): Code;
  listen(fd: number, backlog: number): Code;
  /** -EINPROGRESS for a non-blocking socket: watch for POLL_OUT, then `socketError`. */
  connect(fd: number, address: Address): Code;
  /** accept4 with close-on-exec; `nonblock` sets O_NONBLOCK on the new socket. */
  accept(fd: number, nonblock: boolean): Code;
  /** 0 read, 1 write, 2 both. */
  shutdown(fd: number, how: number): Code;
  /** Value of an integer option (may be legitimately negative only in principle; treat < 0 as -errno). */
  getOption(fd: number, level: number, name: number): Code;
  setOption(fd: number, level: number, name: number, value: number): Code;
  /** Option with a string value (SO_BINDTODEVICE, TCP_CONGESTION); no terminating NUL. */
  setOptionText(fd: number, level: number, name: number, value: string): Code;
  getOptionText(fd: number, level: number, name: number): string | Code;
  /** Option whose value is a struct of bytes. */
  setOptionBytes(fd: number, level: number, name: number, value: string): Code;
  /** SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF: struct sock_filter, one after the other, as bytes. */
  setFilter(fd: number, option: number, program: string): Code;
  /** Pending SO_ERROR as positive errno (and clears it), or -errno of the call. */
  socketError(fd: number): Code;
  localAddress(fd: number): Address | Code;
  peerAddress(fd: number): Address | Code;
  peerCredentials(fd: number): PeerCredentials | Code;
  /** null where the descriptor is no socket. */
  socketInfo(fd: number): SocketInfo | null;
  /** Bytes that wait to be read (FIONREAD). */
  bytesReadable(fd: number): Code;
  /** Up to `max` bytes as text; '' at end of file; -EAGAIN when there is nothing. read(2), so pipes work too. */
  receive(fd: number, max: number): string | Code;
  receiveBytes(fd: number, max: number): string | Code;
  /** Number of BYTES written (not characters). Never raises SIGPIPE. */
  send(fd: number, text: string): Code;
  sendBytes(fd: number, bytes: string): Code;
  sendTo(fd: number, bytes: string, address: Address): Code;
  /** One datagram with credentials and descriptors (sd_notify, syslog). */
  receiveMessage(fd: number, max: number): ReceivedMessage | Code;
  /** The same with bytes as its text, of a stream too: '' at end of file. */
  receiveMessageBytes(fd: number, max: number): ReceivedMessage | Code;
  /** Sends text with descriptors; address null = connected peer. `asPid` (needs privilege unless own) sets the credentials' pid; 0 = own. */
  sendMessage(fd: number, text: string, address: Address | null, fds: readonly number[], asPid: number): Code;
  /** F_GETFL. */
  getFlags(fd: number): Code;
  setFlags(fd: number, flags: number): Code;
  setNonblock(fd: number, on: boolean): Code;
  setCloexec(fd: number, on: boolean): Code;
  /** F_SETPIPE_SZ. Returns the size in force. */
  setPipeSize(fd: number, bytes: number): Code;
  /** F_DUPFD_CLOEXEC with a lowest number. */
  duplicate(fd: number, lowest: number): Code;
  close(fd: number): Code;
  /** Interface index of a name (> 0), or -ENODEV. */
  interfaceIndex(name: string): Code;
  interfaceName(index: number): string | Code;
  /** POSIX message queue. maxmsg and msgsize 0 = system default. */
  mqOpen(name: string, flags: number, mode: number, maxMessages: number, messageSize: number): Code;
  mqUnlink(name: string): Code;
}

// ----------------------------------------------------------------------------------------------------------- files

export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;

export type FileKind = "file" | "directory" | "link" | "fifo" | "socket" | "char" | "block" | "unknown";

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind;
}

export interface FileStatus {
  readonly kind: FileKind;
  /** Permission bits, 0…0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeUsec: number;
  readonly ctimeUsec: number;
  readonly inode: number;
  readonly device: number;
  readonly links: number;
}

export interface NativeFiles {
  /** Whole file as text. More than `max` bytes: -EFBIG. Works for /proc files, whose size reads 0. */
  readFile(path: string, max: number): string | Code;
  /** The last `max` bytes of a file. */
  readFileTail(path: string, max: number): string | Code;
  /** Replaces the content in place. */
  writeFile(path: string, text: string, mode: number): Code;
  /** Writes a temporary file beside it and renames it over. */
  replaceFile(path: string, text: string, mode: number): Code;
  appendFile(path: string, text: string, mode: number): Code;
  /** open(2) with O_CLOEXEC. (FIFOs and devices may block without O_NONBLOCK.) */
  open(path: string, flags: number, mode: number): Code;
  memfd(name: string, text: string): Code;
  seek(fd: number, offset: number): Code;
  /** Unsorted, without `.` and `..`. */
  listDirectory(path: string): readonly DirectoryEntry[] | Code;
  stat(path: string): FileStatus | Code;
  lstat(path: string): FileStatus | Code;
  fstat(fd: number): FileStatus | Code;
  /**
   * A text that is another one when the file is another one or was changed: its device, inode, size and times. Empty
   * where that can't be told: for no file, and for one changed within the last second, as times are coarse.
   */
  fileStamp(path: string): string;
  /** 1 where the file system holding path is mounted read-only, else 0. */
  isReadOnly(path: string): Code;
  /** File system magic number (statfs f_type). */
  fileSystemType(path: string): Code;
  isMountPoint(path: string): Code;
  /** access(2) with effective ids: mode of R 4, W 2, X 1, 0 = exists. */
  access(path: string, mode: number): Code;
  mkdir(path: string, mode: number): Code;
  rmdir(path: string): Code;
  unlink(path: string): Code;
  rename(from: string, to: string): Code;
  symlink(target: string, path: string): Code;
  link(from: string, to: string): Code;
  readlink(path: string): string | Code;
  realpath(path: string): string | Code;
  mkfifo(path: string, mode: number): Code;
  chmod(path: string, mode: number): Code;
  fchmod(fd: number, mode: number): Code;
  /** -1 = leave. */
  chown(path: string, uid: number, gid: number): Code;
  lchown(path: string, uid: number, gid: number): Code;
  fchown(fd: number, uid: number, gid: number): Code;
  /** Sets access and modification time (wall clock µs). */
  setTimes(path: string, mtimeUsec: number): Code;
  /** Returns the old one. */
  umask(mask: number): number;
  chdir(path: string): Code;
  cwd(): string | Code;
  /** Removes a tree without following links; a missing path is 0. First error, but goes on past it. */
  removeTree(path: string): Code;
  /** The same in a child of its own: its pid. It ends with 1 where something stays. */
  removeTreesAside(paths: readonly string[]): Code;
  /** Changes owner (and, where mode ≥ 0, the directory's own mode) of a tree without following links. */
  chownTree(path: string, uid: number, gid: number, mode: number): Code;
  inotifyInit(): Code;
  inotifyAdd(fd: number, path: string, mask: number): Code;
  inotifyRemove(fd: number, watch: number): Code;
  /** Flat: watch, mask, name, watch, mask, name, … */
  inotifyRead(fd: number): readonly (number | string)[] | Code;
}

// ---------------------------------------------------------------------------------------- output, capture, splicing

export interface NativeOutput {
  /**
   * Writes to standard output (1) or error (2) without ever blocking; what the reader doesn't take is kept in a bounded
   * buffer, and what doesn't fit there is dropped as whole calls and counted. Returns 0, or -ENOBUFS when dropped.
   */
  writeOut(stream: number, text: string): Code;
  /** Lines dropped so far on a stream. */
  outDropped(stream: number): number;
  /** Called when the reader has caught up, with how many lines had been dropped since the last call. */
  onOutDropped(callback: (lines: number) => void): void;
  /** Bytes waiting in the buffer. */
  outPending(stream: number): number;
  /** Size of each stream's buffer. Default 256 KiB. */
  setOutLimit(bytes: number): void;
  /** Waits at most that long for the readers to take everything. */
  flushOut(usec: number): void;
}

/** What becomes of the lines read from one pipe. Output = before[priority] + time + after + text + suffix. */
export interface CaptureSink {
  /** The unit's number in the ring. */
  readonly tag: number;
  readonly pid: number;
  /** Stream that lines go to: 1, 2, or 0 for the ring alone. */
  readonly stream: number;
  /** One for each syslog priority 0…7; null drops lines of that priority from the output. */
  readonly before: readonly (string | null)[];
  readonly after: string;
  readonly suffix: string;
  /** Escape the text for a JSON string; else control characters are made harmless. */
  readonly json: boolean;
  /** `ms`: wall clock in milliseconds; `clock`: HH:MM:SS.mmm; `iso`: 2026-11-23T12:00:00.000Z; `none`. */
  readonly timeFormat: "ms" | "clock" | "iso" | "none";
  /** Priority of lines without a `<N>` prefix. */
  readonly priority: number;
  /** Look for `<N>` at the start of lines (SyslogLevelPrefix=). */
  readonly parsePrefix: boolean;
  /** Lines of a higher number (less urgent) than this are kept out of the ring; -1 keeps all out. */
  readonly ringPriorityMax: number;
  /** LogRateLimitBurst= lines in LogRateLimitIntervalSec=; 0 = no limit. Suppressed lines are counted in one line. */
  readonly rateBurst?: number;
  readonly rateIntervalUsec?: number;
}

export interface RingEntry {
  /** Counts up by one from 1, over all tags. */
  readonly seq: number;
  readonly realtimeUsec: number;
  readonly tag: number;
  readonly priority: number;
  readonly pid: number;
  readonly text: string;
}

export interface NativeCapture {
  /** Takes over the read end of a pipe. Returns 0. */
  captureStart(fd: number, sink: CaptureSink): Code;
  /** New sink for the lines that follow (a service got a new main pid). */
  captureUpdate(fd: number, sink: CaptureSink): Code;
  /** Takes what is in the pipe now, flushes an unfinished line, closes the descriptor. */
  captureStop(fd: number): Code;
  /** The last writer has gone (descriptor already closed by the host). */
  onCaptureEnd(callback: (fd: number, tag: number) => void): void;
  ringAdd(tag: number, priority: number, pid: number, text: string): number;
  /** Entries with seq > afterSeq, oldest first, at most `max`; tag -1 = all. */
  ringRead(afterSeq: number, tag: number, max: number): readonly RingEntry[];
  /** The newest `max` entries of a tag (-1 = all), oldest first. */
  ringTail(tag: number, max: number): readonly RingEntry[];
  setRingLimit(bytes: number): void;
  ringLastSeq(): number;
  /** Of the oldest entry that is still there; beyond the last one where there is none. */
  ringFirstSeq(): number;
  /** Called at most once a loop turn when entries were added; null stops it. */
  onRing(callback: ((lastSeq: number) => void) | null): void;
}

export interface NativeSplice {
  /**
   * Moves bytes both ways between two connected sockets until both directions have ended (with half-close), then
   * closes both and calls back with the bytes moved and 0 or the errno that ended it. Returns an id.
   */
  splicePair(a: number, b: number, callback: (bytesAB: number, bytesBA: number, errno: number) => void): Code;
  /** Ends a pair now. */
  spliceAbort(id: number): Code;
  spliceCount(): number;
}

// -------------------------------------------------------------------------------------------------- adopted sockets

/** One bind() that a filtered program wants to do; it waits until it is answered. */
export interface BindNotification {
  readonly call: "bind";
  /** Names it in the answer. */
  readonly id: string;
  /** Which socket it is, whatever its descriptor: "socket:[INODE]"; "" where it could not be read. */
  readonly socket: string;
  readonly pid: number;
  /** The program's own descriptor number. */
  readonly fd: number;
  /** The kernel's word for its protocol: "TCP", "UDPv6", "UNIX-STREAM", …; "" where it could not be read. */
  readonly protocol: string;
  /** From where a Unix path counts: the program's working or root directory; "" for other addresses, and unknown. */
  readonly folder: string;
  readonly closeOnExec: boolean;
  readonly nonblock: boolean;
  readonly address: Address | null;
}

/** One setsockopt() that it wants to do, of an option that belongs before bind(). */
export interface OptionNotification {
  readonly call: "setsockopt";
  readonly id: string;
  readonly socket: string;
  readonly level: number;
  readonly name: number;
  /** An int. */
  readonly value: number;
}

export interface NativeAdopt {
  /** Takes up the next call of a filter. -ENOENT: its caller is gone; another error: it was let through. */
  adoptNext(filter: number): BindNotification | OptionNotification | Code;
  /** Lets the kernel carry the call out. */
  adoptContinue(filter: number, id: string): Code;
  /** Puts `ours` in the place of the program's descriptor `theirs`, and lets bind() succeed. */
  adoptReplace(filter: number, id: string, ours: number, theirs: number, closeOnExec: boolean): Code;
}

// ------------------------------------------------------------------------------------------------------- last line

export interface NativeLastLine {
  /**
   * What the native loop does after a fault in the engine: signal sent to every process at SIGTERM, µs until SIGKILL.
   */
  setLastLine(stopSignal: number, budgetUsec: number): void;
}

export interface Native
  extends NativeBoot,
    NativeLoop,
    NativeProcesses,
    NativeSockets,
    NativeFiles,
    NativeOutput,
    NativeCapture,
    NativeSplice,
    NativeAdopt,
    NativeLastLine {}

/** The object itself. Under Node (unit tests of other layers) it is undefined; nothing there may reach it. */
export const native: Native = (globalThis as unknown as { readonly usherNative: Native }).usherNative;
