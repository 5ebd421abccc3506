/** What the control server is told about the running init, and what it may ask of it (src/control/backend.ts). */

import { err, ok, type Result } from "../../base/result.ts";
import type { Usec } from "../../base/time.ts";
import type {
  ConditionStatus,
  ControlBackend,
  ControlErrorName,
  ControlFailure,
  ControlJobType,
  DependencyNode,
  ExecStatus,
  JobSummary,
  LogEntry,
  LogQuery,
  ServiceStatus,
  SocketListenerStatus,
  SocketStatus,
  Stamp,
  SystemState,
  SystemSummary,
  UnitDetails,
  UnitSummary,
} from "../../control/backend.ts";
import { type LinkKind, linked } from "../../engine/graph.ts";
import { type SocketRole, socketCommands } from "../../engine/socket/socket-state.ts";
import type {
  ConditionOutcome,
  Job,
  JobRequest,
  ProcessStatus,
  ServiceState,
  ShutdownKind,
  SocketState,
  UnitState,
} from "../../engine/state.ts";
import { timerId } from "../../engine/timer.ts";
import { activeState } from "../../engine/unit/active-state.ts";
import { addressText } from "../../host/address-text.ts";
import type { RingEntry } from "../../host/native.ts";
import type { ExecCommand, Listener, Unit } from "../../unit/model.ts";
import { classifyUnitName } from "../../unit/unit-name.ts";
import { parseLogLevel } from "../log/log-levels.ts";
import { containerEnvironment } from "../process/environment.ts";
import { followLog, type Runtime, stateOf } from "../runtime.ts";

const NEVER: Stamp = { realtimeUsec: 0, monotonicUsec: 0 };

const LINK_KINDS: readonly LinkKind[] = [
  "Requires",
  "Requisite",
  "Wants",
  "BindsTo",
  "PartOf",
  "Upholds",
  "Conflicts",
  "Before",
  "After",
  "OnSuccess",
  "OnFailure",
  "PropagatesReloadTo",
  "ReloadPropagatedFrom",
  "PropagatesStopTo",
  "StopPropagatedFrom",
  "Triggers",
  "TriggeredBy",
  "RequiredBy",
  "RequisiteOf",
  "WantedBy",
  "BoundBy",
  "ConsistsOf",
  "UpheldBy",
  "ConflictedBy",
  "OnSuccessOf",
  "OnFailureOf",
];

export interface ControlParts {
  readonly reload: () => Result<null, ControlFailure>;
  readonly reexec: (path: string | null) => Result<null, ControlFailure>;
}

export function createControlBackend(runtime: Runtime, parts: ControlParts): ControlBackend {
  const { engine } = runtime;
  const units = (): UnitState[] => [...engine.graph.units.values()];
  return {
    system: () => systemSummary(runtime),
    units: () => units().map((unit) => summaryOf(unit)),
    unit: (name) => unitDetails(runtime, name),
    dependencies: () => units().map((unit) => dependencyNode(runtime, unit)),
    jobs: () => [...engine.jobs.values()].map(jobSummary),
    startJob(request, done) {
      if (classifyUnitName(request.unit) === "template")
        return fail("InvalidName", `Unit name ${request.unit} is missing the instance name.`);
      runtime.units.ensureLoaded(request.unit, runtime.emit);
      return startJob(runtime, request, done);
    },
    cancelJob: (id) =>
      ask(runtime, (requestId) => ({ type: "job-canceled", requestId, job: id === 0 ? null : id })),
    kill(request) {
      const unit = stateOf(runtime, request.unit);
      if (unit === undefined || unit.model === null)
        return fail("NoSuchUnit", `Unit ${request.unit} not loaded.`);
      return killUnit(runtime, unit, request.whom, request.signal);
    },
    reload: parts.reload,
    reexec: parts.reexec,
    resetFailed: (name) => ask(runtime, (requestId) => ({ type: "reset-failed", requestId, unit: name })),
    clean(name, what) {
      runtime.units.ensureLoaded(name, runtime.emit);
      return ask(runtime, (requestId) => ({ type: "clean-requested", requestId, unit: name, what }));
    },
    awaitInactive: (names, done) =>
      whenSettled(
        runtime,
        () => names.every((name) => isAtRest(runtime, name)),
        () => done(names.filter((name) => hasFailed(runtime, name))),
      ),
    awaitBoot: (done) =>
      whenSettled(
        runtime,
        () => systemState(runtime, 0) !== "starting",
        () => done(systemSummary(runtime)),
      ),
    environment: () => runtime.environment.assignments,
    changeEnvironment(assignments, unset) {
      const names = new Set([...unset, ...assignments].map((text) => text.split("=", 1)[0]));
      const kept = runtime.environment.assignments.filter((entry) => !names.has(entry.split("=", 1)[0]));
      Object.assign(runtime.environment, containerEnvironment([...kept, ...assignments]));
      return ok(null);
    },
    logs: (query) => logEntries(runtime, query),
    followLogs: (query, onEntries) => followLogs(runtime, query, onEntries),
    setLogLevel(level) {
      const parsed = parseLogLevel(level);
      if (parsed === null)
        return fail(
          "Failed",
          `"${level}" is no log level: expected trace, debug, info, warn, error, fatal or silent`,
        );
      runtime.log.setLevel(parsed);
      return ok(null);
    },
    exit(request) {
      const kind: ShutdownKind = request.verb;
      const budgetUsec = request.force === 0 ? null : 0;
      runtime.emit({
        type: "shutdown-requested",
        kind,
        exitCode: request.verb === "exit" ? request.status : null,
        budgetUsec,
      });
      return ok(null);
    },
  };
}

