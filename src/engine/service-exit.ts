/**
 * A process of a service ended, or was found to be there, or could not be made: what that means in each state
 * (systemd's service_sigchld_event and service_notify_cgroup_empty_event).
 */
import { broken, type Engine, emit, log } from "./engine.ts";
import { describeExit, isCleanExit, type ProcessEnd, resultOfExit } from "./exit-status.ts";
import { bindPid, newProcess, startedStatus, watchPid } from "./process.ts";
import { endReload, enterRunning, runReloadCommand } from "./service-running.ts";
import { hasCommand, notifyAccess, serviceCommands } from "./service-spawn.ts";
import { enterStart, enterStartPost, enterStartPre, runNextMain, runStartCommand } from "./service-start.ts";
import { forgetControl, forgetMain, mainGood, noteResult, setServiceState } from "./service-state.ts";
import { enterDead, enterSignal, enterStop, enterStopPost, runStopCommand } from "./service-stop.ts";
import type { CommandPosition, PidFileQuestion, ServiceResult, ServiceState } from "./state.ts";

/** The process of a spawn exists. */
export function serviceSpawned(engine: Engine, s: ServiceState, token: number, pid: number): void {
  if (s.main?.token === token) {
    s.mayHaveProcesses = true;
    bindPid(engine, s, s.main, pid);
    mainIsKnown(engine, s, pid);
    const { type } = s.model.service;
    if (s.sub === "start" && (type === "simple" || type === "idle")) enterStartPost(engine, s);
  } else if (s.control?.token === token) {
    s.mayHaveProcesses = true;
    bindPid(engine, s, s.control, pid);
    noteControlStart(engine, s, pid);
  }
}

function mainIsKnown(engine: Engine, s: ServiceState, pid: number): void {
  s.mainKnown = true;
  s.execMain = startedStatus(pid, engine.now);
}

function noteControlStart(engine: Engine, s: ServiceState, pid: number): void {
  if (s.controlCommand === null) return;
  const { role, index } = s.controlCommand;
  s.execControl[role] = { ...startedStatus(pid, engine.now), index };
}

/** The program of a Type=exec service runs. */
export function serviceExecuted(engine: Engine, s: ServiceState, token: number): void {
  if (s.main?.token === token && s.sub === "start" && s.model.service.type === "exec") enterStartPost(engine, s);
}

/** Another process is the main one from now on. */
export function setMainPid(engine: Engine, s: ServiceState, pid: number): void {
  if (s.main?.pid === pid) return;
  forgetMain(engine, s);
  s.main = newProcess(engine);
  s.main.pid = pid;
  s.mainIndex = null;
  watchPid(engine, s, pid);
  mainIsKnown(engine, s, pid);
}

/* ---- a spawn that failed ---- */

/**
 * With an exit status it is as if the process had been there and had ended so; for a simple service that means that
 * it was started, as under systemd. Without one there were no resources for a process.
 */
export function serviceSpawnFailed(engine: Engine, s: ServiceState, token: number, exitStatus: number | null, message: string): void {
  const isMain = s.main?.token === token;
  if (!isMain && s.control?.token !== token) return;
  log(engine, "error", s, message);
  if (exitStatus === null) {
    if (isMain) mainSpawnFailed(engine, s);
    else controlSpawnFailed(engine, s);
  } else if (isMain) {
    mainFailedInSetup(engine, s, exitStatus);
  } else {
    controlEnded(engine, s, { code: "exited", status: exitStatus });
  }
}

function mainFailedInSetup(engine: Engine, s: ServiceState, exitStatus: number): void {
  const { type } = s.model.service;
  const process = s.main;
  mainIsKnown(engine, s, 0);
  if (s.sub === "start" && (type === "simple" || type === "idle")) enterStartPost(engine, s);
  if (s.main === process) mainEnded(engine, s, { code: "exited", status: exitStatus });
}

