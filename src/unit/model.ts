/**
 * The typed model that unit files become (systemd.unit(5), .service(5), .socket(5), .exec(5), .kill(5)).
 *
 * Plain data only: it is kept inside the engine's state, serialised whole, and compared after a reload. Names of
 * fields are the directive's name in camel case. Times are microseconds (`Usec`), sizes bytes, ids are resolved
 * later (users and groups stay text here). A field's default is the one of systemd 257.
 */
import type { Usec } from "../base/time.ts";

export type UnitType =
  | "service"
  | "socket"
  | "target"
  | "timer"
  | "path"
  | "slice"
  | "mount"
  | "scope"
  | "device"
  | "swap"
  | "automount";

export type LoadState = "loaded" | "not-found" | "bad-setting" | "error" | "masked" | "stub";

/** The dependency kinds that a unit file or a link can state; the engine derives each kind's inverse. */
export type DependencyKind =
  | "Requires"
  | "Requisite"
  | "Wants"
  | "BindsTo"
  | "PartOf"
  | "Upholds"
  | "Conflicts"
  | "Before"
  | "After"
  | "OnSuccess"
  | "OnFailure"
  | "PropagatesReloadTo"
  | "ReloadPropagatedFrom"
  | "PropagatesStopTo"
  | "StopPropagatedFrom"
  | "Triggers"
  | "TriggeredBy";

export type DependencyTable = Partial<Record<DependencyKind, readonly string[]>>;

/** What an emergency action or SuccessAction= and FailureAction= ask for. */
export type EmergencyAction =
  | "none"
  | "exit"
  | "exit-force"
  | "reboot"
  | "reboot-force"
  | "reboot-immediate"
  | "poweroff"
  | "poweroff-force"
  | "poweroff-immediate"
  | "soft-reboot"
  | "soft-reboot-force"
  | "kexec"
  | "kexec-force"
  | "halt"
  | "halt-force"
  | "halt-immediate";

export const JOB_MODES = [
  "fail",
  "replace",
  "replace-irreversibly",
  "isolate",
  "flush",
  "ignore-dependencies",
  "ignore-requirements",
  "triggering",
  "restart-dependencies",
] as const;

export type JobMode = (typeof JOB_MODES)[number];

/** One Condition…= or Assert…= line. `kind` is the directive without its prefix ("PathExists"). */
export interface Condition {
  readonly kind: string;
  readonly assert: boolean;
  /** "|": the triggering conditions of a unit are joined by OR. */
  readonly trigger: boolean;
  /** "!": the result is turned round. */
  readonly negate: boolean;
  readonly parameter: string;
}

export interface RateLimit {
  readonly intervalUsec: Usec;
  readonly burst: number;
}

/** [Unit], without the dependencies. */
export interface UnitSettings {
  /** "": none, the name serves. */
  readonly description: string;
  readonly documentation: readonly string[];
  readonly sourcePath: string | null;
  readonly defaultDependencies: boolean;
  readonly stopWhenUnneeded: boolean;
  readonly refuseManualStart: boolean;
  readonly refuseManualStop: boolean;
  readonly allowIsolate: boolean;
  readonly ignoreOnIsolate: boolean;
  readonly onSuccessJobMode: JobMode;
  readonly onFailureJobMode: JobMode;
  readonly jobTimeoutUsec: Usec;
  readonly jobRunningTimeoutUsec: Usec;
  readonly jobTimeoutAction: EmergencyAction;
  readonly startLimit: RateLimit;
  readonly startLimitAction: EmergencyAction;
  readonly failureAction: EmergencyAction;
  readonly successAction: EmergencyAction;
  /** 0…255, or null for the default (the main process's own status, as systemd documents). */
  readonly failureActionExitStatus: number | null;
  readonly successActionExitStatus: number | null;
  readonly collectMode: "inactive" | "inactive-or-failed";
  readonly conditions: readonly Condition[];
}

export interface InstallSettings {
  readonly alias: readonly string[];
  readonly wantedBy: readonly string[];
  readonly requiredBy: readonly string[];
  readonly upheldBy: readonly string[];
  readonly also: readonly string[];
  readonly defaultInstance: string | null;
  /** There was an [Install] section at all: decides `static` against `disabled`. */
  readonly present: boolean;
}