function fail(name: ControlErrorName, message: string): Result<never, ControlFailure> {
  return err({ name, message });
}

type Happening = Parameters<Runtime["emit"]>[0];

/** Puts one request to the engine, which answers before `emit` returns. */
function ask(runtime: Runtime, event: (requestId: number) => Happening): Result<null, ControlFailure> {
  let answer: Result<null, ControlFailure> = ok(null);
  const requestId = runtime.requests.open({
    reply(error) {
      if (error !== null) answer = err(failureOf(error));
    },
  });
  runtime.emit(event(requestId));
  return answer;
}

/** "org.freedesktop.systemd1.NoSuchUnit" → "NoSuchUnit" */
function failureOf(error: { readonly name: string; readonly message: string }): ControlFailure {
  return {
    name: error.name.slice(error.name.lastIndexOf(".") + 1) as ControlErrorName,
    message: error.message,
  };
}

const JOB_REQUEST: Readonly<Record<ControlJobType, JobRequest>> = {
  start: "start",
  stop: "stop",
  reload: "reload",
  restart: "restart",
  "try-restart": "try-restart",
  "reload-or-restart": "reload-or-restart",
  "try-reload-or-restart": "reload-or-try-restart",
  "verify-active": "verify-active",
};

function startJob(
  runtime: Runtime,
  request: Parameters<ControlBackend["startJob"]>[0],
  done: Parameters<ControlBackend["startJob"]>[1],
): ReturnType<ControlBackend["startJob"]> {
  let answer: ReturnType<ControlBackend["startJob"]> = fail("Failed", "the request got no answer");
  const requestId = runtime.requests.open({
    reply(error, job) {
      const unit = stateOf(runtime, request.unit);
      if (error !== null) answer = err(failureOf(error));
      else
        answer = ok({
          id: job ?? 0,
          unit: unit?.name ?? request.unit,
          triggers: unit === undefined ? [] : liveTriggers(runtime, unit),
        });
    },
    done,
  });
  runtime.emit({
    type: "job-requested",
    requestId,
    unit: request.unit,
    job: JOB_REQUEST[request.type],
    mode: request.mode,
  });
  return answer;
}

/** What may start the unit again after it was stopped; not a socket with Accept=yes, which starts another instance. */
function liveTriggers(runtime: Runtime, unit: UnitState): string[] {
  return [...linked(runtime.engine.graph, unit, "TriggeredBy")]
    .filter((other) => activeState(other) === "active")
    .filter((other) => other.kind !== "socket" || !other.model.socket.accept)
    .map((other) => other.name);
}

