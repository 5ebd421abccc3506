/**
 * The engine's state: plain, versioned data. No Map, Set, function, undefined or infinity in it, so that
 * `JSON.parse(JSON.stringify(state))` is the same state; `daemon-reexec` and simulations live from that.
 *
 * While it runs, `Engine` (engine.ts) holds the same records in maps, with the dependency graph and the index of
 * pids beside them; `saveEngine` gives the plain form and `restoreEngine` takes it. Between two steps all work
 * queues are empty; a job that can't run yet stays in its unit's slot and is looked at again when a job ordered
 * before it ends.
 *
 * Who owns what: `job` and `nopJob` belong to job.ts, the fields of one unit kind to its state machine, the rest
 * of `UnitCore` to unit-notify.ts.
 */
import type { Usec } from "../base/time.ts";
import type { LoadState, NotifyAccess, PassiveUnit, ServiceUnit, SocketUnit } from "../unit/model.ts";

export type JobId = number;
export type SpawnToken = number;
/** Position in the socket's `listeners`. */
export type ListenerIndex = number;

/** Which Exec…= line a command comes from. A socket's ExecStopPre= is here too; the rest of its names it shares. */
export type ExecRole =
  | "ExecCondition"
  | "ExecStartPre"
  | "ExecStart"
  | "ExecStartPost"
  | "ExecReload"
  | "ExecStop"
  | "ExecStopPost"
  | "ExecStopPre";

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
export type JobRequest =
  | JobType
  | "reload-or-start"
  | "try-restart"
  | "try-reload"
  | "reload-or-restart"
  | "reload-or-try-restart";

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
  job: Job | null;
  nopJob: Job | null;
  /** 32 hexadecimal digits; null before the first start. */
  invocationId: string | null;
  /** Made for one purpose (an instance for a connection): forgotten as soon as it is down. */
  transient: boolean;
  /** Somebody wants to know what became of it (RefUnit): it is not forgotten. */
  referenced: boolean;
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
  /** Counts how often OnFailure= and OnSuccess= were acted on, so that two units can't set each other off for ever. */
  terminations: RateWindow;
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

/** A `spawn` that was asked for (its pid is null until `spawned`), or a process that became the main one otherwise. */
export interface Process {
  readonly token: SpawnToken;
  pid: number | null;
  /** A signal for a process whose pid is not known yet. */
  pendingSignal: number | null;
}

/** Why a PID file is being read. */
export type PidFileQuestion = "start" | "start-post" | "reload" | "main-exit" | "watch";

/** The connection that an instance serves (Accept=yes). */
export interface ServedConnection {
  readonly socket: string;
  readonly connection: number;
  readonly source: string | null;
  readonly environment: readonly string[];
}

/** The last run of each kind of command since the last start, main process apart. */
export type ControlRuns = Partial<Record<ExecRole, ProcessStatus & { index: number }>>;

export interface ServiceState extends UnitCore {
  readonly kind: "service";
  model: ServiceUnit;
  sub: ServiceSubState;
  result: ServiceResult;
  reloadResult: ServiceResult;
  cleanResult: ServiceResult;
  /** The main process (ExecStart=, or the one that it named). */
  main: Process | null;
  /** Position in ExecStart= of the command that `main` runs; null: it runs none of these (Type=forking). */
  mainIndex: number | null;
  /** There is or was a main process in this life; while false nobody knows which one it is. */
  mainKnown: boolean;
  control: Process | null;
  controlCommand: CommandPosition | null;
  /** The main process of this life, for `show`, EXIT_CODE and EXIT_STATUS. */
  execMain: ProcessStatus | null;
  /** How the last command of each role went, for `status`. */
  execControl: ControlRuns;
  /** False once all its processes are known to be gone. */
  mayHaveProcesses: boolean;
  forbidRestart: boolean;
  nRestarts: number;
  /** nRestarts starts again from 0 at the next start. */
  flushRestarts: boolean;
  notifyState: "unknown" | "ready" | "reloading" | "stopping";
  notifyAccessOverride: NotifyAccess | null;
  statusText: string | null;
  statusErrno: number;
  /** WATCHDOG_USEC=. */
  watchdogOverrideUsec: Usec | null;
  watchdogTimestamp: Usec | null;
  reloadBeginUsec: Usec | null;
  /** Type=dbus: the name has an owner. */
  busNameGood: boolean;
  /** A `read-pid-file` or `watch-pid-file` that is not answered, and what for. */
  pidFileQuestion: PidFileQuestion | null;
  /** The main process ended, but whether the PID file names another one is being asked. */
  pendingMainExit: { readonly code: "exited" | "killed" | "dumped"; readonly status: number } | null;
  fdStoreCount: number;
  /** The token of a `check-readiness` that is not answered yet (ReadyCheck=). */
  readyToken: number | null;
  connection: ServedConnection | null;
}

export interface SocketState extends UnitCore {
  readonly kind: "socket";
  model: SocketUnit;
  sub: SocketSubState;
  result: SocketResult;
  control: Process | null;
  controlCommand: CommandPosition | null;
  execControl: ControlRuns;
  /** False once all its processes are known to be gone. */
  mayHaveProcesses: boolean;
  /** Descriptors are open, or being opened. */
  open: boolean;
  watched: boolean;
  /** Connections accepted since it was loaded: the next instance's number. */
  accepted: number;
  /** Closed because of a limit or a pending stop. */
  refused: number;
  /** Instances alive now. */
  connections: number;
  perSource: Record<string, number>;
  triggerLimit: RateWindow;
  /** One for each listener. */
  pollLimit: RateWindow[];
  pausedListeners: ListenerIndex[];
  /** OnTriggerLimit=pause: how often in a row, for the growing pause, and until when the last one was. */
  triggerPauses: number;
  pausedUntil: Usec | null;
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
  /** Units that had to be killed. */
  late: string[];
  /** The budget is spent: the end comes with the present step. */
  over: boolean;
  /** `exit` was said: nothing happens any more. */
  done: boolean;
}

/** A connection whose instance is being loaded. */
export interface PendingConnection {
  readonly socket: string;
  readonly connection: number;
  readonly source: string | null;
  readonly environment: readonly string[];
  readonly name: string;
}

export interface EngineOptions {
  /** 32 random hexadecimal digits: invocation ids and randomised delays are derived from it. */
  readonly seed: string;
  /** The whole stop's budget (design: 8 s). */
  readonly stopBudgetUsec: Usec;
  /** What is left of it after a second signal. */
  readonly hastenedBudgetUsec: Usec;
  /** The unit of the command given on the command line: the container's code is its code. */
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
  units: UnitState[];
  /** Armed timers. */
  timers: { readonly id: string; readonly at: Usec }[];
  pendingConnections: PendingConnection[];
  shutdown: ShutdownState | null;
  /** There were jobs since the last `jobs-drained`. */
  jobsPending: boolean;
}
