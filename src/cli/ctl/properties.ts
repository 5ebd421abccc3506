/**
 * The properties that `show` prints: one row each, in the order in which systemctl prints them.
 *
 * The names are those of systemd's bus interface (org.freedesktop.systemd1(5)). Only properties that usher gives a
 * meaning have a row. A row's value is text, several lines of the same name, or null where the unit has no such thing.
 */
import { signalName } from "../../base/signal.ts";
import { USEC_INFINITY, type Usec } from "../../base/time.ts";
import type { ExecStatus, Stamp, UnitDetails } from "../../control/backend.ts";
import { isTransientPath } from "../../unit/load/unit-files.ts";
import type {
  ExecCommand,
  ExecDirectoryKind,
  ExecSettings,
  ExitStatusSet,
  KillSettings,
  ServiceSettings,
  SocketSettings,
} from "../../unit/model.ts";
import { capabilityName } from "../../unit/value/capability.ts";
import { cleanable } from "../../unit/value/cleanable.ts";
import { PROTOCOLS } from "../../unit/value/socket-address.ts";
import { quoteWord } from "../format/quote.ts";
import { formatSpan, formatTimestamp, type TimestampStyle, type TimeZone } from "../format/time.ts";
import { CLD_EXITED, exitCodeWord, runsOf } from "./exit-words.ts";

export interface PropertyInput {
  readonly details: UnitDetails;
  readonly fileState: string | null;
  readonly preset: string | null;
  /** Directives of its files that usher accepts and doesn't carry out: a sandbox that isn't there is dangerous. */
  readonly notEnforced: readonly string[];
  readonly timestamp: TimestampStyle;
  readonly zone: TimeZone;
}

export type PropertyValue = string | readonly string[] | null;

export interface PropertyRow {
  readonly name: string;
  readonly value: (input: PropertyInput) => PropertyValue;
}

// ------------------------------------------------------------------------------------------------ values as they print

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function words(list: readonly string[]): string {
  return list.map(quoteWord).join(" ");
}

/** "0-2 5" */
function ranges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const starts = sorted.filter((number, at) => sorted[at - 1] !== number - 1);
  return starts
    .map((start, at) => {
      const next = starts[at + 1];
      const end = sorted[next === undefined ? sorted.length - 1 : sorted.indexOf(next) - 1] ?? start;
      return start === end ? String(start) : `${start}-${end}`;
    })
    .join(" ");
}

function capabilityNames(capabilities: readonly number[]): string {
  return words(capabilities.map((one) => capabilityName(one).toLowerCase()));
}

function limit(value: number): string {
  return value >= USEC_INFINITY ? "infinity" : String(value);
}

/** show leaves one out that was not set. */
function exitStatusOrNone(status: number | null): string | null {
  return status === null ? null : String(status);
}

function exitStatusSet({ codes, signals }: ExitStatusSet): string {
  const names = signals.map((signal) =>
    signalName(signal)
      .replace(/^SIG/, "")
      .replace(/^RTMIN$/, "RTMIN+0"),
  );
  return words([...codes.map(String), ...names]);
}

// --------------------------------------------------------------------------------------------------------- row makers

function row(name: string, value: (details: UnitDetails) => PropertyValue): PropertyRow {
  return { name, value: ({ details }) => value(details) };
}

function service(
  name: string,
  value: (settings: ServiceSettings, details: UnitDetails) => PropertyValue,
): PropertyRow {
  return row(name, (details) =>
    details.unit.type === "service" ? value(details.unit.service, details) : null,
  );
}

function socket(
  name: string,
  value: (settings: SocketSettings, details: UnitDetails) => PropertyValue,
): PropertyRow {
  return row(name, (details) =>
    details.unit.type === "socket" ? value(details.unit.socket, details) : null,
  );
}

function exec(name: string, value: (settings: ExecSettings) => PropertyValue): PropertyRow {
  return row(name, ({ unit }) => ("exec" in unit ? value(unit.exec) : null));
}