function killUnit(
  runtime: Runtime,
  unit: UnitState,
  whom: "all" | "main" | "control",
  signal: number,
): Result<null, ControlFailure> {
  const main = unit.kind === "service" ? (unit.main?.pid ?? null) : null;
  const control = unit.kind === "passive" ? null : (unit.control?.pid ?? null);
  const pids =
    whom === "main"
      ? [main]
      : whom === "control"
        ? [control]
        : [main, control, ...runtime.processes.members(unit.name)];
  const targets = [...new Set(pids.filter((pid) => pid !== null))];
  if (targets.length === 0)
    return fail("NoSuchProcess", `No ${whom === "all" ? "" : `${whom} `}process to kill`);
  for (const pid of targets) runtime.host.kill(pid, signal);
  return ok(null);
}

/** Calls back as soon as the condition holds: now, or after an event; not once the returned function was called. */
function whenSettled(runtime: Runtime, holds: () => boolean, done: () => void): () => void {
  const { settledFollowers } = runtime;
  const look = (): void => {
    if (!holds()) return;
    settledFollowers.delete(look);
    done();
  };
  settledFollowers.add(look);
  look();
  return () => settledFollowers.delete(look);
}

function isAtRest(runtime: Runtime, name: string): boolean {
  const unit = stateOf(runtime, name);
  if (unit === undefined) return true;
  const state = activeState(unit);
  return unit.job === null && (state === "inactive" || state === "failed");
}

function hasFailed(runtime: Runtime, name: string): boolean {
  const unit = stateOf(runtime, name);
  return unit !== undefined && activeState(unit) === "failed";
}

// ---------------------------------------------------------------------------------------------------------- system

function systemSummary(runtime: Runtime): SystemSummary {
  const { engine, host, units } = runtime;
  const all = [...engine.graph.units.values()];
  const failed = all.filter((unit) => activeState(unit) === "failed").map((unit) => unit.name);
  return {
    state: systemState(runtime, failed.length),
    failed,
    unitCount: all.filter((unit) => unit.model !== null).length,
    jobCount: engine.jobs.size,
    started: stampOf(runtime, host.startUsec),
    listening: stampOf(runtime, runtime.listeningUsec),
    finished: stampOf(runtime, runtime.finishedUsec),
    version: host.versions.usher,
    pid: host.pid,
    unitPath: units.searchPath,
    ownUnitDirectories: units.ownDirectories,
    runtimeDirectory: units.runtimeDirectory,
    logLevel: runtime.log.level(),
    now: { realtimeUsec: host.realtime(), monotonicUsec: host.monotonic() },
  };
}

function systemState(runtime: Runtime, failed: number): SystemState {
  if (runtime.engine.shutdown !== null) return "stopping";
  if (runtime.finishedUsec === 0) return "starting";
  return failed > 0 ? "degraded" : "running";
}

function stampOf(runtime: Runtime, monotonicUsec: Usec | null): Stamp {
  if (monotonicUsec === null || monotonicUsec === 0) return NEVER;
  const { host } = runtime;
  return { monotonicUsec, realtimeUsec: host.realtime() - host.monotonic() + monotonicUsec };
}

// ------------------------------------------------------------------------------------------------------------ units

function jobSummary(job: Job): JobSummary {
  return { id: job.id, unit: job.unit, type: job.type, state: job.state };
}

function summaryOf(unit: UnitState): UnitSummary {
  return {
    name: unit.name,
    description: unit.model?.unit.description || unit.name,
    loadState: unit.loadState,
    activeState: activeState(unit),
    subState: unit.sub,
    job: unit.job === null ? null : jobSummary(unit.job),
  };
}

function dependenciesOf(runtime: Runtime, unit: UnitState): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = {};
  for (const kind of LINK_KINDS) {
    const names = [...linked(runtime.engine.graph, unit, kind)].map((other) => other.name);
    if (names.length > 0) found[kind] = names;
  }
  return found;
}

function dependencyNode(runtime: Runtime, unit: UnitState): DependencyNode {
  return {
    name: unit.name,
    loadState: unit.loadState,
    activeState: activeState(unit),
    dependencies: dependenciesOf(runtime, unit),
  };
}

