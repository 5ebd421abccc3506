/** A process of a service ended: what that means in each state (systemd's service_sigchld_event). */
import { broken, type Engine, emit, log } from "../engine.ts";
import type { CommandPosition, ServiceResult, ServiceState } from "../state.ts";
import { describeExit, isCleanExit, type ProcessEnd, resultOfExit } from "../unit/exit-status.ts";
import { noteControlEnd } from "../unit/process.ts";
import { askPidFile, guessMain } from "./service-main-pid.ts";
import { mainStarted } from "./service-ready.ts";
import { enterRunning, leaveReload, runReloadCommand } from "./service-running.ts";
import { notifyAccess, serviceCommands } from "./service-spawn.ts";
import { enterStart, enterStartPost, enterStartPre, runNextMain, runStartCommand } from "./service-start.ts";
import { forgetControl, forgetMain, mainGood, noteResult } from "./service-state.ts";
import { enterDead, enterSignal, enterStop, enterStopPost, runStopCommand } from "./service-stop.ts";

export function serviceProcessExited(engine: Engine, s: ServiceState, pid: number, end: ProcessEnd): void {
  if (s.main?.pid === pid) mainExited(engine, s, end);
  else if (s.control?.pid === pid) controlEnded(engine, s, end);
}

/** A daemon may hand its work to another process and say so in its PID file: look there first. */
function mainExited(engine: Engine, s: ServiceState, end: ProcessEnd): void {
  if (s.model.service.pidFile === null || s.pidFileQuestion !== null) {
    mainEnded(engine, s, end);
    return;
  }
  s.pendingMainExit = end;
  askPidFile(engine, s, "main-exit");
}

function logExit(engine: Engine, s: ServiceState, what: string, end: ProcessEnd, ok: boolean): void {
  const level = ok ? "debug" : end.code === "exited" ? "notice" : "warning";
  log(engine, level, s, `${what} exited, ${describeExit(end)}`);
}

function resultOf(s: ServiceState, end: ProcessEnd, daemon: boolean): ServiceResult {
  return isCleanExit(end, daemon, s.model.service.successExitStatus) ? "success" : resultOfExit(end);
}

function mainResult(s: ServiceState, end: ProcessEnd): ServiceResult {
  const command = s.model.service.execStart[s.mainIndex ?? 0];
  return command?.ignoreFailure === true ? "success" : resultOf(s, end, s.model.service.type !== "oneshot");
}

export function mainEnded(engine: Engine, s: ServiceState, end: ProcessEnd): void {
  const index = s.mainIndex;
  const result = mainResult(s, end);
  forgetMain(engine, s);
  if (s.execMain !== null)
    Object.assign(s.execMain, { exitUsec: engine.now, code: end.code, status: end.status });
  logExit(engine, s, "Main process", end, result === "success");
  noteResult(s, result);
  const hasNext = index !== null && index + 1 < s.model.service.execStart.length;
  if (hasNext && s.model.service.type === "oneshot" && result === "success" && s.sub === "start") {
    runNextMain(engine, s, index + 1);
    return;
  }
  s.mainIndex = null;
  if (s.model.service.exitType === "cgroup" && s.mayHaveProcesses) mainLeftOthers(engine, s);
  else mainWasAll(engine, s, result);
}

/** ExitType=cgroup: the service lives as long as any of its processes. */
function mainLeftOthers(engine: Engine, s: ServiceState): void {
  emit(engine, { type: "scan-processes", unit: s.name });
  if (s.sub === "start") enterStartPost(engine, s);
}

function mainWasAll(engine: Engine, s: ServiceState, result: ServiceResult): void {
  switch (s.sub) {
    case "start":
      mainEndedInStart(engine, s, result);
      break;
    case "start-post":
    case "reload":
    case "reload-signal":
    case "reload-notify":
      if (s.control === null) enterStop(engine, s, result);
      break;
    case "running":
      enterRunning(engine, s, result);
      break;
    case "stop-watchdog":
    case "stop-sigterm":
    case "stop-sigkill":
      if (s.control === null) enterStopPost(engine, s, result);
      break;
    case "stop-post":
      if (s.control === null) enterSignal(engine, s, "final-sigterm", result);
      break;
    case "final-watchdog":
    case "final-sigterm":
    case "final-sigkill":
      if (s.control === null) enterDead(engine, s, result, true);
      break;
    default:
      // In `stop` ExecStop= is waited for; in all other states no main process is watched.
      break;
  }
}

function mainEndedInStart(engine: Engine, s: ServiceState, result: ServiceResult): void {
  if (s.readyToken !== null) {
    // Started by the rules of its type, but gone before its checks found it ready.
    enterSignal(engine, s, "stop-sigterm", result === "success" ? "protocol" : result);
    return;
  }
  switch (s.model.service.type) {
    case "oneshot":
      if (result === "success") enterStartPost(engine, s);
      else enterSignal(engine, s, "stop-sigterm", result);
      break;
    case "notify":
    case "notify-reload":
      if (result !== "success") enterSignal(engine, s, "stop-sigterm", result);
      else if (!s.model.service.remainAfterExit || notifyAccess(s) === "main") {
        enterSignal(engine, s, "stop-sigterm", "protocol");
      }
      break;
    default:
      enterRunning(engine, s, result);
  }
}