function kill(name: string, value: (settings: KillSettings) => PropertyValue): PropertyRow {
  return row(name, ({ unit }) => ("kill" in unit ? value(unit.kill) : null));
}

function span(usec: Usec): string {
  return formatSpan(usec);
}

function stamps(name: string, pick: (details: UnitDetails) => Stamp | null): readonly PropertyRow[] {
  return [
    {
      name: `${name}Timestamp`,
      value: ({ details, zone, timestamp }) => {
        const stamp = pick(details);
        return stamp === null ? null : formatTimestamp(stamp.realtimeUsec, zone, timestamp);
      },
    },
    row(`${name}TimestampMonotonic`, (details) => {
      const stamp = pick(details);
      return stamp === null ? null : String(stamp.monotonicUsec);
    }),
  ];
}

function mainRun(details: UnitDetails): ExecStatus | null {
  return details.service?.commands.filter((run) => run.main).at(-1) ?? null;
}

const NEVER: Stamp = { realtimeUsec: 0, monotonicUsec: 0 };

function commands(
  directive: string,
  pick: (unit: UnitDetails["unit"]) => readonly ExecCommand[] | null,
): PropertyRow {
  return {
    name: directive,
    value: (input) => {
      const list = pick(input.details.unit);
      if (list === null) return null;
      const runs = runsOf(input.details).filter((run) => run.directive === directive);
      return list.map((command) => formatCommand(command, findRun(runs, command), input));
    },
  };
}

function findRun(runs: readonly ExecStatus[], command: ExecCommand): ExecStatus | null {
  return runs.find((run) => run.path === command.path || run.argv[0] === command.argv[0]) ?? null;
}

/** An exit status, or a signal with its name; "0/0" of what did not run. */
function statusText(run: ExecStatus | null): string {
  if (run === null || run.code === 0) return "0/0";
  if (run.code === CLD_EXITED) return String(run.status);
  return `${run.status}/${signalName(run.status).replace(/^SIG/, "")}`;
}

function formatCommand(command: ExecCommand, run: ExecStatus | null, input: PropertyInput): string {
  const moment = (at: Usec): string => formatTimestamp(at, input.zone, input.timestamp) || "n/a";
  const fields = [
    `path=${command.path}`,
    `argv[]=${command.argv.join(" ")}`,
    `ignore_errors=${yesNo(command.ignoreFailure)}`,
    `start_time=[${moment(run?.start.realtimeUsec ?? 0)}]`,
    `stop_time=[${moment(run?.exit.realtimeUsec ?? 0)}]`,
    `pid=${run?.pid ?? 0}`,
    `code=${exitCodeWord(run?.code ?? 0)}`,
    `status=${statusText(run)}`,
  ];
  return `{ ${fields.join(" ; ")} }`;
}

function serviceCommands(
  directive: string,
  pick: (settings: ServiceSettings) => readonly ExecCommand[],
): PropertyRow {
  return commands(directive, (unit) => (unit.type === "service" ? pick(unit.service) : null));
}

function socketCommands(
  directive: string,
  pick: (settings: SocketSettings) => readonly ExecCommand[],
): PropertyRow {
  return commands(directive, (unit) => (unit.type === "socket" ? pick(unit.socket) : null));
}

function dependency(kind: string): PropertyRow {
  return row(kind, ({ dependencies }) => words(dependencies[kind] ?? []));
}

function directory(kind: ExecDirectoryKind, name: string): readonly PropertyRow[] {
  return [
    exec(name, ({ directories }) => words(directories[kind].entries.map(({ path }) => path))),
    exec(`${name}Mode`, ({ directories }) => octal(directories[kind].mode)),
  ];
}

function resourceLimit(resource: string): readonly PropertyRow[] {
  const find = (settings: ExecSettings): ExecSettings["limits"][number] | null =>
    settings.limits.find((one) => one.resource === resource.toLowerCase()) ?? null;
  const text = (name: string, pick: "soft" | "hard"): PropertyRow =>
    exec(name, (settings) => {
      const found = find(settings);
      return found === null ? null : limit(found[pick]);
    });
  return [text(`Limit${resource}`, "hard"), text(`Limit${resource}Soft`, "soft")];
}