/** One command of an Exec…= line; arguments keep their `$VAR`s, which are expanded when it is run. */
export interface ExecCommand {
  /** Absolute path, or a name to be looked up in ExecSearchPath= or the default path. */
  readonly path: string;
  /** With argv[0]. Specifiers are resolved, variables are not (unless `:`). */
  readonly argv: readonly string[];
  /** "-" */
  readonly ignoreFailure: boolean;
  /** "+" full, "!" keep-but-no-user-change, "!!" ambient (the same as none on any kernel of today). */
  readonly privileges: "normal" | "full" | "keep";
  /** ":" */
  readonly noEnvExpand: boolean;
  /** "|" (258+): through the user's shell. */
  readonly viaShell: boolean;
}

export interface ExitStatusSet {
  /** 0…255 */
  readonly codes: readonly number[];
  /** Signal numbers. */
  readonly signals: readonly number[];
}

export type ServiceType =
  | "simple"
  | "exec"
  | "forking"
  | "oneshot"
  | "dbus"
  | "notify"
  | "notify-reload"
  | "idle";
export type ServiceRestart =
  | "no"
  | "on-success"
  | "on-failure"
  | "on-abnormal"
  | "on-watchdog"
  | "on-abort"
  | "always";
export type NotifyAccess = "none" | "main" | "exec" | "all";
export type TimeoutFailureMode = "terminate" | "abort" | "kill";

export interface OpenFile {
  readonly path: string;
  readonly fdName: string;
  readonly readOnly: boolean;
  readonly append: boolean;
  readonly truncate: boolean;
  readonly graceful: boolean;
}

/** [Service], without .exec and .kill. */
export interface ServiceSettings {
  readonly type: ServiceType;
  readonly exitType: "main" | "cgroup";
  readonly execCondition: readonly ExecCommand[];
  readonly execStartPre: readonly ExecCommand[];
  readonly execStart: readonly ExecCommand[];
  readonly execStartPost: readonly ExecCommand[];
  readonly execReload: readonly ExecCommand[];
  readonly execStop: readonly ExecCommand[];
  readonly execStopPost: readonly ExecCommand[];
  readonly restart: ServiceRestart;
  readonly restartMode: "normal" | "direct" | "debug";
  readonly restartUsec: Usec;
  readonly restartSteps: number;
  readonly restartMaxDelayUsec: Usec;
  readonly timeoutStartUsec: Usec;
  /** TimeoutStartSec= was written (Type=oneshot has no limit otherwise; already applied in timeoutStartUsec). */
  readonly timeoutStartDefined: boolean;
  readonly timeoutStopUsec: Usec;
  /** null: TimeoutStopSec= serves. */
  readonly timeoutAbortUsec: Usec | null;
  readonly timeoutStartFailureMode: TimeoutFailureMode;
  readonly timeoutStopFailureMode: TimeoutFailureMode;
  readonly runtimeMaxUsec: Usec;
  readonly runtimeRandomizedExtraUsec: Usec;
  readonly watchdogUsec: Usec;
  readonly remainAfterExit: boolean;
  readonly guessMainPid: boolean;
  readonly pidFile: string | null;
  readonly busName: string | null;
  readonly rootDirectoryStartOnly: boolean;
  readonly permissionsStartOnly: boolean;
  readonly restartPreventExitStatus: ExitStatusSet;
  readonly restartForceExitStatus: ExitStatusSet;
  readonly successExitStatus: ExitStatusSet;
  readonly nonBlocking: boolean;
  readonly notifyAccess: NotifyAccess;
  /** Sockets= */
  readonly sockets: readonly string[];
  readonly fileDescriptorStoreMax: number;
  readonly fileDescriptorStorePreserve: "no" | "yes" | "restart";
  readonly openFiles: readonly OpenFile[];
  readonly reloadSignal: number;
  readonly oomPolicy: "continue" | "stop" | "kill" | null;
}

export type SocketAddress =
  | { readonly family: "inet"; readonly host: string; readonly port: number }
  | { readonly family: "inet6"; readonly host: string; readonly port: number; readonly scope: string | null }
  /** A bare port: IPv6 (dual stack per BindIPv6Only=), or 0.0.0.0 where the kernel has no IPv6. */
  | { readonly family: "any"; readonly port: number }
  | { readonly family: "unix"; readonly path: string }
  /** `name` without the leading "@". */
  | { readonly family: "unix-abstract"; readonly name: string }
  | { readonly family: "vsock"; readonly cid: number; readonly port: number };

export type Listener =
  | {
      readonly kind: "stream" | "datagram" | "seqpacket";
      readonly address: SocketAddress;
      readonly text: string;
    }
  | { readonly kind: "fifo"; readonly path: string; readonly text: string }
  | { readonly kind: "special"; readonly path: string; readonly text: string }
  | {
      readonly kind: "netlink";
      readonly netlinkFamily: number;
      readonly group: number;
      readonly text: string;
    }
  | { readonly kind: "mqueue"; readonly name: string; readonly text: string };