function unitDetails(runtime: Runtime, name: string): Result<UnitDetails, ControlFailure> {
  runtime.units.ensureLoaded(name, runtime.emit);
  const state = stateOf(runtime, name);
  const model = state?.model ?? runtime.units.placeholder(name);
  if (model === null)
    return fail("InvalidName", `Unit name ${name} is neither a valid invocation ID nor unit name.`);
  const stamp = (at: Usec | null): Stamp => stampOf(runtime, at);
  return ok({
    summary: state === undefined ? absentSummary(model) : summaryOf(state),
    unit: model,
    dependencies: state === undefined ? {} : dependenciesOf(runtime, state),
    needDaemonReload: runtime.units.changedOnDisk(model),
    invocationId: state?.invocationId ?? null,
    stateChange: stamp(state?.stateChangeUsec ?? null),
    inactiveExit: stamp(state?.inactiveExitUsec ?? null),
    activeEnter: stamp(state?.activeEnterUsec ?? null),
    activeExit: stamp(state?.activeExitUsec ?? null),
    inactiveEnter: stamp(state?.inactiveEnterUsec ?? null),
    condition: conditionStatus(runtime, state?.conditionResult ?? null),
    assertion: conditionStatus(runtime, state?.assertResult ?? null),
    triggeredBy: state?.triggeredBy ?? null,
    service: state?.kind === "service" ? serviceStatus(runtime, state) : null,
    socket: state?.kind === "socket" ? socketStatus(runtime, state) : null,
    processes: runtime.processes.members(state?.name ?? name).map((pid) => {
      const argv = runtime.host.processArgv(pid);
      return { pid, argv: typeof argv === "number" ? [] : argv };
    }),
  });
}

function absentSummary(model: Unit): UnitSummary {
  return {
    name: model.name,
    description: model.unit.description || model.name,
    loadState: model.loadState,
    activeState: "inactive",
    subState: "dead",
    job: null,
  };
}

function conditionStatus(runtime: Runtime, outcome: ConditionOutcome | null): ConditionStatus {
  if (outcome === null) return { result: false, checked: NEVER, unmet: null };
  return { result: outcome.met, checked: stampOf(runtime, outcome.atUsec), unmet: outcome.failed };
}

const WAIT_CODE = { exited: 1, killed: 2, dumped: 3 } as const;

function serviceStatus(runtime: Runtime, state: ServiceState): ServiceStatus {
  const restartAt =
    state.sub === "auto-restart" ? runtime.engine.timers.get(timerId("state", state)) : undefined;
  return {
    mainPid: state.main?.pid ?? 0,
    controlPid: state.control?.pid ?? 0,
    commands: commandsOf(runtime, state),
    statusText: state.statusText,
    statusErrno: state.statusErrno,
    result: state.result,
    reloadResult: state.reloadResult,
    cleanResult: state.cleanResult,
    restarts: state.nRestarts,
    fdStoreCount: state.fdStoreCount,
    nextRestartMonotonicUsec: restartAt ?? 0,
  };
}

const COMMAND_LISTS = {
  ExecCondition: "execCondition",
  ExecStartPre: "execStartPre",
  ExecStart: "execStart",
  ExecStartPost: "execStartPost",
  ExecReload: "execReload",
  ExecStop: "execStop",
  ExecStopPost: "execStopPost",
} as const;

function commandsOf(runtime: Runtime, state: ServiceState): ExecStatus[] {
  const { service } = state.model;
  const found = controlCommands(runtime, state, (role) =>
    role in COMMAND_LISTS ? service[COMMAND_LISTS[role as keyof typeof COMMAND_LISTS]] : [],
  );
  const command = service.execStart[state.mainIndex ?? Math.max(service.execStart.length - 1, 0)];
  if (state.execMain !== null && command !== undefined)
    found.push({ ...execStatus(runtime, "ExecStart", command, state.execMain), main: true });
  return byStart(found);
}

function controlCommands(
  runtime: Runtime,
  { execControl }: ServiceState | SocketState,
  listOf: (role: string) => readonly ExecCommand[],
): ExecStatus[] {
  return Object.entries(execControl).flatMap(([role, process]) => {
    const command = listOf(role)[process.index];
    return command === undefined ? [] : [{ ...execStatus(runtime, role, command, process), main: false }];
  });
}

function byStart(runs: ExecStatus[]): ExecStatus[] {
  return runs.sort((a, b) => a.start.monotonicUsec - b.start.monotonicUsec);
}