// --------------------------------------------------------------------------------------------------------- the table

const SERVICE_ROWS: readonly PropertyRow[] = [
  service("Type", (s) => s.type),
  service("ExitType", (s) => s.exitType),
  service("Restart", (s) => s.restart),
  service("RestartMode", (s) => s.restartMode),
  service("PIDFile", (s) => s.pidFile ?? ""),
  service("NotifyAccess", (s) => s.notifyAccess),
  service("RestartUSec", (s) => span(s.restartUsec)),
  service("RestartSteps", (s) => String(s.restartSteps)),
  service("RestartMaxDelayUSec", (s) => span(s.restartMaxDelayUsec)),
  service("TimeoutStartUSec", (s) => span(s.timeoutStartUsec)),
  service("TimeoutStopUSec", (s) => span(s.timeoutStopUsec)),
  service("TimeoutAbortUSec", (s) => span(s.timeoutAbortUsec ?? s.timeoutStopUsec)),
  service("TimeoutStartFailureMode", (s) => s.timeoutStartFailureMode),
  service("TimeoutStopFailureMode", (s) => s.timeoutStopFailureMode),
  service("RuntimeMaxUSec", (s) => span(s.runtimeMaxUsec)),
  service("RuntimeRandomizedExtraUSec", (s) => span(s.runtimeRandomizedExtraUsec)),
  // Unknown before the first start, since a service may be told otherwise then.
  service("WatchdogUSec", (s, { inactiveExit }) =>
    span(inactiveExit.monotonicUsec === 0 ? USEC_INFINITY : s.watchdogUsec),
  ),
  service("RootDirectoryStartOnly", (s) => yesNo(s.rootDirectoryStartOnly)),
  service("RemainAfterExit", (s) => yesNo(s.remainAfterExit)),
  service("GuessMainPID", (s) => yesNo(s.guessMainPid)),
  service("RestartPreventExitStatus", (s) => exitStatusSet(s.restartPreventExitStatus)),
  service("RestartForceExitStatus", (s) => exitStatusSet(s.restartForceExitStatus)),
  service("SuccessExitStatus", (s) => exitStatusSet(s.successExitStatus)),
  service("MainPID", (_, { service: state }) => String(state?.mainPid ?? 0)),
  service("ControlPID", (_, { service: state }) => String(state?.controlPid ?? 0)),
  service("BusName", (s) => s.busName ?? ""),
  service("FileDescriptorStoreMax", (s) => String(s.fileDescriptorStoreMax)),
  service("NFileDescriptorStore", (_, { service: state }) => String(state?.fdStoreCount ?? 0)),
  service("FileDescriptorStorePreserve", (s) => s.fileDescriptorStorePreserve),
  service("StatusText", (_, { service: state }) => state?.statusText ?? ""),
  service("StatusErrno", (_, { service: state }) => String(state?.statusErrno ?? 0)),
  service("Result", (_, { service: state }) => state?.result ?? "success"),
  service("ReloadResult", (_, { service: state }) => state?.reloadResult ?? "success"),
  service("CleanResult", (_, { service: state }) => state?.cleanResult ?? "success"),
  service("NRestarts", (_, { service: state }) => String(state?.restarts ?? 0)),
  service("OOMPolicy", (s) => s.oomPolicy ?? "stop"),
  service("ReloadSignal", (s) => String(s.reloadSignal)),
  ...stamps("ExecMainStart", (details) =>
    details.unit.type === "service" ? (mainRun(details)?.start ?? NEVER) : null,
  ),
  ...stamps("ExecMainExit", (details) =>
    details.unit.type === "service" ? (mainRun(details)?.exit ?? NEVER) : null,
  ),
  service("ExecMainPID", (_, details) => String(mainRun(details)?.pid ?? 0)),
  service("ExecMainCode", (_, details) => String(mainRun(details)?.code ?? 0)),
  service("ExecMainStatus", (_, details) => String(mainRun(details)?.status ?? 0)),
  serviceCommands("ExecCondition", (s) => s.execCondition),
  serviceCommands("ExecStartPre", (s) => s.execStartPre),
  serviceCommands("ExecStart", (s) => s.execStart),
  serviceCommands("ExecStartPost", (s) => s.execStartPost),
  serviceCommands("ExecReload", (s) => s.execReload),
  serviceCommands("ExecStop", (s) => s.execStop),
  serviceCommands("ExecStopPost", (s) => s.execStopPost),
];

