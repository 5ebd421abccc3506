/**
 * What the control server asks of the running init, and the plain data it gets back.
 *
 * The runtime implements `ControlBackend`; the server never sees an engine or a descriptor. Everything returned goes
 * onto the wire as JSON as it is, so it must be plain data: no functions, no undefined, no cycles. Every call is
 * synchronous, except that a job's end and new log lines come by callback. Times are microseconds, wall clock
 * (`realtimeUsec`) unless the name says otherwise; 0 means "never".
 *
 * Work on unit files (enable, disable, mask, cat, list-unit-files) is no part of this: the tool does that in the file
 * system with its own rights and then asks for a reload. So PID 1 writes no file because a client said so.
 */
import type { Result } from "../base/result.ts";
import type { Usec } from "../base/time.ts";
import type { JobMode, LoadState, Unit } from "../unit/model.ts";
import type { CleanKind } from "../unit/value/cleanable.ts";

/** systemd's ActiveState= words. */
export type ControlActiveState =
  | "active"
  | "reloading"
  | "inactive"
  | "failed"
  | "activating"
  | "deactivating"
  | "maintenance"
  | "refreshing";

/** What a client may ask for; the backend turns the conditional ones into plain jobs as systemd does. */
export type ControlJobType =
  | "start"
  | "stop"
  | "reload"
  | "restart"
  | "try-restart"
  | "reload-or-restart"
  | "try-reload-or-restart"
  | "verify-active";

/** systemd's words for how a job ended (org.freedesktop.systemd1(5), JobRemoved). */
export type ControlJobResult =
  | "done"
  | "canceled"
  | "timeout"
  | "failed"
  | "dependency"
  | "skipped"
  | "invalid"
  | "assert"
  | "unsupported"
  | "collected"
  | "once"
  | "frozen"
  | "concurrency";

/** org.freedesktop.systemd1's SystemState. */
export type SystemState = "initializing" | "starting" | "running" | "degraded" | "maintenance" | "stopping";

export interface JobSummary {
  readonly id: number;
  readonly unit: string;
  /** start, stop, restart, … as systemd names job types. */
  readonly type: string;
  readonly state: "waiting" | "running";
}

/** One row of list-units. */
export interface UnitSummary {
  readonly name: string;
  readonly description: string;
  readonly loadState: LoadState;
  readonly activeState: ControlActiveState;
  readonly subState: string;
  readonly job: JobSummary | null;
}

/** One instant on both clocks; both 0 where it never came. */
export interface Stamp {
  readonly realtimeUsec: Usec;
  readonly monotonicUsec: Usec;
}

/** A process that ended, or runs: one Exec…= line's last run. */
export interface ExecStatus {
  /** "ExecStart", "ExecStartPre", … */
  readonly directive: string;
  /** This was the main process; with Type=forking the one that ExecStart= started is not. */
  readonly main: boolean;
  readonly path: string;
  readonly argv: readonly string[];
  /** `-` prefix: a failure was passed over. */
  readonly ignoreFailure: boolean;
  /** 0: not run yet. */
  readonly pid: number;
  readonly start: Stamp;
  readonly exit: Stamp;
  /** waitid's si_code: 1 exited, 2 killed, 3 dumped; 0 while it runs or has not run. */
  readonly code: number;
  /** Exit status or signal number. */
  readonly status: number;
}

