/**
 * Settings while a unit is being read: every group a mutable record that begins with systemd 257's defaults.
 *
 * Groups are shared until something is written to them (`writable`): a container's hundred sockets have no hundred
 * copies of the same defaults.
 */
import { SIGABRT, SIGHUP, SIGKILL, SIGTERM } from "../base/signal.ts";
import { USEC_INFINITY, USEC_PER_MSEC, USEC_PER_SEC, type Usec } from "../base/time.ts";
import type {
  DependencyKind,
  ExecDirectories,
  ExecSettings,
  InstallSettings,
  KillSettings,
  ServiceSettings,
  ServiceType,
  SocketSettings,
  UnitSettings,
  UsherSettings,
} from "./model.ts";
import { BURST_UNSET } from "./value/rate-limit.ts";

/** As in the unit file: what depends on other settings is not decided yet. */
export interface WrittenServiceSettings extends Omit<ServiceSettings, "type"> {
  /** null: decided by what else is set. */
  readonly type: ServiceType | null;
}

export interface Settings {
  readonly unit: UnitSettings;
  readonly install: InstallSettings;
  readonly usher: UsherSettings;
  readonly service: WrittenServiceSettings;
  readonly socket: SocketSettings;
  readonly exec: ExecSettings;
  readonly kill: KillSettings;
}

export type GroupName = keyof Settings;

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

type WrittenDependencies = Partial<Record<DependencyKind, readonly string[]>>;

/** A unit's settings in the making: only the groups, and the kinds of dependencies, that were written to. */
export type Draft = { [Group in GroupName]?: Mutable<Settings[Group]> } & {
  dependencies?: WrittenDependencies;
};

/** The kinds of dependencies that were written, to write to. */
export function writableDependencies(draft: Draft): WrittenDependencies {
  const { dependencies = {} } = draft;
  draft.dependencies = dependencies;
  return dependencies;
}

const DEFAULT_TIMEOUT: Usec = 90 * USEC_PER_SEC;
/** JobRunningTimeoutSec= is not written: JobTimeoutSec= serves. */
export const TIMEOUT_UNSET = -1;
const TWO_SECONDS: Usec = 2 * USEC_PER_SEC;
/** What the kernel takes for "as many as net.core.somaxconn allows". */
const BACKLOG_DELUXE = 0x7fffffff;
const NO_STATUS = { codes: [], signals: [] };
const NO_DIRECTORIES: ExecDirectories = { entries: [], mode: 0o755 };

const UNIT: UnitSettings = {
  description: "",
  documentation: [],
  sourcePath: null,
  defaultDependencies: true,
  stopWhenUnneeded: false,
  refuseManualStart: false,
  refuseManualStop: false,
  allowIsolate: false,
  ignoreOnIsolate: false,
  onSuccessJobMode: "fail",
  onFailureJobMode: "replace",
  jobTimeoutUsec: USEC_INFINITY,
  jobRunningTimeoutUsec: TIMEOUT_UNSET,
  jobTimeoutAction: "none",
  startLimit: { intervalUsec: 10 * USEC_PER_SEC, burst: 5 },
  startLimitAction: "none",
  failureAction: "none",
  successAction: "none",
  failureActionExitStatus: null,
  successActionExitStatus: null,
  collectMode: "inactive",
  conditions: [],
};

const INSTALL: InstallSettings = {
  alias: [],
  wantedBy: [],
  requiredBy: [],
  upheldBy: [],
  also: [],
  defaultInstance: null,
  present: false,
};

const USHER: UsherSettings = {
  cleanEnvironment: false,
  onTriggerLimit: "fail",
  adoptSockets: "no",
  idleTimeoutUsec: USEC_INFINITY,
  readyChecks: [],
  holdUntilReady: false,
};

const SERVICE: WrittenServiceSettings = {
  type: null,
  exitType: "main",
  execCondition: [],
  execStartPre: [],
  execStart: [],
  execStartPost: [],
  execReload: [],
  execStop: [],
  execStopPost: [],
  restart: "no",
  restartMode: "normal",
  restartUsec: 100 * USEC_PER_MSEC,
  restartSteps: 0,
  restartMaxDelayUsec: USEC_INFINITY,
  timeoutStartUsec: DEFAULT_TIMEOUT,
  timeoutStartDefined: false,
  timeoutStopUsec: DEFAULT_TIMEOUT,
  timeoutAbortUsec: null,
  timeoutStartFailureMode: "terminate",
  timeoutStopFailureMode: "terminate",
  runtimeMaxUsec: USEC_INFINITY,
  runtimeRandomizedExtraUsec: 0,
  watchdogUsec: 0,
  remainAfterExit: false,
  guessMainPid: true,
  pidFile: null,
  busName: null,
  rootDirectoryStartOnly: false,
  permissionsStartOnly: false,
  restartPreventExitStatus: NO_STATUS,
  restartForceExitStatus: NO_STATUS,
  successExitStatus: NO_STATUS,
  nonBlocking: false,
  notifyAccess: "none",
  sockets: [],
  fileDescriptorStoreMax: 0,
  fileDescriptorStorePreserve: "restart",
  openFiles: [],
  reloadSignal: SIGHUP,
  oomPolicy: null,
};