function mainSpawnFailed(engine: Engine, s: ServiceState): void {
  const first = s.mainIndex === 0;
  forgetMain(engine, s);
  if (first) enterSignal(engine, s, "stop-sigterm", "resources");
  else enterStop(engine, s, "resources");
}

function controlSpawnFailed(engine: Engine, s: ServiceState): void {
  const first = s.controlCommand?.index === 0;
  forgetControl(engine, s);
  switch (s.sub) {
    case "condition":
    case "start-pre":
      if (first) enterDead(engine, s, "resources", true);
      else enterSignal(engine, s, "stop-sigterm", "resources");
      break;
    case "start-post":
      if (first) enterStop(engine, s, "resources");
      else enterSignal(engine, s, "stop-sigterm", "resources");
      break;
    case "reload":
      endReload(engine, s, "resources");
      break;
    case "stop-post":
      if (first) enterSignal(engine, s, "final-sigterm", "resources");
      else enterDead(engine, s, "resources", true);
      break;
    default:
      enterSignal(engine, s, "stop-sigterm", "resources");
  }
}

/* ---- a process that ended ---- */

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
  if (s.execMain !== null) Object.assign(s.execMain, { exitUsec: engine.now, code: end.code, status: end.status });
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
function conditionResult(engine: Engine, s: ServiceState, end: ProcessEnd, result: ServiceResult): ServiceResult {
  if (result !== "exit-code" || end.status >= 255) return result;
  s.conditionResult = { met: false, atUsec: engine.now, failed: "ExecCondition=" };
  return "exec-condition";
}

function noteControlEnd(engine: Engine, s: ServiceState, end: ProcessEnd, position: CommandPosition | null): void {
  const status = position === null ? undefined : s.execControl[position.role];
  if (status !== undefined) Object.assign(status, { exitUsec: engine.now, code: end.code, status: end.status });
}