/** [Socket], without .exec and .kill. */
export interface SocketSettings {
  readonly listeners: readonly Listener[];
  readonly socketProtocol: "udplite" | "sctp" | "mptcp" | null;
  readonly bindIpv6Only: "default" | "both" | "ipv6-only";
  readonly backlog: number;
  readonly bindToDevice: string | null;
  readonly socketUser: string | null;
  readonly socketGroup: string | null;
  readonly socketMode: number;
  readonly directoryMode: number;
  readonly accept: boolean;
  readonly writable: boolean;
  readonly flushPending: boolean;
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  readonly keepAlive: boolean;
  readonly keepAliveTimeUsec: Usec;
  readonly keepAliveIntervalUsec: Usec;
  readonly keepAliveProbes: number;
  readonly noDelay: boolean;
  /** -1: unset. */
  readonly priority: number;
  readonly deferAcceptUsec: Usec;
  readonly receiveBuffer: number;
  readonly sendBuffer: number;
  readonly ipTos: number;
  readonly ipTtl: number;
  readonly mark: number;
  readonly reusePort: boolean;
  readonly freeBind: boolean;
  readonly transparent: boolean;
  readonly broadcast: boolean;
  readonly passCredentials: boolean;
  readonly passPidfd: boolean;
  readonly passSecurity: boolean;
  readonly passPacketInfo: boolean;
  readonly acceptFileDescriptors: boolean;
  readonly timestamping: "off" | "us" | "ns";
  readonly tcpCongestion: string | null;
  readonly pipeSize: number;
  readonly messageQueueMaxMessages: number;
  readonly messageQueueMessageSize: number;
  readonly execStartPre: readonly ExecCommand[];
  readonly execStartPost: readonly ExecCommand[];
  readonly execStopPre: readonly ExecCommand[];
  readonly execStopPost: readonly ExecCommand[];
  readonly timeoutUsec: Usec;
  /** Service= as written; null: the unit of the same name. */
  readonly service: string | null;
  readonly removeOnStop: boolean;
  readonly symlinks: readonly string[];
  /** null: the unit's own name ("connection" with Accept=yes). */
  readonly fileDescriptorName: string | null;
  readonly passFileDescriptorsToExec: boolean;
  /** Defaults already resolved by Accept= (20 or 200 in 2 s; 15 or 150 in 2 s). */
  readonly triggerLimit: RateLimit;
  readonly pollLimit: RateLimit;
  readonly deferTrigger: "no" | "yes" | "patient";
  readonly deferTriggerMaxUsec: Usec;
}

export interface ResourceLimit {
  /** Lower case without "Limit": "nofile". */
  readonly resource: string;
  /** `Number.MAX_SAFE_INTEGER` is infinity. */
  readonly soft: number;
  readonly hard: number;
}

export type ExecInput = "null" | "tty" | "tty-force" | "tty-fail" | "data" | "socket" | "fd" | "file";
export type ExecOutput =
  | "inherit"
  | "null"
  | "tty"
  | "journal"
  | "kmsg"
  | "journal+console"
  | "kmsg+console"
  | "socket"
  | "fd"
  | "file"
  | "append"
  | "truncate";

export interface ExecDirectory {
  /** Relative to the kind's root ("/run", "/var/lib", …). */
  readonly path: string;
  /** Names to link to it, relative to the same root. */
  readonly symlinks: readonly string[];
}

export type ExecDirectoryKind = "runtime" | "state" | "cache" | "logs" | "configuration";

export interface ExecDirectories {
  readonly entries: readonly ExecDirectory[];
  readonly mode: number;
}

export interface EnvironmentFile {
  readonly path: string;
  /** "-": a missing file is no error. */
  readonly optional: boolean;
}

export interface Credential {
  /** A glob for "import". */
  readonly id: string;
  readonly source: "set" | "load" | "import";
  /** Bytes as Latin-1 text for "set", path or name for "load", what the glob's prefix is renamed to for "import". */
  readonly value: string;
}