export interface ProcessSummary {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** What a service's state machine knows beyond its state. */
export interface ServiceStatus {
  /** 0: none. */
  readonly mainPid: number;
  readonly controlPid: number;
  /** The last Exec…= runs since the unit was last started, main process included, in order of their start. */
  readonly commands: readonly ExecStatus[];
  /** The last STATUS= that the service sent. */
  readonly statusText: string | null;
  /** ERRNO= that the service sent; 0: none. */
  readonly statusErrno: number;
  /** The word for why it failed: success, exit-code, signal, timeout, start-limit-hit, … */
  readonly result: string;
  readonly reloadResult: string;
  readonly cleanResult: string;
  readonly restarts: number;
  readonly fdStoreCount: number;
  /** When an auto-restart will happen (monotonic), 0: none pending. */
  readonly nextRestartMonotonicUsec: Usec;
}

/** One address that a socket unit listens on. */
export interface SocketListenerStatus {
  /** As written in the unit file. */
  readonly address: string;
  /** Stream, Datagram, SequentialPacket, FIFO, Special, Netlink, MessageQueue. */
  readonly kind: string;
  /** The address in force (port 0 resolved), as systemctl prints it; null while not bound. */
  readonly bound: string | null;
}

export interface SocketStatus {
  readonly listeners: readonly SocketListenerStatus[];
  /** Accept=yes: connections served now, taken in all, refused in all. */
  readonly connections: number;
  readonly accepted: number;
  readonly refused: number;
  readonly result: string;
  readonly controlPid: number;
  /** The last Exec…= runs since it was last started, in order of their start. */
  readonly commands: readonly ExecStatus[];
}

/** Everything about one unit: what its files say and what became of it. */
export interface UnitDetails {
  readonly summary: UnitSummary;
  /** All that its files say, with defaults; `show` is made from this by the tool. */
  readonly unit: Unit;
  /** Dependencies in force: default ones and all inverses included. */
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
  /** Its files changed since they were read. */
  readonly needDaemonReload: boolean;
  /** 32 hex digits, or null before the first start. */
  readonly invocationId: string | null;
  readonly stateChange: Stamp;
  readonly inactiveExit: Stamp;
  readonly activeEnter: Stamp;
  readonly activeExit: Stamp;
  readonly inactiveEnter: Stamp;
  readonly condition: ConditionStatus;
  readonly assertion: ConditionStatus;
  /** The unit whose event started this one last (TRIGGER_UNIT), or null. */
  readonly triggeredBy: string | null;
  readonly service: ServiceStatus | null;
  readonly socket: SocketStatus | null;
  /** Processes that belong to the unit now. */
  readonly processes: readonly ProcessSummary[];
}

/** Outcome of the last check of Condition…= or Assert…= lines. */
export interface ConditionStatus {
  readonly result: boolean;
  readonly checked: Stamp;
  /** The line that was not met, as written ("ConditionPathExists=/etc/x"); null where all were. */
  readonly unmet: string | null;
}

/** One node of list-dependencies. */
export interface DependencyNode {
  readonly name: string;
  readonly loadState: LoadState;
  readonly activeState: ControlActiveState;
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
}

export interface SystemSummary {
  readonly state: SystemState;
  /** Names of failed units. */
  readonly failed: readonly string[];
  readonly unitCount: number;
  readonly jobCount: number;
  /** When init started. */
  readonly started: Stamp;
  /** When everything listened, and when the boot was finished; 0 before. */
  readonly listening: Stamp;
  readonly finished: Stamp;
  readonly version: string;
  readonly pid: number;
  /** Folders where units are looked for, first wins. */
  readonly unitPath: readonly string[];
  /** Those of them whose units are enabled by being there. */
  readonly ownUnitDirectories: readonly string[];
  readonly runtimeDirectory: string;
  readonly logLevel: string;
  /** Clocks of now, for "5s ago". */
  readonly now: Stamp;
}

export interface LogEntry {
  readonly seq: number;
  readonly realtimeUsec: Usec;
  /** Unit that wrote it, or that init speaks of; null: init itself. */
  readonly unit: string | null;
  /** SyslogIdentifier or program name; "usher" for init's own lines. */
  readonly identifier: string;
  readonly pid: number;
  /** syslog priority 0…7 */
  readonly priority: number;
  readonly text: string;
}

export interface LogQuery {
  /** Empty: everything. */
  readonly units: readonly string[];
  /** The newest that many; null: all that the ring holds. */
  readonly lines: number | null;
  /** Only entries after this one (0: from the ring's start). */
  readonly afterSeq: number;
  /** Only entries at least this urgent (0…7). */
  readonly priorityMax: number;
}

export interface JobRequest {
  readonly unit: string;
  readonly type: ControlJobType;
  readonly mode: JobMode;
}

/** A job that was queued. */
export interface JobTicket {
  /** 0: there was nothing to do, the result came at once. */
  readonly id: number;
  /** The unit's primary name. */
  readonly unit: string;
  /** Units that may start this unit again when it is stopped (active sockets, …): systemctl warns about them. */
  readonly triggers: readonly string[];
}

export interface KillRequest {
  readonly unit: string;
  readonly whom: "all" | "main" | "control";
  readonly signal: number;
  /** With sigqueue, or null. */
  readonly value: number | null;
}

/** How the container shall end. All of them end it; `exit` with that status. */
export interface ExitRequest {
  readonly verb: "exit" | "poweroff" | "halt" | "reboot" | "kexec" | "soft-reboot";
  /** 0…255 */
  readonly status: number;
  /** 0: stop units in order; 1: kill what runs, then end; 2: end now. */
  readonly force: 0 | 1 | 2;
}

export type ControlErrorName =
  | "NoSuchUnit"
  | "UnitMasked"
  | "BadUnitSetting"
  | "LoadFailed"
  | "InvalidName"
  | "JobTypeNotApplicable"
  | "TransactionIsDestructive"
  | "TransactionJobsConflicting"
  | "TransactionOrderIsCyclic"
  | "OnlyByDependency"
  | "NoIsolation"
  | "ShuttingDown"
  | "NoSuchJob"
  | "NoSuchProcess"
  | "UnitBusy"
  | "NothingToClean"
  | "UnitExists"
  | "InvalidArgs"
  | "NotSupported"
  | "Failed";

/** A failure that the client prints: `message` is a whole sentence in systemd's words where it has them. */
export interface ControlFailure {
  readonly name: ControlErrorName;
  readonly message: string;
}

export interface ControlBackend {
  system(): SystemSummary;
  /** Every unit in memory. */
  units(): readonly UnitSummary[];
  /**
   * One unit, loaded now if it isn't in memory (loadState says how that went: a unit without a file is "not-found").
   * An error only for an impossible name.
   */
  unit(name: string): Result<UnitDetails, ControlFailure>;
  /** The graph of all units in memory, and of those that they name. */
  dependencies(): readonly DependencyNode[];
  jobs(): readonly JobSummary[];
  /** Queues a job and what it pulls in. `done` is called exactly once, later or before this returns. */
  startJob(request: JobRequest, done: (result: ControlJobResult) => void): Result<JobTicket, ControlFailure>;
  /** Cancels one job, or all with id 0. */
  cancelJob(id: number): Result<null, ControlFailure>;
  kill(request: KillRequest): Result<null, ControlFailure>;
  /** Reads all unit files anew. */
  reload(): Result<null, ControlFailure>;
  /** Replaces the running init by the binary on disk, keeping its state. `path` null: the same file. */
  reexec(path: string | null): Result<null, ControlFailure>;
  /** Clears the failed state and the start counters of one unit, or of all with null. */
  resetFailed(name: string | null): Result<null, ControlFailure>;
  /** Removes what the unit keeps; `awaitInactive` tells when that is done. */
  clean(unit: string, what: readonly CleanKind[]): Result<null, ControlFailure>;
  /**
   * Calls back, once, with those of the units that have failed, when all of them are down and have no job: now, or
   * later, but not after the returned function was called.
   */
  awaitInactive(units: readonly string[], done: (failed: readonly string[]) => void): () => void;
  /** The same with what `system` says, when it is neither initializing nor starting. */
  awaitBoot(done: (system: SystemSummary) => void): () => void;
  /** init's environment for services, NAME=value. */
  environment(): readonly string[];
  /** Sets and removes in one step. */
  changeEnvironment(assignments: readonly string[], unset: readonly string[]): Result<null, ControlFailure>;
  /** Entries oldest first. */
  logs(query: LogQuery): readonly LogEntry[];
  /** Calls back with each batch of entries that comes from now on, until the returned function is called. */
  followLogs(query: LogQuery, onEntries: (entries: readonly LogEntry[]) => void): () => void;
  setLogLevel(level: string): Result<null, ControlFailure>;
  exit(request: ExitRequest): Result<null, ControlFailure>;
}