function controlEnded(engine: Engine, s: ServiceState, end: ProcessEnd): void {
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
  if (role === "ExecStart" || next >= serviceCommands(s, role).length) return false;
  switch (role) {
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

/* ---- which process is the main one ---- */

function askPidFile(engine: Engine, s: ServiceState, question: PidFileQuestion): void {
  s.pidFileQuestion = question;
  emit(engine, { type: "read-pid-file", unit: s.name });
}

function guessMain(engine: Engine, s: ServiceState): void {
  if (s.mainKnown || !s.model.service.guessMainPid) return;
  emit(engine, { type: "guess-main-pid", unit: s.name });
}

/** The start command of a Type=forking service is done: its daemon is up. */
function forked(engine: Engine, s: ServiceState): void {
  if (s.model.service.pidFile !== null) {
    askPidFile(engine, s, "start");
    return;
  }
  guessMain(engine, s);
  enterStartPost(engine, s);
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

/** While the service itself says that it still reloads, its READY=1 is waited for. */
function leaveReload(engine: Engine, s: ServiceState): void {
  if (s.notifyState === "reloading") setServiceState(engine, s, "reload-notify");
  else enterRunning(engine, s, "success");
}

/** Not there yet: wait for it until the timeout. */
function watchPidFile(engine: Engine, s: ServiceState): void {
  s.pidFileQuestion = "watch";
  emit(engine, { type: "watch-pid-file", unit: s.name });
}

export function pidFileRead(engine: Engine, s: ServiceState, pid: number | null, message: string | null): void {
  const question = s.pidFileQuestion;
  if (question === null) return;
  if (question !== "watch") s.pidFileQuestion = null;
  if (pid === null && message !== null) log(engine, question === "main-exit" ? "debug" : "info", s, message);
  if (question === "main-exit") {
    answerMainExit(engine, s, pid);
    return;
  }
  if (pid !== null) setMainPid(engine, s, pid);
  answerPidFile(engine, s, question, pid !== null);
}

function answerMainExit(engine: Engine, s: ServiceState, pid: number | null): void {
  const end = s.pendingMainExit;
  s.pendingMainExit = null;
  if (end === null) return;
  if (pid !== null && pid !== s.main?.pid) setMainPid(engine, s, pid);
  else mainEnded(engine, s, end);
}

function answerPidFile(engine: Engine, s: ServiceState, question: "start" | "start-post" | "reload" | "watch", good: boolean): void {
  switch (question) {
    case "start":
      if (good || hasCommand(s, "ExecStartPost")) enterStartPost(engine, s);
      else demandPidFile(engine, s);
      break;
    case "start-post":
      if (good) enterRunning(engine, s, "success");
      else demandPidFile(engine, s);
      break;
    case "reload":
      if (!good) guessMain(engine, s);
      leaveReload(engine, s);
      break;
    case "watch":
      if (good) enterRunning(engine, s, "success");
      break;
  }
}

function demandPidFile(engine: Engine, s: ServiceState): void {
  if (s.mayHaveProcesses) watchPidFile(engine, s);
  else pidFileNeverCame(engine, s);
}

function pidFileNeverCame(engine: Engine, s: ServiceState): void {
  log(engine, "warning", s, "Daemon never wrote its PID file. Failing.");
  if (s.sub === "start") enterSignal(engine, s, "stop-sigterm", "protocol");
  else enterStop(engine, s, "protocol");
}

export function mainPidGuessed(engine: Engine, s: ServiceState, pid: number | null): void {
  const isUp = s.sub === "start-post" || s.sub === "running" || s.sub.startsWith("reload");
  if (pid !== null && !s.mainKnown && isUp) setMainPid(engine, s, pid);
}

/* ---- all processes are gone ---- */

export function serviceProcessesGone(engine: Engine, s: ServiceState): void {
  s.mayHaveProcesses = false;
  const nobody = mainGood(s) !== 1 && s.control === null;
  switch (s.sub) {
    case "start":
      goneInStart(engine, s, nobody);
      break;
    case "start-post":
      if (nobody && s.pidFileQuestion === "watch") pidFileNeverCame(engine, s);
      break;
    case "running":
      if (s.main === null) enterRunning(engine, s, "success");
      break;
    case "stop-watchdog":
    case "stop-sigterm":
    case "stop-sigkill":
      if (nobody) enterStopPost(engine, s, "success");
      break;
    case "stop-post":
    case "final-watchdog":
    case "final-sigterm":
    case "final-sigkill":
      if (nobody) enterDead(engine, s, "success", true);
      break;
    default:
      break;
  }
}

function goneInStart(engine: Engine, s: ServiceState, nobody: boolean): void {
  const { type } = s.model.service;
  if (!nobody) return;
  if (type === "notify" || type === "notify-reload") enterStopPost(engine, s, "protocol");
  else if (s.pidFileQuestion === "watch") pidFileNeverCame(engine, s);
}

/** OOMPolicy= (systemd.service(5)). */
export function serviceOutOfMemory(engine: Engine, s: ServiceState): void {
  log(engine, "notice", s, "A process of this unit has been killed by the OOM killer.");
  const policy = s.model.service.oomPolicy ?? "stop";
  if (policy === "continue") return;
  switch (s.sub) {
    case "condition":
    case "start-pre":
    case "start":
    case "start-post":
    case "stop":
      enterSignal(engine, s, policy === "stop" ? "stop-sigterm" : "stop-sigkill", "oom-kill");
      break;
    case "exited":
    case "running":
      if (policy === "stop") enterStop(engine, s, "oom-kill");
      else enterSignal(engine, s, "stop-sigkill", "oom-kill");
      break;
    case "stop-watchdog":
    case "stop-sigterm":
      enterSignal(engine, s, "stop-sigkill", "oom-kill");
      break;
    case "stop-post":
    case "final-sigterm":
      enterSignal(engine, s, "final-sigkill", "oom-kill");
      break;
    default:
      noteResult(s, "oom-kill");
  }
}

