/**
 * Taking a service down (systemd.service(5), systemd.kill(5)): ExecStop=, then SIGTERM to what KillMode= says, then
 * SIGKILL, then ExecStopPost=, then the same two signals for what that left, then dead, failed or waiting for the
 * automatic restart. Every step is skipped that has nothing to do.
 *
 * Whether processes other than the main and the control one are left is not known here. A `kill` with `rest` is
 * answered by `processes-gone`; after that answer, until the next spawn, there are none.
 */
import { SIGHUP, SIGKILL } from "../../base/signal.ts";
import { addUsec, type Usec } from "../../base/time.ts";
import { type Engine, emit, log } from "../engine.ts";
import { hasJobOfType, stopPending } from "../job/job.ts";
import { phaseEnd, type StopPhase } from "../shutdown/stop-budget.ts";
import type { ServiceResult, ServiceState, ServiceSubState } from "../state.ts";
import { isInSet, type ProcessEnd } from "../unit/exit-status.ts";
import { nextRestartDelay } from "./service-restart-delay.ts";
import { hasCommand, spawnControl } from "./service-spawn.ts";
import { armStateTimer, forgetControl, noteResult, setServiceState } from "./service-state.ts";

type SignalState =
  | "stop-watchdog"
  | "stop-sigterm"
  | "stop-sigkill"
  | "final-watchdog"
  | "final-sigterm"
  | "final-sigkill";
type KillOperation = "terminate" | "restart" | "kill" | "watchdog";

function killOperation(s: ServiceState, state: SignalState): KillOperation {
  switch (state) {
    case "stop-watchdog":
    case "final-watchdog":
      return "watchdog";
    case "stop-sigterm":
      return hasJobOfType(s, "restart") ? "restart" : "terminate";
    case "final-sigterm":
      return "terminate";
    case "stop-sigkill":
    case "final-sigkill":
      return "kill";
  }
}

function signalFor(s: ServiceState, operation: KillOperation): number {
  const kill = s.model.kill;
  switch (operation) {
    case "terminate":
      return kill.killSignal;
    case "restart":
      return kill.restartKillSignal ?? kill.killSignal;
    case "kill":
      return kill.finalKillSignal;
    case "watchdog":
      return kill.watchdogSignal;
  }
}

function reachesRest(s: ServiceState, operation: KillOperation): boolean {
  const mode = s.model.kill.killMode;
  return s.mayHaveProcesses && (mode === "control-group" || (mode === "mixed" && operation === "kill"));
}

/** Sends the signals of one operation. False: there is nobody to send one to, so nothing to wait for. */
function killProcesses(engine: Engine, s: ServiceState, operation: KillOperation): boolean {
  if (s.model.kill.killMode === "none") return false;
  const rest = reachesRest(s, operation);
  if (s.main === null && s.control === null && !rest) return false;
  const signal = signalFor(s, operation);
  const pids: number[] = [];
  for (const process of [s.main, s.control]) {
    if (process === null) continue;
    if (process.pid === null) process.pendingSignal = signal;
    else pids.push(process.pid);
  }
  if (pids.length === 0 && !rest) return s.main !== null || s.control !== null;
  const gentle = operation === "terminate" || operation === "restart";
  const sighup = gentle && s.model.kill.sendSighup && signal !== SIGHUP;
  emit(engine, {
    type: "kill",
    unit: s.name,
    signal,
    pids,
    rest,
    spare: [],
    sigcont: signal !== SIGKILL,
    sighup,
  });
  return true;
}

function phaseOf(state: SignalState): StopPhase {
  switch (state) {
    case "stop-watchdog":
    case "stop-sigterm":
      return "sigterm";
    case "stop-sigkill":
      return "sigkill";
    case "final-watchdog":
    case "final-sigterm":
      return "final-sigterm";
    case "final-sigkill":
      return "final-sigkill";
  }
}

/** TimeoutAbortSec= for the watchdog's signal, TimeoutStopSec= for all others. */
function armStopTimer(engine: Engine, s: ServiceState, phase: StopPhase, aborts: boolean): void {
  const settings = s.model.service;
  const own: Usec = aborts
    ? (settings.timeoutAbortUsec ?? settings.timeoutStopUsec)
    : settings.timeoutStopUsec;
  armStateTimer(engine, s, phaseEnd(engine, s, phase, own, hasCommand(s, "ExecStopPost")));
}

function afterSignal(engine: Engine, s: ServiceState, state: SignalState): void {
  const sendsSigkill = s.model.kill.sendSigkill;
  switch (state) {
    case "stop-watchdog":
    case "stop-sigterm":
      if (sendsSigkill) enterSignal(engine, s, "stop-sigkill", "success");
      else enterStopPost(engine, s, "success");
      break;
    case "stop-sigkill":
      enterStopPost(engine, s, "success");
      break;
    case "final-watchdog":
    case "final-sigterm":
      if (sendsSigkill) enterSignal(engine, s, "final-sigkill", "success");
      else enterDead(engine, s, "success", true);
      break;
    case "final-sigkill":
      enterDead(engine, s, "success", true);
      break;
  }
}

export function enterSignal(
  engine: Engine,
  s: ServiceState,
  state: SignalState,
  result: ServiceResult,
): void {
  noteResult(s, result);
  const operation = killOperation(s, state);
  if (!killProcesses(engine, s, operation)) {
    afterSignal(engine, s, state);
    return;
  }
  armStopTimer(engine, s, phaseOf(state), operation === "watchdog");
  setServiceState(engine, s, state);
}