const SOCKET: SocketSettings = {
  listeners: [],
  socketProtocol: null,
  bindIpv6Only: "default",
  backlog: BACKLOG_DELUXE,
  bindToDevice: null,
  socketUser: null,
  socketGroup: null,
  socketMode: 0o666,
  directoryMode: 0o755,
  accept: false,
  writable: false,
  flushPending: false,
  maxConnections: 64,
  maxConnectionsPerSource: 0,
  keepAlive: false,
  keepAliveTimeUsec: 0,
  keepAliveIntervalUsec: 0,
  keepAliveProbes: 0,
  noDelay: false,
  priority: -1,
  deferAcceptUsec: 0,
  receiveBuffer: 0,
  sendBuffer: 0,
  ipTos: -1,
  ipTtl: -1,
  mark: -1,
  reusePort: false,
  freeBind: false,
  transparent: false,
  broadcast: false,
  passCredentials: false,
  passPidfd: false,
  passSecurity: false,
  passPacketInfo: false,
  acceptFileDescriptors: true,
  timestamping: "off",
  tcpCongestion: null,
  pipeSize: 0,
  messageQueueMaxMessages: 0,
  messageQueueMessageSize: 0,
  execStartPre: [],
  execStartPost: [],
  execStopPre: [],
  execStopPost: [],
  timeoutUsec: DEFAULT_TIMEOUT,
  service: null,
  removeOnStop: false,
  symlinks: [],
  fileDescriptorName: null,
  passFileDescriptorsToExec: false,
  triggerLimit: { intervalUsec: TWO_SECONDS, burst: BURST_UNSET },
  pollLimit: { intervalUsec: TWO_SECONDS, burst: BURST_UNSET },
  deferTrigger: "no",
  deferTriggerMaxUsec: USEC_INFINITY,
};

const EXEC: ExecSettings = {
  workingDirectory: null,
  workingDirectoryMissingOk: false,
  rootDirectory: null,
  user: null,
  group: null,
  supplementaryGroups: [],
  dynamicUser: false,
  setLoginEnvironment: null,
  nice: null,
  oomScoreAdjust: null,
  coredumpFilter: null,
  ioSchedulingClass: null,
  ioSchedulingPriority: null,
  cpuSchedulingPolicy: null,
  cpuSchedulingPriority: null,
  cpuSchedulingResetOnFork: false,
  cpuAffinity: [],
  umask: 0o022,
  environment: [],
  environmentFiles: [],
  passEnvironment: [],
  unsetEnvironment: [],
  execSearchPath: [],
  standardInput: "null",
  standardOutput: "inherit",
  standardError: "inherit",
  standardInputArgument: null,
  standardOutputArgument: null,
  standardErrorArgument: null,
  standardInputData: "",
  ttyPath: null,
  syslogIdentifier: null,
  syslogFacility: 3,
  syslogLevel: 6,
  syslogLevelPrefix: true,
  logLevelMax: 8,
  logRateLimit: null,
  limits: [],
  capabilityBoundingSet: null,
  ambientCapabilities: [],
  secureBits: 0,
  noNewPrivileges: false,
  timerSlackNsec: null,
  personality: null,
  ignoreSigpipe: true,
  directories: {
    runtime: NO_DIRECTORIES,
    state: NO_DIRECTORIES,
    cache: NO_DIRECTORIES,
    logs: NO_DIRECTORIES,
    configuration: NO_DIRECTORIES,
  },
  runtimeDirectoryPreserve: "no",
  credentials: [],
};

const KILL: KillSettings = {
  killMode: "control-group",
  killSignal: SIGTERM,
  restartKillSignal: null,
  sendSigkill: true,
  sendSighup: false,
  finalKillSignal: SIGKILL,
  watchdogSignal: SIGABRT,
};

export const DEFAULTS: Settings = {
  unit: UNIT,
  install: INSTALL,
  usher: USHER,
  service: SERVICE,
  socket: SOCKET,
  exec: EXEC,
  kill: KILL,
};

/** The group as it stands: what was written, else the defaults. */
export function group<Group extends GroupName>(draft: Draft, name: Group): Settings[Group] {
  // The compiler doesn't see that both sides are of one group.
  return (draft[name] ?? DEFAULTS[name]) as Settings[Group];
}

/** The group to write to; copied from the defaults at the first time. */
export function writable<Group extends GroupName>(draft: Draft, name: Group): Mutable<Settings[Group]> {
  const slots = draft as { [Name in Group]?: Mutable<Settings[Group]> };
  const known = slots[name];
  if (known !== undefined) return known;
  const copy: Mutable<Settings[Group]> = { ...DEFAULTS[name] };
  slots[name] = copy;
  return copy;
}
