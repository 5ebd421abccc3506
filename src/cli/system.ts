/**
 * All that a tool needs of the world outside, as one replaceable record: the real one is made from the C host
 * (system-native.ts), the tests' one is in memory. Verbs and faces get it as an argument and reach nothing else.
 */
import type { Result } from "../base/result.ts";
import type { Usec } from "../base/time.ts";
import type { Transport } from "../control/client.ts";
import type { Loader, LoaderOptions } from "../unit/load/loader.ts";
import type { SpecifierFacts } from "../unit/text/specifier.ts";
import type { TimeZone } from "./format/time.ts";
import type { Network } from "./proxy/network.ts";

/** A positive errno. */
export type Errno = number;

export const ENOENT: Errno = 2;
export const EACCES: Errno = 13;
export const EEXIST: Errno = 17;
export const ENOTDIR: Errno = 20;
export const EINVAL: Errno = 22;
export const EROFS: Errno = 30;
export const ECONNREFUSED: Errno = 111;

export type FileKind = "file" | "directory" | "link" | "other";

export interface FileEntry {
  readonly name: string;
  readonly kind: FileKind;
}

/** The file system; every path absolute or relative to the working directory. */
export interface Files {
  read(path: string): Result<string, Errno>;
  /** Sorted by name. */
  list(path: string): Result<readonly FileEntry[], Errno>;
  /** Without following a link at the end. */
  kind(path: string): Result<FileKind, Errno>;
  /** Whether the path leads to something, links followed; `executable` asks for X too. */
  exists(path: string): boolean;
  isExecutable(path: string): boolean;
  readLink(path: string): Result<string, Errno>;
  /** The path with all links resolved. */
  resolve(path: string): Result<string, Errno>;
  symlink(target: string, path: string): Result<null, Errno>;
  unlink(path: string): Result<null, Errno>;
  makeDirectory(path: string): Result<null, Errno>;
  removeDirectory(path: string): Result<null, Errno>;
}

export interface Clock {
  realtime(): Usec;
  monotonic(): Usec;
  readonly zone: TimeZone;
}

export interface Output {
  write(text: string): void;
  writeError(text: string): void;
  /** For what goes on without writing: the tool ends as soon as nobody reads its output any more. */
  endWithReader(): void;
  readonly outIsTerminal: boolean;
  readonly errorIsTerminal: boolean;
  /** Width of the terminal, or null where output is none. */
  readonly columns: number | null;
}

export interface ProgramVersions {
  readonly usher: string;
  readonly quickjs: string;
  readonly toolchain: string;
  readonly arch: string;
  readonly flavour: string;
}

/** A program to run. */
export interface RunRequest {
  readonly argv: readonly string[];
  readonly environment: readonly string[];
  /** Descriptors to keep, in the order of the numbers from 3 that they get. */
  readonly passed: readonly number[];
  /** A descriptor that becomes 0 and 1, or null. */
  readonly standard: number | null;
  /** Variables that get the process's own id. */
  readonly pidVariables: readonly string[];
}

/** sd_notify's message to NOTIFY_SOCKET. */
export interface Datagram {
  readonly text: string;
  /** Path, or abstract name after "@". */
  readonly to: string;
  readonly fds: readonly number[];
  /** The process that it speaks for; 0: this one. */
  readonly asPid: number;
}

export type ListenKind = "stream" | "datagram" | "seqpacket";

/** What systemd-socket-activate and systemd-notify do beyond files and text. */
export interface Processes {
  /**
   * Runs a program in this one's place: signals are passed on to it, and its end is ours. Resolves with the exit
   * status (128 + signal where it was killed).
   */
  runInstead(request: RunRequest): Promise<Result<number, Errno>>;
  /** Starts a child beside this process; its process id, or an errno. */
  spawn(request: RunRequest): Result<number, Errno>;
  /** Calls back for each child that ends. */
  onChildEnd(callback: (pid: number, status: number, signal: number | null) => void): void;
  sendDatagram(datagram: Datagram): Result<null, Errno>;
  /** Sends BARRIER=1 and waits until the receiver has read it. */
  barrier(to: string, timeoutUsec: Usec): Promise<Result<null, Errno>>;
  /** A listening socket (non-blocking) for an address in systemd's notation, its descriptor. */
  listen(address: string, kind: ListenKind): Result<number, Errno>;
  accept(fd: number): Result<number, Errno>;
  /** "127.0.0.1:80" or "" where the peer has no name. */
  peerName(fd: number): string;
  /** Resolves with the first descriptor that can be read. */
  readable(fds: readonly number[]): Promise<number>;
  close(fd: number): void;
}

/** The unit loader, lent by the init's blob. */
export interface UnitReader {
  createLoader(options: LoaderOptions): Loader;
  specifierFacts(): SpecifierFacts;
  /** Every directive of a section. */
  directiveNames(section: string): readonly string[];
}

export interface System {
  /** argv without the program's name. */
  readonly args: readonly string[];
  /** The program's path as far as it is known (/proc/self/exe). */
  readonly programPath: string;
  /** NAME=value strings. */
  readonly environment: readonly string[];
  readonly uid: number;
  readonly pid: number;
  readonly parentPid: number;
  readonly hostName: string;
  readonly inheritedFds: readonly number[];
  readonly versions: ProgramVersions;
  readonly files: Files;
  readonly clock: Clock;
  readonly output: Output;
  readonly processes: Processes;
  /** Sockets and names for systemd-socket-proxyd, made when asked for (src/proxy-network.ts). */
  openNetwork(): Network;
  /** Connects to a Unix stream socket. */
  connect(path: string): Result<Transport, Errno>;
  /** Reads units as init does; null where this process has no such thing (every name but `usher`). */
  readonly unitReader: UnitReader | null;
  /** "No such file or directory" */
  explain(errno: Errno): string;
  /** Resolves after that time. */
  sleep(usec: Usec): Promise<void>;
}

/** Value of a variable, or null. */
export function getVariable(system: System, name: string): string | null {
  const prefix = `${name}=`;
  const found = system.environment.find((assignment) => assignment.startsWith(prefix));
  return found === undefined ? null : found.slice(prefix.length);
}