function controlResult(s: ServiceState, end: ProcessEnd, position: CommandPosition | null): ServiceResult {
  const command = position === null ? undefined : serviceCommands(s, position.role)[position.index];
  if (command?.ignoreFailure === true) return "success";
  const daemon = position?.role === "ExecStart" && s.model.service.type !== "oneshot";
  return resultOf(s, end, daemon);
}

/** ExecCondition=: 1 to 254 means that the service is to be skipped. */
function conditionResult(
  engine: Engine,
  s: ServiceState,
  end: ProcessEnd,
  result: ServiceResult,
): ServiceResult {
  if (result !== "exit-code" || end.status >= 255) return result;
  s.conditionResult = { met: false, atUsec: engine.now, failed: "ExecCondition=" };
  return "exec-condition";
}

export function controlEnded(engine: Engine, s: ServiceState, end: ProcessEnd): void {
  const position = s.controlCommand;
  const plain = controlResult(s, end, position);
  const result = s.sub === "condition" ? conditionResult(engine, s, end, plain) : plain;
  forgetControl(engine, s);
  noteControlEnd(engine, s, end, position);
  const what = s.sub === "condition" ? "Condition check process" : "Control process";
  logExit(engine, s, what, end, result === "success" || result === "exec-condition");
  if (s.sub !== "reload") noteResult(s, result);
  if (position !== null && result === "success" && runNextControl(engine, s, position)) return;
  s.controlCommand = null;
  controlsDone(engine, s, result);
}

/** False: that was the last one. */
function runNextControl(engine: Engine, s: ServiceState, { role, index }: CommandPosition): boolean {
  const next = index + 1;
  if (next >= serviceCommands(s, role).length) return false;
  switch (role) {
    case "ExecStart":
      return false;
    case "ExecCondition":
    case "ExecStartPre":
    case "ExecStartPost":
      runStartCommand(engine, s, role, next);
      return true;
    case "ExecReload":
      runReloadCommand(engine, s, next);
      return true;
    case "ExecStop":
    case "ExecStopPost":
      runStopCommand(engine, s, role, next);
      return true;
    case "ExecStopPre":
      return broken("a service has no ExecStopPre=");
  }
}

function controlsDone(engine: Engine, s: ServiceState, result: ServiceResult): void {
  const ok = result === "success";
  switch (s.sub) {
    case "condition":
      if (ok) enterStartPre(engine, s);
      else enterSignal(engine, s, "stop-sigterm", result);
      break;
    case "start-pre":
      if (ok) enterStart(engine, s);
      else enterSignal(engine, s, "stop-sigterm", result);
      break;
    case "start":
      if (s.model.service.type !== "forking") break;
      if (ok) forked(engine, s);
      else enterSignal(engine, s, "stop-sigterm", result);
      break;
    case "start-post":
      if (ok) startPostDone(engine, s);
      else enterSignal(engine, s, "stop-sigterm", result);
      break;
    case "reload":
    case "reload-signal":
    case "reload-notify":
      reloadDone(engine, s, result);
      break;
    case "stop":
      enterSignal(engine, s, "stop-sigterm", result);
      break;
    case "stop-watchdog":
    case "stop-sigterm":
    case "stop-sigkill":
      if (mainGood(s) !== 1) enterStopPost(engine, s, result);
      break;
    case "stop-post":
      if (mainGood(s) !== 1) enterSignal(engine, s, "final-sigterm", result);
      break;
    case "final-watchdog":
    case "final-sigterm":
    case "final-sigkill":
      if (mainGood(s) !== 1) enterDead(engine, s, result, true);
      break;
    default:
      break;
  }
}

/** The start command of a Type=forking service is done: its daemon is up. */
function forked(engine: Engine, s: ServiceState): void {
  if (s.model.service.pidFile !== null) {
    askPidFile(engine, s, "start");
    return;
  }
  guessMain(engine, s);
  mainStarted(engine, s);
}

function startPostDone(engine: Engine, s: ServiceState): void {
  if (s.model.service.pidFile !== null) {
    askPidFile(engine, s, "start-post");
    return;
  }
  guessMain(engine, s);
  enterRunning(engine, s, "success");
}

function reloadDone(engine: Engine, s: ServiceState, result: ServiceResult): void {
  s.reloadResult = result;
  if (result === "success" && s.model.service.pidFile !== null) {
    askPidFile(engine, s, "reload");
    return;
  }
  if (result === "success") guessMain(engine, s);
  leaveReload(engine, s);
}
