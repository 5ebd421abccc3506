/**
 * What can happen to the engine. Every event carries `now`, the monotonic clock in microseconds at which the runtime
 * took it up: the engine has no clock of its own, and a run is repeated exactly by repeating its events.
 *
 * Answers to effects are events like all others. The runtime may give them at once (the next call of `step`) or
 * later; a late answer to a question that no longer matters is ignored, because answers carry the question's token.
 *
 * One rule of order: of one process's messages and its death the messages come first (sd_notify(3): a service may
 * send READY=1 and exit), so the runtime drains its notification socket before it reports `process-exited`.
 */
import type { Usec } from "../base/time.ts";
import type { JobMode, Unit } from "../unit/model.ts";
import type { CleanKind } from "../unit/value/cleanable.ts";
import type { JobId, JobRequest, ListenerIndex, ShutdownKind, SpawnToken } from "./state.ts";

interface At {
  /** Monotonic, never smaller than that of the event before. */
  readonly now: Usec;
}

/**
 * Units as loaded from their files. A known unit's settings and dependencies are replaced, its run-time state stays.
 * With `complete` (daemon-reload) a unit that is not in the list is gone from disk: it becomes `not-found`, and is
 * forgotten once it is inactive.
 */
export interface UnitsLoaded extends At {
  readonly type: "units-loaded";
  readonly units: readonly Unit[];
  readonly complete: boolean;
  /**
   * Names that are known to have a unit file which is read later (boot in two steps): a socket may listen for a
   * service that is one of these.
   */
  readonly stubs: readonly string[];
  /** Those of them that a program made: kept while `unit-referenced`, as which they begin, then while they are up. */
  readonly transient?: readonly string[];
}

/** Somebody holds a transient unit in memory, or nobody any more. */
export interface UnitReferenced extends At {
  readonly type: "unit-referenced";
  readonly unit: string;
  readonly referenced: boolean;
}

/** The answer to `load-instance`. `unit` is null when there is no such template or it can't be loaded. */
export interface InstanceLoaded extends At {
  readonly type: "instance-loaded";
  readonly socket: string;
  readonly connection: number;
  readonly unit: Unit | null;
  /** Why there is none, one line. */
  readonly error: string | null;
}

/** Somebody asks for a job (systemctl(1)). Answered by one `reply`, and if that is good, later by one `job-done`. */
export interface JobRequested extends At {
  readonly type: "job-requested";
  /** Chosen by the runtime, handed back in `reply` and `job-done`. */
  readonly requestId: number;
  readonly unit: string;
  readonly job: JobRequest;
  readonly mode: JobMode;
}

/** systemctl cancel; `job` null cancels all. */
export interface JobCanceled extends At {
  readonly type: "job-canceled";
  readonly requestId: number;
  readonly job: JobId | null;
}

/** systemctl reset-failed; `unit` null: all units. */
export interface ResetFailed extends At {
  readonly type: "reset-failed";
  readonly requestId: number;
  readonly unit: string | null;
}

/** systemctl clean: the unit must be inactive. Answered by `reply`. */
export interface CleanRequested extends At {
  readonly type: "clean-requested";
  readonly requestId: number;
  readonly unit: string;
  readonly what: readonly CleanKind[];
}

/** The answer to `clean`. */
export interface Cleaned extends At {
  readonly type: "cleaned";
  readonly unit: string;
  readonly ok: boolean;
}

/** The process of a `spawn` exists. */
export interface Spawned extends At {
  readonly type: "spawned";
  readonly unit: string;
  readonly token: SpawnToken;
  readonly pid: number;
  /** Its program runs; false: set-up and exec may still fail in it, `executed` or `spawn-failed` follows. */
  readonly executed: boolean;
}

/** The exec of a `spawn` succeeded. Type=exec waits for it, all others ignore it. */
export interface Executed extends At {
  readonly type: "executed";
  readonly unit: string;
  readonly token: SpawnToken;
}

/**
 * No process came of a `spawn`.
 *
 * With `exitStatus` (200…243, systemd.exec(5) "Process Exit Codes") a set-up step or the exec failed: it counts as a
 * process that exited so, as under systemd. Without it no process could be made at all (result `resources`).
 */
export interface SpawnFailed extends At {
  readonly type: "spawn-failed";
  readonly unit: string;
  readonly token: SpawnToken;
  readonly exitStatus: number | null;
  readonly message: string;
}

/** A process that the engine knows (main or control) was reaped. Others may be reported too and are ignored. */
export interface ProcessExited extends At {
  readonly type: "process-exited";
  readonly pid: number;
  readonly code: "exited" | "killed" | "dumped";
  /** Exit status or signal number. */
  readonly status: number;
  /** It was the last process of its unit, for certain; false: ask. */
  readonly alone: boolean;
}

/** No process of the unit is left: its cgroup is empty, or a scan found none. Answers `kill` and `scan-processes`. */
export interface ProcessesGone extends At {
  readonly type: "processes-gone";
  readonly unit: string;
}

/** A scan that `scan-processes` asked for found processes. */
export interface ProcessesRemain extends At {
  readonly type: "processes-remain";
  readonly unit: string;
}

/** The kernel's out-of-memory killer took a process of the unit (memory.events of its cgroup). */
export interface OutOfMemory extends At {
  readonly type: "out-of-memory";
  readonly unit: string;
}

