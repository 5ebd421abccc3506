/**
 * What the engine wants done. `step` returns effects in the order in which they are to be carried out; the runtime
 * answers with events. An effect never fails inside the engine: what goes wrong while it is carried out is an event
 * (`spawn-failed`, `socket-failed`), or does not matter.
 *
 * Everything about *how* (user, directories, socket options) is in the unit's model; an effect holds what the model
 * does not say.
 */
import type { Usec } from "../base/time.ts";
import type { ExecCommand } from "../unit/model.ts";
import type { CleanKind } from "../unit/value/cleanable.ts";
import type {
  ActiveState,
  ExecRole,
  JobId,
  JobResult,
  JobType,
  ListenerIndex,
  ShutdownKind,
  SpawnToken,
} from "./state.ts";

/** Start one command. Answered by `spawned` (and `executed`) or `spawn-failed`, all with the same token. */
export interface Spawn {
  readonly type: "spawn";
  readonly unit: string;
  readonly token: SpawnToken;
  readonly role: ExecRole;
  readonly command: ExecCommand;
  /** The unit's INVOCATION_ID: 32 hexadecimal digits. */
  readonly invocationId: string;
  /** Socket units whose descriptors are passed, in this order; only to the ExecStart= of a service (or see below). */
  readonly passSockets: readonly string[];
  /** The connection that is handed over (Accept=yes). */
  readonly passConnection: number | null;
  /** Pass the descriptor store and OpenFile= after the sockets. */
  readonly passStored: boolean;
  /** Set NOTIFY_SOCKET. */
  readonly notifySocket: boolean;
  /** Set WATCHDOG_USEC and WATCHDOG_PID; 0: no. */
  readonly watchdogUsec: Usec;
  /** FDSTORE: the store's size, 0: not set. */
  readonly fdStoreMax: number;
  /** Type=idle: let it begin only after `jobs-drained`, or after 5 s (systemd.service(5)). */
  readonly idle: boolean;
  /** User=, Group=, RootDirectory= and so on apply (not with PermissionsStartOnly=, RootDirectoryStartOnly=, "+"). */
  readonly applyPermissions: boolean;
  readonly applyRoot: boolean;
  /** More environment, "KEY=value": MAINPID, SERVICE_RESULT, EXIT_CODE, TRIGGER_UNIT, MONITOR_…, REMOTE_ADDR, … */
  readonly environment: readonly string[];
}

/**
 * Send a signal. With `rest` the unit's other processes get it too (not those whose pids are named here when these
 * are listed as spared), and the runtime answers `processes-gone` as soon as the unit has none left: at once if there
 * were none.
 */
export interface Kill {
  readonly type: "kill";
  readonly unit: string;
  readonly signal: number;
  /** These exactly. */
  readonly pids: readonly number[];
  /** All other processes of the unit as well. */
  readonly rest: boolean;
  /** With `rest`: known processes that must not get it. */
  readonly spare: readonly number[];
  /** SIGCONT after it, so that a stopped process can act on it. */
  readonly sigcont: boolean;
  /** SIGHUP after it (SendSIGHUP=). */
  readonly sighup: boolean;
}

/** Are there processes of the unit? Answered by `processes-gone` (now, or once they are) or `processes-remain`. */
export interface ScanProcesses {
  readonly type: "scan-processes";
  readonly unit: string;
}

/** Create, bind, listen, make symlinks. Answered by `socket-opened` or `socket-failed`. */
export interface OpenSocket {
  readonly type: "open-socket";
  readonly unit: string;
}

/** Close all descriptors; files and symlinks go too with RemoveOnStop=. */
export interface CloseSocket {
  readonly type: "close-socket";
  readonly unit: string;
}

/** Report `socket-incoming` or `connection-accepted` from now on, for what already waits too. */
export interface WatchSocket {
  readonly type: "watch-socket";
  readonly unit: string;
}

export interface UnwatchSocket {
  readonly type: "unwatch-socket";
  readonly unit: string;
}

/** The poll limit is reached: do not poll this listener until it is resumed. */
export interface PauseListener {
  readonly type: "pause-listener";
  readonly unit: string;
  readonly listener: ListenerIndex;
}

export interface ResumeListener {
  readonly type: "resume-listener";
  readonly unit: string;
  readonly listener: ListenerIndex;
}

/** Throw away what waits in the socket: accept and close, or read and forget. */
export interface FlushSocket {
  readonly type: "flush-socket";
  readonly unit: string;
}

/** Close PID 1's copy of an accepted connection. */
export interface CloseConnection {
  readonly type: "close-connection";
  readonly connection: number;
}

/** Load the instance `name` for a connection. Answered by `instance-loaded`. */
export interface LoadInstance {
  readonly type: "load-instance";
  readonly socket: string;
  readonly connection: number;
  /** "foo@7-127.0.0.1:80-127.0.0.1:4711.service" */
  readonly name: string;
}

/** Evaluate Condition…= and Assert…= of the unit's model. Answered by `conditions-checked`. */
export interface CheckConditions {
  readonly type: "check-conditions";
  readonly unit: string;
  readonly token: number;
}

