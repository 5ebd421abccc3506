/**
 * The engine's state: plain, versioned data. No Map, Set, function, undefined or infinity, so that
 * `JSON.parse(JSON.stringify(state))` is the same state; `daemon-reexec` and simulations live from that.
 *
 * What can be computed from it (the dependency graph, the index of pids) is kept beside it, in `Engine`, and is
 * rebuilt by `restoreEngine`. Between two steps all work queues are empty; a job that can't run yet stays in its
 * unit's slot and is looked at again when a job ordered before it ends.
 *
 * Who owns what: `job` and `nopJob` belong to job.ts, the fields of one unit kind to its state machine, the rest
 * of `UnitCore` to unit-state.ts.
 */
import type { Usec } from "../base/time.ts";
import type { LoadState, NotifyAccess, PassiveUnit, ServiceUnit, SocketUnit } from "../unit/model.ts";
import type { ExecRole } from "./effect.ts";

export type JobId = number;
export type SpawnToken = number;
/** Position in the socket's `listeners`. */
export type ListenerIndex = number;

/** systemd's UnitActiveState. */
export type ActiveState =
  | "active"
  | "reloading"
  | "inactive"
  | "failed"
  | "activating"
  | "deactivating"
  | "maintenance"
  | "refreshing";

/** systemd.service(5), `systemctl show -p SubState`. */
export type ServiceSubState =
  | "dead"
  | "condition"
  | "start-pre"
  | "start"
  | "start-post"
  | "running"
  | "exited"
  | "reload"
  | "reload-signal"
  | "reload-notify"
  | "stop"
  | "stop-watchdog"
  | "stop-sigterm"
  | "stop-sigkill"
  | "stop-post"
  | "final-watchdog"
  | "final-sigterm"
  | "final-sigkill"
  | "failed"
  | "dead-before-auto-restart"
  | "failed-before-auto-restart"
  | "dead-resources-pinned"
  | "auto-restart"
  | "auto-restart-queued"
  | "cleaning";

export type SocketSubState =
  | "dead"
  | "start-pre"
  | "start-open"
  | "start-chown"
  | "start-post"
  | "listening"
  | "deferred"
  | "running"
  | "stop-pre"
  | "stop-pre-sigterm"
  | "stop-pre-sigkill"
  | "stop-post"
  | "final-sigterm"
  | "final-sigkill"
  | "failed"
  | "cleaning";

/** Targets and all that is only a name to meet at. */
export type PassiveSubState = "dead" | "active";

export type ServiceResult =
  | "success"
  | "resources"
  | "protocol"
  | "timeout"
  | "exit-code"
  | "signal"
  | "core-dump"
  | "watchdog"
  | "start-limit-hit"
  | "oom-kill"
  | "exec-condition";

export type SocketResult =
  | "success"
  | "resources"
  | "timeout"
  | "exit-code"
  | "signal"
  | "core-dump"
  | "start-limit-hit"
  | "trigger-limit-hit"
  | "service-start-limit-hit";

/** What sits in a job slot. */
export type JobType = "start" | "verify-active" | "stop" | "reload" | "restart" | "nop";

/** What can be asked for; some become another type, or nothing, by the unit's state when they are taken up. */
export type JobRequest = JobType | "reload-or-start" | "try-restart" | "try-reload" | "reload-or-restart" | "reload-or-try-restart";

export type JobResult =
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

export type ShutdownKind = "exit" | "poweroff" | "reboot" | "halt" | "kexec" | "soft-reboot";

export interface Job {
  readonly id: JobId;
  readonly unit: string;
  type: JobType;
  state: "waiting" | "running";
  /** Of mode replace-irreversibly: nothing but cancel takes it away. */
  irreversible: boolean;
  /** Run whatever the ordering says (mode ignore-dependencies). */
  ignoreOrder: boolean;
  /** Who is told about the result. */
  requestIds: number[];
  beginUsec: Usec;
  beginRunningUsec: Usec | null;
}

/** Counts events in an interval (systemd's ratelimit). */
export interface RateWindow {
  /** null: nothing was counted yet. */
  beginUsec: Usec | null;
  count: number;
}

export interface ConditionOutcome {
  readonly met: boolean;
  readonly atUsec: Usec;
  readonly failed: string | null;
}

export interface UnitCore {
  /** Primary name. */
  readonly name: string;
  /** The model's own, or `not-found` for a name that is only referred to, or whose file went away. */
  loadState: LoadState;
  loadError: string | null;
  job: JobId | null;
  nopJob: JobId | null;
  /** 32 hexadecimal digits; null before the first start. */
  invocationId: string | null;
  /** Made for one purpose (an instance for a connection): forgotten as soon as it is down. */
  transient: boolean;
  conditionResult: ConditionOutcome | null;
  assertResult: ConditionOutcome | null;
  /** The token of a `check-conditions` that is not answered yet. */
  conditionToken: number | null;
  startLimit: RateWindow;
  startLimitHit: boolean;
  stateChangeUsec: Usec | null;
  inactiveExitUsec: Usec | null;
  activeEnterUsec: Usec | null;
  activeExitUsec: Usec | null;
  inactiveEnterUsec: Usec | null;
  /** Counts automatic starts by Upholds= and StopWhenUnneeded=, so that two of them can't fight for ever. */
  autoStartStop: RateWindow;
  /** Who triggered it last, for TRIGGER_UNIT. */
  triggeredBy: string | null;
}

/** One process that the unit's machine waits for, and afterwards how it ended. */
export interface ProcessStatus {
  pid: number;
  startUsec: Usec;
  exitUsec: Usec | null;
  code: "exited" | "killed" | "dumped" | null;
  status: number;
}

