/**
 * The commands of a service: which process gets which descriptors and variables (systemd.exec(5) "Environment
 * Variables in Spawned Processes", sd_listen_fds(3)).
 */
import { bareSignalName } from "../../base/signal.ts";
import { USEC_INFINITY } from "../../base/time.ts";
import type { ExecCommand, NotifyAccess, ServiceSettings } from "../../unit/model.ts";
import { broken, type Engine, emit, log } from "../engine.ts";
import { type LinkKind, linked, linkedByAtom } from "../graph.ts";
import type { ExecRole, Process, ServiceState, SocketState, UnitState } from "../state.ts";
import { newProcess } from "../unit/process.ts";
import { watchdogUsec } from "./service-state.ts";

type ServiceRole = Exclude<ExecRole, "ExecStopPre">;

const LIST: Readonly<Record<ServiceRole, (settings: ServiceSettings) => readonly ExecCommand[]>> = {
  ExecCondition: (settings) => settings.execCondition,
  ExecStartPre: (settings) => settings.execStartPre,
  ExecStart: (settings) => settings.execStart,
  ExecStartPost: (settings) => settings.execStartPost,
  ExecReload: (settings) => settings.execReload,
  ExecStop: (settings) => settings.execStop,
  ExecStopPost: (settings) => settings.execStopPost,
};

export function serviceCommands(s: ServiceState, role: ExecRole): readonly ExecCommand[] {
  return role === "ExecStopPre" ? [] : LIST[role](s.model.service);
}

export function hasCommand(s: ServiceState, role: ExecRole): boolean {
  return serviceCommands(s, role).length > 0;
}

/** NotifyAccess= as it holds: services that can't do without messages accept the main process's by default. */
export function notifyAccess(s: ServiceState): NotifyAccess {
  if (s.notifyAccessOverride !== null) return s.notifyAccessOverride;
  const settings = s.model.service;
  if (settings.notifyAccess !== "none") return settings.notifyAccess;
  const needs = settings.type === "notify" || settings.type === "notify-reload";
  return needs || settings.watchdogUsec > 0 || settings.fileDescriptorStoreMax > 0 ? "main" : "none";
}

function mayNotify(s: ServiceState, isControl: boolean): boolean {
  const access = notifyAccess(s);
  return isControl ? access === "exec" || access === "all" : access !== "none";
}

/** SERVICE_RESULT, EXIT_CODE and EXIT_STATUS of a service's last life. */
function resultVariables(of: ServiceState, prefix: string): string[] {
  const variables = [`${prefix}SERVICE_RESULT=${of.result}`];
  const end = of.execMain;
  if (end === null || end.exitUsec === null || end.code === null) return variables;
  const status = end.code === "exited" ? String(end.status) : bareSignalName(end.status);
  return [...variables, `${prefix}EXIT_CODE=${end.code}`, `${prefix}EXIT_STATUS=${status}`];
}

const MONITORS: readonly LinkKind[] = ["OnFailureOf", "OnSuccessOf"];

/** The one service whose OnFailure= or OnSuccess= this one is; null: none, or it can't be told. */
function monitored(engine: Engine, s: ServiceState): ServiceState | null {
  if (linkedByAtom(engine.graph, s, MONITORS).length === 0) return null;
  const sources = new Set<UnitState>();
  for (const other of linkedByAtom(engine.graph, s, MONITORS)) sources.add(other);
  const [first] = sources;
  if (first === undefined || first.kind !== "service") return null;
  if (sources.size === 1) return first;
  log(
    engine,
    "warning",
    s,
    "Several units have it as OnFailure= or OnSuccess=, not setting MONITOR_ variables.",
  );
  return null;
}

function addMonitorVariables(engine: Engine, s: ServiceState, variables: string[]): void {
  const source = monitored(engine, s);
  if (source === null) return;
  variables.push(...resultVariables(source, "MONITOR_"));
  if (source.invocationId !== null) variables.push(`MONITOR_INVOCATION_ID=${source.invocationId}`);
  variables.push(`MONITOR_UNIT=${source.name}`);
}

function environmentFor(engine: Engine, s: ServiceState, role: ExecRole): string[] {
  const variables: string[] = [];
  if (s.main !== null && s.main.pid !== null) variables.push(`MAINPID=${s.main.pid}`);
  if (s.model.service.pidFile !== null) variables.push(`PIDFILE=${s.model.service.pidFile}`);
  for (const variable of s.connection?.environment ?? []) variables.push(variable);
  if (role === "ExecStop" || role === "ExecStopPost") variables.push(...resultVariables(s, ""));
  if (role === "ExecStart" || role === "ExecStartPre") addMonitorVariables(engine, s, variables);
  if (s.triggeredBy !== null) variables.push(`TRIGGER_UNIT=${s.triggeredBy}`);
  if (s.model.service.restartMode === "debug" && s.nRestarts > 0) variables.push("DEBUG_INVOCATION=1");
  return variables;
}

/** Sockets= in its order, then the other sockets that trigger it, by name. */
function openSockets(engine: Engine, s: ServiceState): string[] {
  const sockets = [...linked(engine.graph, s, "TriggeredBy")].filter(
    (unit): unit is SocketState => unit.kind === "socket" && unit.open,
  );
  const names = sockets.map((socket) => socket.name).sort();
  const listed = s.model.service.sockets.filter((name) => names.includes(name));
  return [...listed, ...names.filter((name) => !listed.includes(name))];
}

function wantsDescriptors(s: ServiceState, role: ExecRole): boolean {
  const { standardInput, standardOutput, standardError } = s.model.exec;
  const onStdio = standardInput === "socket" || standardOutput === "socket" || standardError === "socket";
  return role === "ExecStart" || onStdio;
}

function emitSpawn(engine: Engine, s: ServiceState, process: Process, role: ExecRole, index: number): void {
  const settings = s.model.service;
  const passes = wantsDescriptors(s, role);
  const command = serviceCommands(s, role)[index] ?? broken(`${s.name} has no ${role} number ${index}`);
  const isStart = role === "ExecStart";
  const notifies = mayNotify(s, !isStart);
  emit(engine, {
    type: "spawn",
    unit: s.name,
    token: process.token,
    role,
    command,
    invocationId: s.invocationId ?? broken(`${s.name} has no invocation id`),
    passSockets: passes && s.connection === null ? openSockets(engine, s) : [],
    passConnection: passes && s.connection !== null ? s.connection.connection : null,
    passStored: isStart,
    notifySocket: notifies,
    watchdogUsec: isStart && watchdogUsec(s) < USEC_INFINITY ? watchdogUsec(s) : 0,
    fdStoreMax: notifies ? settings.fileDescriptorStoreMax : 0,
    idle: isStart && settings.type === "idle",
    applyPermissions: isStart || !settings.permissionsStartOnly,
    applyRoot: isStart || !settings.rootDirectoryStartOnly,
    environment: environmentFor(engine, s, role),
  });
}

export function spawnMain(engine: Engine, s: ServiceState, index: number): void {
  s.main = newProcess(engine);
  s.mainIndex = index;
  emitSpawn(engine, s, s.main, "ExecStart", index);
}

export function spawnControl(engine: Engine, s: ServiceState, role: ExecRole, index: number): void {
  s.control = newProcess(engine);
  s.controlCommand = { role, index };
  emitSpawn(engine, s, s.control, role, index);
}