function execStatus(
  runtime: Runtime,
  directive: string,
  command: ExecCommand,
  process: ProcessStatus,
): Omit<ExecStatus, "main"> {
  return {
    directive,
    path: command.path,
    argv: command.argv,
    ignoreFailure: command.ignoreFailure,
    pid: process.pid,
    start: stampOf(runtime, process.startUsec),
    exit: stampOf(runtime, process.exitUsec),
    code: process.code === null ? 0 : WAIT_CODE[process.code],
    status: process.status,
  };
}

// ---------------------------------------------------------------------------------------------------------- sockets

const KIND_WORD = {
  stream: "Stream",
  datagram: "Datagram",
  seqpacket: "SequentialPacket",
  fifo: "FIFO",
  special: "Special",
  netlink: "Netlink",
  mqueue: "MessageQueue",
} as const;

function socketStatus(runtime: Runtime, state: SocketState): SocketStatus {
  const fds = runtime.sockets.descriptors(state.name);
  return {
    listeners: state.model.socket.listeners.map((listener, index) =>
      listenerStatus(runtime, listener, fds[index]),
    ),
    connections: state.connections,
    accepted: state.accepted,
    refused: state.refused,
    result: state.result,
    controlPid: state.control?.pid ?? 0,
    commands: byStart(controlCommands(runtime, state, (role) => socketCommands(state, role as SocketRole))),
  };
}

function listenerStatus(runtime: Runtime, listener: Listener, fd: number | undefined): SocketListenerStatus {
  const address = fd === undefined || !("address" in listener) ? null : runtime.sockets.address(fd);
  const bound = fd === undefined ? null : address === null ? listener.text : addressText(address);
  return { address: listener.text, kind: KIND_WORD[listener.kind], bound };
}

// ------------------------------------------------------------------------------------------------------------- logs

function logEntries(runtime: Runtime, query: LogQuery): LogEntry[] {
  const entries = runtime.host
    .ringRead(query.afterSeq, oneTag(runtime, query), RING_ALL)
    .filter((entry) => wanted(runtime, query, entry));
  const newest = query.lines === null ? entries : entries.slice(Math.max(entries.length - query.lines, 0));
  return newest.map((entry) => logEntry(runtime, entry));
}

const RING_ALL = 1_000_000;

/** The ring can pick one unit by itself; several are picked here. */
function oneTag(runtime: Runtime, query: LogQuery): number {
  const [only, ...more] = query.units;
  return only === undefined || more.length > 0 ? -1 : runtime.log.tag(only);
}

function wanted(runtime: Runtime, query: LogQuery, entry: RingEntry): boolean {
  if (entry.priority > query.priorityMax) return false;
  return query.units.length < 2 || query.units.includes(runtime.log.unitOfTag(entry.tag) ?? "");
}

function logEntry(runtime: Runtime, entry: RingEntry): LogEntry {
  const unit = runtime.log.unitOfTag(entry.tag);
  return {
    seq: entry.seq,
    realtimeUsec: entry.realtimeUsec,
    unit,
    identifier: entry.pid === runtime.host.pid ? "usher" : identifierOf(runtime, unit),
    pid: entry.pid,
    priority: entry.priority,
    text: entry.text,
  };
}

function identifierOf(runtime: Runtime, unit: string | null): string {
  const model = unit === null ? null : (stateOf(runtime, unit)?.model ?? null);
  if (model === null || !("exec" in model)) return unit ?? "usher";
  if (model.exec.syslogIdentifier !== null) return model.exec.syslogIdentifier;
  const path = model.type === "service" ? model.service.execStart[0]?.path : undefined;
  return path === undefined ? model.name : path.slice(path.lastIndexOf("/") + 1);
}

function followLogs(
  runtime: Runtime,
  query: LogQuery,
  onEntries: (entries: readonly LogEntry[]) => void,
): () => void {
  let after = runtime.host.ringLastSeq();
  const follow = (): void => {
    const entries = logEntries(runtime, { ...query, lines: null, afterSeq: after });
    after = runtime.host.ringLastSeq();
    if (entries.length > 0) onEntries(entries);
  };
  return followLog(runtime, follow);
}