/** The command that a machine is at: its position in the model's list of that role. */
export interface CommandPosition {
  readonly role: ExecRole;
  index: number;
}

/** A `spawn` that was asked for. Its pid is null until `spawned`. */
export interface Process {
  readonly token: SpawnToken;
  pid: number | null;
  startUsec: Usec;
}

export interface ServiceState extends UnitCore {
  readonly kind: "service";
  model: ServiceUnit;
  sub: ServiceSubState;
  result: ServiceResult;
  reloadResult: ServiceResult;
  cleanResult: ServiceResult;
  /** The main process (ExecStart=, or the one that it named). */
  main: Process | null;
  /** Position in ExecStart= (Type=oneshot runs several). */
  mainIndex: number | null;
  /** The main process is not a child of ours that was spawned as such: by PIDFile=, MAINPID=, or guessed. */
  mainPidKnownBy: "spawn" | "pid-file" | "notify" | "guess" | null;
  control: Process | null;
  controlCommand: CommandPosition | null;
  /** For `show` and for EXIT_CODE, EXIT_STATUS. */
  execMain: ProcessStatus | null;
  /** How each role's last command ended, for `status`. */
  execControl: Partial<Record<ExecRole, ProcessStatus & { index: number }>>;
  /** False once all its processes are known to be gone. */
  mayHaveProcesses: boolean;
  forbidRestart: boolean;
  willAutoRestart: boolean;
  nRestarts: number;
  /** nRestarts starts again from 0 at the next start that is not automatic. */
  flushRestarts: boolean;
  notifyState: "unknown" | "ready" | "reload-ready" | "reloading" | "stopping";
  notifyAccessOverride: NotifyAccess | null;
  statusText: string | null;
  statusErrno: number;
  /** WATCHDOG_USEC=. */
  watchdogOverrideUsec: Usec | null;
  watchdogTimestamp: Usec | null;
  /** Until when EXTEND_TIMEOUT_USEC= moved the timeouts of start, running and stop; null: not at all. */
  startExtendedUntil: Usec | null;
  runtimeExtendedUntil: Usec | null;
  stopExtendedUntil: Usec | null;
  reloadBeginUsec: Usec | null;
  /** Type=dbus: the name has an owner. */
  busNameGood: boolean;
  pidFileWatched: boolean;
  fdStoreCount: number;
  /** Accept=yes: the socket and connection that this instance serves. */
  connection: { readonly socket: string; readonly connection: number; readonly source: string | null; readonly environment: readonly string[] } | null;
  /** When the present sub state's timeout is; null: none. Only for `show`; the timer itself is in `timers`. */
  timeoutAt: Usec | null;
}

export interface SocketState extends UnitCore {
  readonly kind: "socket";
  model: SocketUnit;
  sub: SocketSubState;
  result: SocketResult;
  control: Process | null;
  controlCommand: CommandPosition | null;
  /** Descriptors are (being) opened. */
  open: boolean;
  watched: boolean;
  /** Connections accepted and handed over since it was started: the next instance's number. */
  accepted: number;
  /** Closed because of MaxConnections= or MaxConnectionsPerSource=. */
  refused: number;
  /** Instances alive now. */
  connections: number;
  perSource: Record<string, number>;
  triggerLimit: RateWindow;
  /** One for each listener. */
  pollLimit: RateWindow[];
  pausedListeners: ListenerIndex[];
  /** OnTriggerLimit=pause: how often in a row, for the growing pause. */
  triggerPauses: number;
  /** A service to be started once a deferring job is gone (DeferTrigger=). */
  mayHaveProcesses: boolean;
}

export interface PassiveState extends UnitCore {
  readonly kind: "passive";
  /** null: a name that is only referred to. */
  model: PassiveUnit | null;
  sub: PassiveSubState;
}

export type UnitState = ServiceState | SocketState | PassiveState;

export interface ShutdownState {
  readonly kind: ShutdownKind;
  /** null: 0, or the main command's own. */
  exitCode: number | null;
  deadline: Usec;
  /** How often it was hastened. */
  hastened: number;
  /** For each unit that has to stop: how many steps, itself included, the longest chain of stops behind it has. */
  heights: Record<string, number>;
  /** When each unit must be down, set as its stop begins. */
  unitDeadlines: Record<string, Usec>;
  /** Had to be killed. */
  late: string[];
  done: boolean;
}

export interface EngineOptions {
  /** 32 random hexadecimal digits: invocation ids and randomised delays are derived from it. */
  readonly seed: string;
  /** The whole stop's budget (design: 8 s). */
  readonly stopBudgetUsec: Usec;
  /** What is left of it after a second signal. */
  readonly hastenedBudgetUsec: Usec;
  /** The unit of the command given on the command line: its end ends the container with its code. */
  readonly commandUnit: string | null;
}

export interface EngineState {
  readonly version: 1;
  readonly options: EngineOptions;
  /** Of the last event. */
  now: Usec;
  nextJobId: JobId;
  nextToken: number;
  invocations: number;
  units: Record<string, UnitState>;
  /** Other names of units. */
  aliases: Record<string, string>;
  jobs: Record<string, Job>;
  /** Armed timers: id → monotonic time. */
  timers: Record<string, Usec>;
  /** Connections whose instance is being loaded. */
  pendingConnections: Record<string, { readonly socket: string; readonly source: string | null; readonly environment: readonly string[]; readonly name: string }>;
  shutdown: ShutdownState | null;
  /** `jobs-drained` is owed. */
  jobsPending: boolean;
}