const SOCKET_ROWS: readonly PropertyRow[] = [
  socket("BindIPv6Only", (s) => s.bindIpv6Only),
  socket("Backlog", (s) => String(s.backlog)),
  socket("TimeoutUSec", (s) => span(s.timeoutUsec)),
  socket("BindToDevice", (s) => s.bindToDevice ?? ""),
  socket("SocketUser", (s) => s.socketUser ?? ""),
  socket("SocketGroup", (s) => s.socketGroup ?? ""),
  socket("SocketMode", (s) => octal(s.socketMode)),
  socket("DirectoryMode", (s) => octal(s.directoryMode)),
  socket("Accept", (s) => yesNo(s.accept)),
  socket("FlushPending", (s) => yesNo(s.flushPending)),
  socket("Writable", (s) => yesNo(s.writable)),
  socket("KeepAlive", (s) => yesNo(s.keepAlive)),
  socket("KeepAliveTimeUSec", (s) => span(s.keepAliveTimeUsec)),
  socket("KeepAliveIntervalUSec", (s) => span(s.keepAliveIntervalUsec)),
  socket("KeepAliveProbes", (s) => String(s.keepAliveProbes)),
  socket("DeferAcceptUSec", (s) => span(s.deferAcceptUsec)),
  socket("NoDelay", (s) => yesNo(s.noDelay)),
  socket("Priority", (s) => String(s.priority)),
  socket("ReceiveBuffer", (s) => String(s.receiveBuffer)),
  socket("SendBuffer", (s) => String(s.sendBuffer)),
  socket("IPTOS", (s) => String(s.ipTos)),
  socket("IPTTL", (s) => String(s.ipTtl)),
  socket("PipeSize", (s) => String(s.pipeSize)),
  socket("FreeBind", (s) => yesNo(s.freeBind)),
  socket("Transparent", (s) => yesNo(s.transparent)),
  socket("Broadcast", (s) => yesNo(s.broadcast)),
  socket("PassCredentials", (s) => yesNo(s.passCredentials)),
  socket("PassFileDescriptorsToExec", (s) => yesNo(s.passFileDescriptorsToExec)),
  socket("PassSecurity", (s) => yesNo(s.passSecurity)),
  socket("PassPacketInfo", (s) => yesNo(s.passPacketInfo)),
  socket("Timestamping", (s) => s.timestamping),
  socket("TCPCongestion", (s) => s.tcpCongestion ?? ""),
  socket("RemoveOnStop", (s) => yesNo(s.removeOnStop)),
  socket("Listen", (_, { socket: state }) =>
    (state?.listeners ?? []).map(({ address, bound, kind }) => `${bound ?? address} (${kind})`),
  ),
  socket("Symlinks", (s) => words(s.symlinks)),
  socket("Mark", (s) => String(s.mark)),
  socket("MaxConnections", (s) => String(s.maxConnections)),
  socket("MaxConnectionsPerSource", (s) => String(s.maxConnectionsPerSource)),
  socket("MessageQueueMaxMessages", (s) => String(s.messageQueueMaxMessages)),
  socket("MessageQueueMessageSize", (s) => String(s.messageQueueMessageSize)),
  socket("ReusePort", (s) => yesNo(s.reusePort)),
  socket("ControlPID", (_, { socket: state }) => String(state?.controlPid ?? 0)),
  socket("Result", (_, { socket: state }) => state?.result ?? "success"),
  socket("NConnections", (_, { socket: state }) => String(state?.connections ?? 0)),
  socket("NAccepted", (_, { socket: state }) => String(state?.accepted ?? 0)),
  socket("NRefused", (_, { socket: state }) => String(state?.refused ?? 0)),
  socket(
    "FileDescriptorName",
    (s, { summary }) => s.fileDescriptorName ?? (s.accept ? "connection" : summary.name),
  ),
  socket("SocketProtocol", (s) => String(s.socketProtocol === null ? 0 : PROTOCOLS[s.socketProtocol])),
  socket("TriggerLimitIntervalUSec", (s) => span(s.triggerLimit.intervalUsec)),
  socket("TriggerLimitBurst", (s) => String(s.triggerLimit.burst)),
  socket("PollLimitIntervalUSec", (s) => span(s.pollLimit.intervalUsec)),
  socket("PollLimitBurst", (s) => String(s.pollLimit.burst)),
  socketCommands("ExecStartPre", (s) => s.execStartPre),
  socketCommands("ExecStartPost", (s) => s.execStartPost),
  socketCommands("ExecStopPre", (s) => s.execStopPre),
  socketCommands("ExecStopPost", (s) => s.execStopPost),
];