/** Do the unit's ReadyCheck= until all have succeeded, or it has left `start`. Answered by `ready-checked`. */
export interface CheckReadiness {
  readonly type: "check-readiness";
  readonly unit: string;
  readonly token: number;
}

/** Answered by `pid-file-read`. */
export interface ReadPidFile {
  readonly type: "read-pid-file";
  readonly unit: string;
}

/** Send `pid-file-read` whenever the file appears or changes. */
export interface WatchPidFile {
  readonly type: "watch-pid-file";
  readonly unit: string;
}

export interface UnwatchPidFile {
  readonly type: "unwatch-pid-file";
  readonly unit: string;
}

/** Answered by `main-pid-guessed`. */
export interface GuessMainPid {
  readonly type: "guess-main-pid";
  readonly unit: string;
}

/** (Re)arm the timer `id` for the monotonic time `at`. */
export interface SetTimer {
  readonly type: "set-timer";
  readonly id: string;
  readonly at: Usec;
}

export interface ClearTimer {
  readonly type: "clear-timer";
  readonly id: string;
}

/** RuntimeDirectory= of a unit that is down (RuntimeDirectoryPreserve= was taken into account), and credentials. */
export interface RemoveRuntimeDirectories {
  readonly type: "remove-runtime-directories";
  readonly unit: string;
}

/** PIDFile= of a service that is down. */
export interface RemovePidFile {
  readonly type: "remove-pid-file";
  readonly unit: string;
}

/** The store takes the descriptors of the notification that this step was about. */
export interface StoreDescriptors {
  readonly type: "store-descriptors";
  readonly unit: string;
  /** FDNAME=, "stored" by default. */
  readonly name: string;
  /** Drop a stored descriptor when it hangs up (not with FDPOLL=0). */
  readonly poll: boolean;
}

/** FDSTOREREMOVE=1. */
export interface RemoveStoredDescriptors {
  readonly type: "remove-stored-descriptors";
  readonly unit: string;
  readonly name: string;
}

/** Close all stored descriptors. */
export interface ReleaseFdStore {
  readonly type: "release-fd-store";
  readonly unit: string;
}

/** systemctl clean. Answered by `cleaned`. */
export interface Clean {
  readonly type: "clean";
  readonly unit: string;
  readonly what: readonly CleanKind[];
}

/** A unit's active or sub state changed. Several can come of one step, in order. */
export interface UnitChanged {
  readonly type: "unit-changed";
  readonly unit: string;
  readonly fromActive: ActiveState;
  readonly fromSub: string;
  readonly active: ActiveState;
  readonly sub: string;
  /** ServiceResult or SocketResult; "success" for units without one. */
  readonly result: string;
}

/** STATUS= changed. */
export interface StatusText {
  readonly type: "status-text";
  readonly unit: string;
  readonly text: string;
}

/** The engine forgot the unit (an instance that is done, a file that went away): drop what is kept for it. */
export interface UnitRemoved {
  readonly type: "unit-removed";
  readonly unit: string;
}

/** A job got its result. `requestIds`: who waits for it. */
export interface JobDone {
  readonly type: "job-done";
  readonly job: JobId;
  readonly unit: string;
  readonly jobType: JobType;
  readonly result: JobResult;
  readonly requestIds: readonly number[];
}

/** The job queue is empty (Type=idle may begin; the boot is done). */
export interface JobsDrained {
  readonly type: "jobs-drained";
}

/** The words that systemctl prints, and D-Bus' error name for programs. */
export interface RequestError {
  readonly name: string;
  readonly message: string;
}

/** The answer to a request. With a `job` a `job-done` that names the request follows, in this step or later. */
export interface Reply {
  readonly type: "reply";
  readonly requestId: number;
  readonly error: RequestError | null;
  readonly job: JobId | null;
}

/** syslog's names, most severe first. */
export type LogLevel = "emergency" | "alert" | "critical" | "error" | "warning" | "notice" | "info" | "debug";

export interface Log {
  readonly type: "log";
  readonly level: LogLevel;
  /** null: about the whole. */
  readonly unit: string | null;
  readonly message: string;
  /** More for programs to read. */
  readonly fields: Readonly<Record<string, string | number | boolean>> | null;
}

/** All is stopped (or the budget is spent): kill what is left, and end. The last effect there is. */
export interface Exit {
  readonly type: "exit";
  readonly kind: ShutdownKind;
  readonly code: number;
  /** Units that were not down in time. */
  readonly unfinished: readonly string[];
}

export type Effect =
  | Spawn
  | Kill
  | ScanProcesses
  | OpenSocket
  | CloseSocket
  | WatchSocket
  | UnwatchSocket
  | PauseListener
  | ResumeListener
  | FlushSocket
  | CloseConnection
  | LoadInstance
  | CheckConditions
  | CheckReadiness
  | ReadPidFile
  | WatchPidFile
  | UnwatchPidFile
  | GuessMainPid
  | SetTimer
  | ClearTimer
  | RemoveRuntimeDirectories
  | RemovePidFile
  | StoreDescriptors
  | RemoveStoredDescriptors
  | ReleaseFdStore
  | Clean
  | UnitChanged
  | StatusText
  | UnitRemoved
  | JobDone
  | JobsDrained
  | Reply
  | Log
  | Exit;