/** systemd.exec(5), as far as a container can have it. */
export interface ExecSettings {
  /** "~" is the user's home; null: the root directory. */
  readonly workingDirectory: string | null;
  readonly workingDirectoryMissingOk: boolean;
  readonly rootDirectory: string | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly supplementaryGroups: readonly string[];
  readonly dynamicUser: boolean;
  readonly setLoginEnvironment: boolean | null;
  readonly nice: number | null;
  readonly oomScoreAdjust: number | null;
  readonly coredumpFilter: number | null;
  readonly ioSchedulingClass: number | null;
  readonly ioSchedulingPriority: number | null;
  readonly cpuSchedulingPolicy: number | null;
  readonly cpuSchedulingPriority: number | null;
  readonly cpuSchedulingResetOnFork: boolean;
  readonly cpuAffinity: readonly number[];
  readonly umask: number;
  /** KEY=value, in order, later ones win. */
  readonly environment: readonly string[];
  readonly environmentFiles: readonly EnvironmentFile[];
  readonly passEnvironment: readonly string[];
  /** NAME or NAME=value */
  readonly unsetEnvironment: readonly string[];
  readonly execSearchPath: readonly string[];
  readonly standardInput: ExecInput;
  readonly standardOutput: ExecOutput;
  readonly standardError: ExecOutput;
  /** Path for "file", "append", "truncate"; name for "fd". */
  readonly standardInputArgument: string | null;
  readonly standardOutputArgument: string | null;
  readonly standardErrorArgument: string | null;
  /** Decoded StandardInputText= and StandardInputData=, bytes as Latin-1 text. */
  readonly standardInputData: string;
  readonly ttyPath: string | null;
  readonly syslogIdentifier: string | null;
  /** 0 (kern) … 23 (local7) */
  readonly syslogFacility: number;
  readonly syslogLevel: number;
  readonly syslogLevelPrefix: boolean;
  /** 0…7, or 8 for no limit. */
  readonly logLevelMax: number;
  readonly logRateLimit: RateLimit | null;
  readonly limits: readonly ResourceLimit[];
  /** Capability numbers; null: all that the container has. */
  readonly capabilityBoundingSet: readonly number[] | null;
  readonly ambientCapabilities: readonly number[];
  readonly secureBits: number;
  readonly noNewPrivileges: boolean;
  readonly timerSlackNsec: number | null;
  readonly personality: string | null;
  readonly ignoreSigpipe: boolean;
  readonly directories: Readonly<Record<ExecDirectoryKind, ExecDirectories>>;
  readonly runtimeDirectoryPreserve: "no" | "yes" | "restart";
  readonly credentials: readonly Credential[];
}

export interface KillSettings {
  readonly killMode: "control-group" | "process" | "mixed" | "none";
  readonly killSignal: number;
  readonly restartKillSignal: number | null;
  readonly sendSigkill: boolean;
  readonly sendSighup: boolean;
  readonly finalKillSignal: number;
  readonly watchdogSignal: number;
}

/** ReadyCheck=, see ready-check.ts. */
export type ReadyCheck =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "http"; readonly host: string; readonly port: number; readonly path: string }
  | { readonly kind: "exec"; readonly command: ExecCommand }
  | { readonly kind: "log"; readonly pattern: string };

/** [X-Usher]: settings that systemd has not; the same unit works under both. */
export interface UsherSettings {
  /** The container's own environment is not handed to the service. */
  readonly cleanEnvironment: boolean;
  readonly onTriggerLimit: "fail" | "pause";
  readonly adoptSockets: "no" | "yes" | "try";
  readonly idleTimeoutUsec: Usec;
  readonly readyChecks: readonly ReadyCheck[];
  readonly holdUntilReady: boolean;
}

/** What units of all types have. */
export interface UnitBase {
  /** The unit's primary name, "foo@bar.service". */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly loadState: LoadState;
  /** Why it is not `loaded`: one line, with place and expectation. */
  readonly loadError: string | null;
  readonly fragmentPath: string | null;
  readonly dropInPaths: readonly string[];
  readonly unit: UnitSettings;
  readonly dependencies: DependencyTable;
  readonly install: InstallSettings;
  readonly usher: UsherSettings;
}

export interface ServiceUnit extends UnitBase {
  readonly type: "service";
  readonly service: ServiceSettings;
  readonly exec: ExecSettings;
  readonly kill: KillSettings;
}

export interface SocketUnit extends UnitBase {
  readonly type: "socket";
  readonly socket: SocketSettings;
  readonly exec: ExecSettings;
  readonly kill: KillSettings;
}

/** Targets, and the kinds a container has no work for (slices, mounts, …): named synchronisation points. */
export interface PassiveUnit extends UnitBase {
  readonly type: Exclude<UnitType, "service" | "socket">;
}

export type Unit = ServiceUnit | SocketUnit | PassiveUnit;