/** The service said that it stops: as if it had been sent SIGTERM. */
export function enterStopByNotify(engine: Engine, s: ServiceState): void {
  armStopTimer(engine, s, "sigterm", false);
  setServiceState(engine, s, "stop-sigterm");
}

export function enterStopPost(engine: Engine, s: ServiceState, result: ServiceResult): void {
  noteResult(s, result);
  forgetControl(engine, s);
  if (!hasCommand(s, "ExecStopPost")) {
    enterSignal(engine, s, "final-sigterm", "success");
    return;
  }
  runStopCommand(engine, s, "ExecStopPost", 0);
  setServiceState(engine, s, "stop-post");
}

export function enterStop(engine: Engine, s: ServiceState, result: ServiceResult): void {
  noteResult(s, result);
  forgetControl(engine, s);
  if (!hasCommand(s, "ExecStop")) {
    enterSignal(engine, s, "stop-sigterm", "success");
    return;
  }
  runStopCommand(engine, s, "ExecStop", 0);
  setServiceState(engine, s, "stop");
}

/** Each command has the whole timeout for itself. */
export function runStopCommand(
  engine: Engine,
  s: ServiceState,
  role: "ExecStop" | "ExecStopPost",
  index: number,
): void {
  spawnControl(engine, s, role, index);
  armStopTimer(engine, s, role === "ExecStop" ? "stop" : "stop-post", false);
}

function endOfMain(s: ServiceState): ProcessEnd | null {
  const status = s.execMain;
  return status === null || status.code === null ? null : { code: status.code, status: status.status };
}

/** Restart=, with the exceptions that RestartPreventExitStatus= and RestartForceExitStatus= make. */
function shallRestart(s: ServiceState): boolean {
  if (s.forbidRestart) return false;
  const settings = s.model.service;
  const end = endOfMain(s);
  if (end !== null && isInSet(settings.restartPreventExitStatus, end)) return false;
  if (end !== null && isInSet(settings.restartForceExitStatus, end)) return true;
  switch (settings.restart) {
    case "no":
      return false;
    case "always":
      return s.result !== "exec-condition";
    case "on-success":
      return s.result === "success";
    case "on-failure":
      return s.result !== "success" && s.result !== "exec-condition";
    case "on-abnormal":
      return s.result !== "success" && s.result !== "exit-code" && s.result !== "exec-condition";
    case "on-watchdog":
      return s.result === "watchdog";
    case "on-abort":
      return s.result === "signal" || s.result === "core-dump";
  }
}

const WAITS_FOR_RESTART: ReadonlySet<ServiceSubState> = new Set([
  "dead-before-auto-restart",
  "failed-before-auto-restart",
  "auto-restart",
  "auto-restart-queued",
]);

/** Will it come up again, so that what belongs to it must stay? */
export function willRestart(s: ServiceState): boolean {
  return WAITS_FOR_RESTART.has(s.sub) || hasJobOfType(s, "start");
}

function logEnd(engine: Engine, s: ServiceState): void {
  if (s.result === "success") log(engine, "info", s, "Deactivated successfully.");
  else if (s.result === "exec-condition") log(engine, "info", s, `Skipped due to '${s.result}'.`);
  else log(engine, "warning", s, `Failed with result '${s.result}'.`);
}

/** `dead`, but for a descriptor store that outlives the service. */
export function restState(s: ServiceState): ServiceSubState {
  const pinned = s.fdStoreCount > 0 && s.model.service.fileDescriptorStorePreserve === "yes";
  return pinned ? "dead-resources-pinned" : "dead";
}

function deadState(s: ServiceState): ServiceSubState {
  return s.result === "success" || s.result === "exec-condition" ? restState(s) : "failed";
}

/** Down for now: first the state of the end, for all to see, then the wait. */
function waitForRestart(engine: Engine, s: ServiceState): void {
  if (s.model.service.restartMode !== "direct") {
    const failed = deadState(s) === "failed";
    setServiceState(engine, s, failed ? "failed-before-auto-restart" : "dead-before-auto-restart");
  }
  const delay = nextRestartDelay(s);
  armStateTimer(engine, s, addUsec(engine.now, delay));
  setServiceState(engine, s, "auto-restart");
}

function cleanUp(engine: Engine, s: ServiceState): void {
  const preserve = s.model.exec.runtimeDirectoryPreserve;
  if (preserve === "no" || (preserve === "restart" && !willRestart(s))) {
    emit(engine, { type: "remove-runtime-directories", unit: s.name });
  }
  if (s.model.service.fileDescriptorStorePreserve === "no" && s.fdStoreCount > 0) {
    emit(engine, { type: "release-fd-store", unit: s.name });
  }
  if (s.model.service.pidFile !== null) emit(engine, { type: "remove-pid-file", unit: s.name });
}

/** Down. A stop job that waits forbids the automatic restart. */
export function enterDead(
  engine: Engine,
  s: ServiceState,
  result: ServiceResult,
  allowRestart: boolean,
): void {
  const mayRestart = allowRestart && !stopPending(s);
  noteResult(s, result);
  logEnd(engine, s);
  if (mayRestart && shallRestart(s)) {
    waitForRestart(engine, s);
  } else {
    setServiceState(engine, s, deadState(s));
    s.flushRestarts = true;
  }
  s.forbidRestart = false;
  s.notifyAccessOverride = null;
  cleanUp(engine, s);
}
