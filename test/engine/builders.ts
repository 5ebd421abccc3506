/** Units as they would come from their files, with systemd's defaults and only what a test says besides. */
import { USEC_INFINITY, USEC_PER_SEC } from "../../src/base/time.ts";
import type {
  Condition,
  DependencyTable,
  ExecCommand,
  ExecSettings,
  KillSettings,
  PassiveUnit,
  ServiceSettings,
  ServiceUnit,
  SocketSettings,
  SocketUnit,
  UnitSettings,
  UsherSettings,
} from "../../src/unit/model.ts";

export const SEC: number = USEC_PER_SEC;
export const NEVER: number = USEC_INFINITY;

export function command(path: string, ignoreFailure = false): ExecCommand {
  return { path, argv: [path], ignoreFailure, privileges: "normal", noEnvExpand: false, viaShell: false };
}

export function condition(text: string, assert = false): Condition {
  return { kind: text, assert, trigger: false, negate: false, parameter: "/x" };
}

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
  jobTimeoutUsec: NEVER,
  jobRunningTimeoutUsec: NEVER,
  jobTimeoutAction: "none",
  startLimit: { intervalUsec: 10 * SEC, burst: 5 },
  startLimitAction: "none",
  failureAction: "none",
  successAction: "none",
  failureActionExitStatus: null,
  successActionExitStatus: null,
  collectMode: "inactive",
  conditions: [],
};

const EMPTY_SET = { codes: [], signals: [] };

const SERVICE: ServiceSettings = {
  type: "simple",
  exitType: "main",
  execCondition: [],
  execStartPre: [],
  execStart: [command("/bin/daemon")],
  execStartPost: [],
  execReload: [],
  execStop: [],
  execStopPost: [],
  restart: "no",
  restartMode: "normal",
  restartUsec: SEC / 10,
  restartSteps: 0,
  restartMaxDelayUsec: NEVER,
  timeoutStartUsec: 90 * SEC,
  timeoutStartDefined: false,
  timeoutStopUsec: 90 * SEC,
  timeoutAbortUsec: null,
  timeoutStartFailureMode: "terminate",
  timeoutStopFailureMode: "terminate",
  runtimeMaxUsec: NEVER,
  runtimeRandomizedExtraUsec: 0,
  watchdogUsec: 0,
  remainAfterExit: false,
  guessMainPid: true,
  pidFile: null,
  busName: null,
  rootDirectoryStartOnly: false,
  permissionsStartOnly: false,
  restartPreventExitStatus: EMPTY_SET,
  restartForceExitStatus: EMPTY_SET,
  successExitStatus: EMPTY_SET,
  nonBlocking: false,
  notifyAccess: "none",
  sockets: [],
  fileDescriptorStoreMax: 0,
  fileDescriptorStorePreserve: "restart",
  openFiles: [],
  reloadSignal: 1,
  oomPolicy: null,
};

const KILL: KillSettings = {
  killMode: "control-group",
  killSignal: 15,
  restartKillSignal: null,
  sendSigkill: true,
  sendSighup: false,
  finalKillSignal: 9,
  watchdogSignal: 6,
};

const DIRECTORIES = { entries: [], mode: 0o755 };

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
  standardOutput: "journal",
  standardError: "inherit",
  standardInputArgument: null,
  standardOutputArgument: null,
  standardErrorArgument: null,
  standardInputData: "",
  ttyPath: null,
  syslogIdentifier: null,
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
  directories: { runtime: DIRECTORIES, state: DIRECTORIES, cache: DIRECTORIES, logs: DIRECTORIES, configuration: DIRECTORIES },
  runtimeDirectoryPreserve: "no",
  credentials: [],
};

const USHER: UsherSettings = {
  cleanEnvironment: false,
  onTriggerLimit: "fail",
  adoptSockets: "no",
  idleTimeoutUsec: NEVER,
  readyChecks: [],
  holdUntilReady: false,
};

const SOCKET: SocketSettings = {
  listeners: [{ kind: "stream", address: { family: "inet", host: "127.0.0.1", port: 7001 }, text: "127.0.0.1:7001" }],
  socketProtocol: null,
  bindIpv6Only: "default",
  backlog: 4096,
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
  timeoutUsec: 90 * SEC,
  service: null,
  removeOnStop: false,
  symlinks: [],
  fileDescriptorName: null,
  passFileDescriptorsToExec: false,
  triggerLimit: { intervalUsec: 2 * SEC, burst: 20 },
  pollLimit: { intervalUsec: 2 * SEC, burst: 15 },
  deferTrigger: "no",
  deferTriggerMaxUsec: NEVER,
};

/** What any unit can say: its dependencies, its [Unit] settings, and whether it could be loaded. */
export interface Common {
  readonly deps?: DependencyTable;
  readonly unit?: Partial<UnitSettings>;
  readonly loadState?: "loaded" | "masked" | "bad-setting";
  readonly aliases?: readonly string[];
  readonly usher?: Partial<UsherSettings>;
}

export interface ServiceParts extends Common {
  readonly service?: Partial<ServiceSettings>;
  readonly kill?: Partial<KillSettings>;
  readonly exec?: Partial<ExecSettings>;
}

export interface SocketParts extends Common {
  readonly socket?: Partial<SocketSettings>;
  readonly kill?: Partial<KillSettings>;
}

function base(name: string, parts: Common): Omit<PassiveUnit, "type"> {
  return {
    name,
    aliases: parts.aliases ?? [],
    loadState: parts.loadState ?? "loaded",
    loadError: null,
    fragmentPath: `/etc/usher/units/${name}`,
    dropInPaths: [],
    unit: { ...UNIT, ...parts.unit },
    dependencies: parts.deps ?? {},
    install: { alias: [], wantedBy: [], requiredBy: [], upheldBy: [], also: [], defaultInstance: null, present: false },
    usher: { ...USHER, ...parts.usher },
  };
}

export function service(name: string, parts: ServiceParts = {}): ServiceUnit {
  const settings = { ...SERVICE, ...parts.service };
  if (settings.type === "oneshot" && parts.service?.timeoutStartUsec === undefined) {
    Object.assign(settings, { timeoutStartUsec: NEVER });
  }
  const kill = { ...KILL, ...parts.kill };
  return { ...base(name, parts), type: "service", service: settings, exec: { ...EXEC, ...parts.exec }, kill };
}

/** With Triggers= and Before= to its service, as the loader adds them. */
export function socket(name: string, parts: SocketParts = {}): SocketUnit {
  const settings = { ...SOCKET, ...parts.socket };
  const started = settings.service ?? name.replace(".socket", ".service");
  const deps: DependencyTable = settings.accept
    ? (parts.deps ?? {})
    : { ...parts.deps, Triggers: [started], Before: [...(parts.deps?.Before ?? []), started] };
  return { ...base(name, { ...parts, deps }), type: "socket", socket: settings, exec: EXEC, kill: { ...KILL, ...parts.kill } };
}

export function target(name: string, parts: Common = {}): PassiveUnit {
  return { ...base(name, parts), type: "target" };
}