const EXEC_ROWS: readonly PropertyRow[] = [
  exec("Environment", (s) => words(s.environment)),
  exec("EnvironmentFiles", (s) =>
    s.environmentFiles.map(({ path, optional }) => `${path} (ignore_errors=${yesNo(optional)})`),
  ),
  exec("PassEnvironment", (s) => words(s.passEnvironment)),
  exec("UnsetEnvironment", (s) => words(s.unsetEnvironment)),
  exec("UMask", (s) => octal(s.umask)),
  ...["CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NOFILE", "AS", "NPROC"].flatMap(resourceLimit),
  ...["MEMLOCK", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"].flatMap(resourceLimit),
  exec("WorkingDirectory", (s) =>
    s.workingDirectory === null ? "" : `${s.workingDirectoryMissingOk ? "!" : ""}${s.workingDirectory}`,
  ),
  exec("RootDirectory", (s) => s.rootDirectory ?? ""),
  exec("OOMScoreAdjust", (s) => String(s.oomScoreAdjust ?? 0)),
  exec("Nice", (s) => String(s.nice ?? 0)),
  exec("CPUSchedulingPolicy", (s) => String(s.cpuSchedulingPolicy ?? 0)),
  exec("CPUSchedulingPriority", (s) => String(s.cpuSchedulingPriority ?? 0)),
  exec("CPUAffinity", (s) => ranges(s.cpuAffinity)),
  exec("TimerSlackNSec", (s) => (s.timerSlackNsec === null ? null : String(s.timerSlackNsec))),
  exec("CPUSchedulingResetOnFork", (s) => yesNo(s.cpuSchedulingResetOnFork)),
  service("NonBlocking", (s) => yesNo(s.nonBlocking)),
  exec("StandardInput", (s) => s.standardInput),
  exec("StandardOutput", (s) => s.standardOutput),
  exec("StandardError", (s) => s.standardError),
  exec("TTYPath", (s) => s.ttyPath ?? ""),
  exec("SyslogIdentifier", (s) => s.syslogIdentifier ?? ""),
  exec("SyslogLevelPrefix", (s) => yesNo(s.syslogLevelPrefix)),
  exec("SyslogLevel", (s) => String(s.syslogLevel)),
  exec("LogLevelMax", (s) => String(s.logLevelMax > 7 ? -1 : s.logLevelMax)),
  exec("LogRateLimitIntervalUSec", (s) => span(s.logRateLimit?.intervalUsec ?? 0)),
  exec("LogRateLimitBurst", (s) => String(s.logRateLimit?.burst ?? 0)),
  exec("SecureBits", (s) => String(s.secureBits)),
  exec("CapabilityBoundingSet", (s) =>
    s.capabilityBoundingSet === null ? null : capabilityNames(s.capabilityBoundingSet),
  ),
  exec("AmbientCapabilities", (s) => capabilityNames(s.ambientCapabilities)),
  exec("User", (s) => s.user ?? ""),
  exec("Group", (s) => s.group ?? ""),
  exec("DynamicUser", (s) => yesNo(s.dynamicUser)),
  exec("SetLoginEnvironment", (s) => (s.setLoginEnvironment === null ? null : yesNo(s.setLoginEnvironment))),
  exec("SupplementaryGroups", (s) => words(s.supplementaryGroups)),
  exec("IgnoreSIGPIPE", (s) => yesNo(s.ignoreSigpipe)),
  exec("NoNewPrivileges", (s) => yesNo(s.noNewPrivileges)),
  exec("RuntimeDirectoryPreserve", (s) => s.runtimeDirectoryPreserve),
  ...directory("runtime", "RuntimeDirectory"),
  ...directory("state", "StateDirectory"),
  ...directory("cache", "CacheDirectory"),
  ...directory("logs", "LogsDirectory"),
  ...directory("configuration", "ConfigurationDirectory"),
];

const KILL_ROWS: readonly PropertyRow[] = [
  kill("KillMode", (s) => s.killMode),
  kill("KillSignal", (s) => String(s.killSignal)),
  kill("RestartKillSignal", (s) => String(s.restartKillSignal ?? s.killSignal)),
  kill("FinalKillSignal", (s) => String(s.finalKillSignal)),
  kill("SendSIGKILL", (s) => yesNo(s.sendSigkill)),
  kill("SendSIGHUP", (s) => yesNo(s.sendSighup)),
  kill("WatchdogSignal", (s) => String(s.watchdogSignal)),
];

/** In the order of show's output. */
const DEPENDENCY_KINDS: readonly string[] =
  "Requires Requisite Wants BindsTo PartOf Upholds RequiredBy RequisiteOf WantedBy BoundBy UpheldBy ConsistsOf Conflicts ConflictedBy Before After OnSuccess OnSuccessOf OnFailure OnFailureOf Triggers TriggeredBy PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom".split(
    " ",
  );

const LOAD_ERRORS: Readonly<Record<string, string>> = {
  "not-found": "org.freedesktop.systemd1.NoSuchUnit",
  "bad-setting": "org.freedesktop.systemd1.BadUnitSetting",
  masked: "org.freedesktop.systemd1.UnitMasked",
  error: "org.freedesktop.systemd1.LoadFailed",
};

function loadError({ summary, unit }: UnitDetails): string {
  const name = LOAD_ERRORS[summary.loadState];
  if (name === undefined) return "";
  const text = summary.loadState === "not-found" ? `Unit ${summary.name} not found.` : (unit.loadError ?? "");
  return `${name} "${text.replace(/["\\]/g, "\\$&")}"`;
}

function canReload({ unit, dependencies }: UnitDetails): boolean {
  if (unit.type !== "service") return (dependencies["PropagatesReloadTo"] ?? []).length > 0;
  return unit.service.execReload.length > 0 || unit.service.type === "notify-reload";
}

const UNIT_ROWS: readonly PropertyRow[] = [
  row("Id", ({ summary }) => summary.name),
  row("Names", ({ summary, unit }) =>
    words([summary.name, ...unit.aliases.filter((name) => name !== summary.name)]),
  ),
  ...DEPENDENCY_KINDS.map(dependency),
  row("Documentation", ({ unit }) => words(unit.unit.documentation)),
  row("Description", ({ summary }) => summary.description || summary.name),
  row("LoadState", ({ summary }) => summary.loadState),
  row("ActiveState", ({ summary }) => summary.activeState),
  row("FreezerState", () => "running"),
  row("SubState", ({ summary }) => summary.subState),
  row("FragmentPath", ({ unit }) => unit.fragmentPath ?? ""),
  row("SourcePath", ({ unit }) => unit.unit.sourcePath ?? ""),
  row("DropInPaths", ({ unit }) => words(unit.dropInPaths)),
  { name: "UnitFileState", value: ({ fileState }) => fileState ?? "" },
  { name: "UnitFilePreset", value: ({ preset }) => preset ?? "" },
  ...stamps("StateChange", ({ stateChange }) => stateChange),
  ...stamps("InactiveExit", ({ inactiveExit }) => inactiveExit),
  ...stamps("ActiveEnter", ({ activeEnter }) => activeEnter),
  ...stamps("ActiveExit", ({ activeExit }) => activeExit),
  ...stamps("InactiveEnter", ({ inactiveEnter }) => inactiveEnter),
  row("CanStart", ({ summary, unit }) =>
    yesNo(summary.loadState === "loaded" && !unit.unit.refuseManualStart),
  ),
  row("CanStop", ({ unit }) => yesNo(!unit.unit.refuseManualStop)),
  row("CanClean", ({ unit }) => words(cleanable(unit))),
  row("CanReload", (details) => yesNo(canReload(details))),
  row("CanIsolate", ({ unit }) => yesNo(unit.unit.allowIsolate)),
  row("Job", ({ summary }) => (summary.job === null ? null : String(summary.job.id))),
  row("StopWhenUnneeded", ({ unit }) => yesNo(unit.unit.stopWhenUnneeded)),
  row("RefuseManualStart", ({ unit }) => yesNo(unit.unit.refuseManualStart)),
  row("RefuseManualStop", ({ unit }) => yesNo(unit.unit.refuseManualStop)),
  row("AllowIsolate", ({ unit }) => yesNo(unit.unit.allowIsolate)),
  row("DefaultDependencies", ({ unit }) => yesNo(unit.unit.defaultDependencies)),
  row("OnSuccessJobMode", ({ unit }) => unit.unit.onSuccessJobMode),
  row("OnFailureJobMode", ({ unit }) => unit.unit.onFailureJobMode),
  row("IgnoreOnIsolate", ({ unit }) => yesNo(unit.unit.ignoreOnIsolate)),
  row("NeedDaemonReload", ({ needDaemonReload }) => yesNo(needDaemonReload)),
  row("JobTimeoutUSec", ({ unit }) => span(unit.unit.jobTimeoutUsec)),
  row("JobRunningTimeoutUSec", ({ unit }) => span(unit.unit.jobRunningTimeoutUsec)),
  row("JobTimeoutAction", ({ unit }) => unit.unit.jobTimeoutAction),
  row("ConditionResult", ({ condition }) => yesNo(condition.result)),
  row("AssertResult", ({ assertion }) => yesNo(assertion.result)),
  ...stamps("Condition", ({ condition }) => condition.checked),
  ...stamps("Assert", ({ assertion }) => assertion.checked),
  row("LoadError", (details) => loadError(details)),
  row("Transient", ({ unit }) => yesNo(isTransientPath(unit.fragmentPath))),
  row("Perpetual", () => "no"),
  row("StartLimitIntervalUSec", ({ unit }) => span(unit.unit.startLimit.intervalUsec)),
  row("StartLimitBurst", ({ unit }) => String(unit.unit.startLimit.burst)),
  row("StartLimitAction", ({ unit }) => unit.unit.startLimitAction),
  row("FailureAction", ({ unit }) => unit.unit.failureAction),
  row("SuccessAction", ({ unit }) => unit.unit.successAction),
  row("FailureActionExitStatus", ({ unit }) => exitStatusOrNone(unit.unit.failureActionExitStatus)),
  row("SuccessActionExitStatus", ({ unit }) => exitStatusOrNone(unit.unit.successActionExitStatus)),
  { name: "NotEnforced", value: ({ notEnforced }) => words(notEnforced) },
  row("InvocationID", ({ invocationId }) => invocationId ?? ""),
  row("CollectMode", ({ unit }) => unit.unit.collectMode),
];

export const PROPERTY_ROWS: readonly PropertyRow[] = [
  ...SERVICE_ROWS,
  ...SOCKET_ROWS,
  ...EXEC_ROWS,
  ...KILL_ROWS,
  ...UNIT_ROWS,
];