/** One datagram at the notification socket (sd_notify(3)), its sender already resolved to a unit. */
export interface Notify extends At {
  readonly type: "notify";
  readonly unit: string;
  /** By the datagram's credentials. */
  readonly pid: number;
  /**
   * The lines, "KEY=value", in order. The runtime takes a MAINPID= out whose process does not exist, or is no process of
   * the unit while the sender is not root.
   */
  readonly tags: readonly string[];
  /**
   * Of how many descriptors came along. They are stored when the step's effects have a `store-descriptors` for this
   * unit, and closed otherwise.
   */
  readonly descriptors: number;
}

/** How many descriptors the unit's store holds now (FileDescriptorStoreMax=); sent at each change. */
export interface FdStoreChanged extends At {
  readonly type: "fd-store-changed";
  readonly unit: string;
  readonly count: number;
}

/** BusName= of a Type=dbus service has an owner (true) or lost it. */
export interface BusNameChanged extends At {
  readonly type: "bus-name-changed";
  readonly unit: string;
  readonly owned: boolean;
}

/**
 * The answer to `read-pid-file`, and again whenever a watched PID file changes. `pid` is null while there is no
 * (usable) one: the runtime checks that the process lives and that the file is to be trusted.
 */
export interface PidFileRead extends At {
  readonly type: "pid-file-read";
  readonly unit: string;
  readonly pid: number | null;
  /** What is wrong with the file, if something is. */
  readonly message: string | null;
}

/** The answer to `guess-main-pid`: the only process of the unit that is a child of PID 1, else null. */
export interface MainPidGuessed extends At {
  readonly type: "main-pid-guessed";
  readonly unit: string;
  readonly pid: number | null;
}

/** The answer to `check-conditions`. */
export interface ConditionsChecked extends At {
  readonly type: "conditions-checked";
  readonly unit: string;
  readonly token: number;
  readonly conditionsMet: boolean;
  readonly assertsMet: boolean;
  /** The first that was not met, as written ("ConditionPathExists=!/run/x"). */
  readonly failed: string | null;
}

/** The answer to `check-readiness`: all of the unit's ReadyCheck= have succeeded. */
export interface ReadyChecked extends At {
  readonly type: "ready-checked";
  readonly unit: string;
  readonly token: number;
}

/** Nobody has been connected to the service's sockets for IdleTimeoutSec=. */
export interface ServiceIdle extends At {
  readonly type: "service-idle";
  readonly unit: string;
}

/** All descriptors of the socket unit are open, its symlinks made. */
export interface SocketOpened extends At {
  readonly type: "socket-opened";
  readonly unit: string;
}

export interface SocketFailed extends At {
  readonly type: "socket-failed";
  readonly unit: string;
  /** An owner that isn't there fails a process of systemd's, so the word is another. */
  readonly result: "resources" | "exit-code";
  readonly message: string;
}

/** A watched listener (Accept=no) has something to read. */
export interface SocketIncoming extends At {
  readonly type: "socket-incoming";
  readonly unit: string;
  readonly listener: ListenerIndex;
}

/** A watched listener (Accept=yes) had a connection, and the runtime accepted it. */
export interface ConnectionAccepted extends At {
  readonly type: "connection-accepted";
  readonly unit: string;
  readonly listener: ListenerIndex;
  /** The runtime's number for it; it keeps the descriptor until `close-connection`. */
  readonly connection: number;
  /** Whom MaxConnectionsPerSource= counts: an address without port, or "uid:1000"; null: not counted. */
  readonly source: string | null;
  /** The instance's name without its counter: "127.0.0.1:7010-127.0.0.1:40002" or "PID-UID". */
  readonly instance: string;
  /** REMOTE_ADDR=… and REMOTE_PORT=…, as far as the peer has them. */
  readonly environment: readonly string[];
}

/** accept(2) failed in a way that will not go away. */
export interface AcceptFailed extends At {
  readonly type: "accept-failed";
  readonly unit: string;
  readonly message: string;
}

/** A timer set by `set-timer` has come. */
export interface TimerElapsed extends At {
  readonly type: "timer";
  readonly id: string;
}

/** A signal to end, `usherctl exit`, `poweroff`, …: everything is stopped in order within the budget. */
export interface ShutdownRequested extends At {
  readonly type: "shutdown-requested";
  readonly kind: ShutdownKind;
  /** null: 0, or the main command's own. */
  readonly exitCode: number | null;
  /** null: the engine's option. */
  readonly budgetUsec: Usec | null;
}

/** A second signal to end while the stop is under way. */
export interface ShutdownHastened extends At {
  readonly type: "shutdown-hastened";
}

export type Event =
  | UnitsLoaded
  | UnitReferenced
  | InstanceLoaded
  | JobRequested
  | JobCanceled
  | ResetFailed
  | CleanRequested
  | Cleaned
  | Spawned
  | Executed
  | SpawnFailed
  | ProcessExited
  | ProcessesGone
  | ProcessesRemain
  | OutOfMemory
  | Notify
  | FdStoreChanged
  | BusNameChanged
  | PidFileRead
  | MainPidGuessed
  | ConditionsChecked
  | ReadyChecked
  | ServiceIdle
  | SocketOpened
  | SocketFailed
  | SocketIncoming
  | ConnectionAccepted
  | AcceptFailed
  | TimerElapsed
  | ShutdownRequested
  | ShutdownHastened;
