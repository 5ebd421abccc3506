/** A service's time is over: what each state does then (systemd.service(5), Timeout…Sec=, Timeout…FailureMode=). */
import { SIGKILL } from "../../base/signal.ts";
import { type Engine, log } from "../engine.ts";
import type { ServiceState } from "../state.ts";
import { signalProcess } from "../unit/process.ts";
import { enterRunning } from "./service-running.ts";
import { watchdogUsec } from "./service-state.ts";
import { enterDead, enterSignal, enterStop, enterStopPost } from "./service-stop.ts";

function warn(engine: Engine, s: ServiceState, message: string): void {
  log(engine, "warning", s, message);
}

/** For the log of the container's end: who did not stop in time. */
function noteLate(engine: Engine, s: ServiceState): void {
  const late = engine.shutdown?.late;
  if (late !== undefined && !late.includes(s.name)) late.push(s.name);
}

function startTimedOut(engine: Engine, s: ServiceState): void {
  switch (s.model.service.timeoutStartFailureMode) {
    case "terminate":
      warn(engine, s, `${s.sub} operation timed out. Terminating.`);
      enterSignal(engine, s, "stop-sigterm", "timeout");
      break;
    case "abort":
      warn(engine, s, `${s.sub} operation timed out. Aborting.`);
      enterSignal(engine, s, "stop-watchdog", "timeout");
      break;
    case "kill":
      killAfterStop(engine, s, `${s.sub} operation timed out.`);
      break;
  }
}

/** SIGKILL, or with SendSIGKILL=no on without it. */
function killAfterStop(engine: Engine, s: ServiceState, what: string): void {
  noteLate(engine, s);
  if (s.model.kill.sendSigkill) {
    warn(engine, s, `${what} Killing.`);
    enterSignal(engine, s, "stop-sigkill", "timeout");
  } else {
    warn(engine, s, `${what} Skipping SIGKILL.`);
    enterStopPost(engine, s, "timeout");
  }
}

function killAtEnd(engine: Engine, s: ServiceState, what: string): void {
  noteLate(engine, s);
  if (s.model.kill.sendSigkill) {
    warn(engine, s, `${what} Killing.`);
    enterSignal(engine, s, "final-sigkill", "timeout");
  } else {
    warn(engine, s, `${what} Skipping SIGKILL. Entering failed mode.`);
    enterDead(engine, s, "timeout", false);
  }
}

function stopTimedOut(engine: Engine, s: ServiceState): void {
  switch (s.model.service.timeoutStopFailureMode) {
    case "terminate":
      warn(engine, s, "Stopping timed out. Terminating.");
      enterSignal(engine, s, "stop-sigterm", "timeout");
      break;
    case "abort":
      warn(engine, s, "Stopping timed out. Aborting.");
      enterSignal(engine, s, "stop-watchdog", "timeout");
      break;
    case "kill":
      killAfterStop(engine, s, "Stopping timed out.");
      break;
  }
}

function stopPostTimedOut(engine: Engine, s: ServiceState): void {
  switch (s.model.service.timeoutStopFailureMode) {
    case "terminate":
      warn(engine, s, "State 'stop-post' timed out. Terminating.");
      enterSignal(engine, s, "final-sigterm", "timeout");
      break;
    case "abort":
      warn(engine, s, "State 'stop-post' timed out. Aborting.");
      enterSignal(engine, s, "final-watchdog", "timeout");
      break;
    case "kill":
      killAtEnd(engine, s, "State 'stop-post' timed out.");
      break;
  }
}

function sigtermTimedOut(engine: Engine, s: ServiceState): void {
  if (s.model.service.timeoutStopFailureMode === "abort") {
    warn(engine, s, "State 'stop-sigterm' timed out. Aborting.");
    enterSignal(engine, s, "stop-watchdog", "timeout");
  } else {
    killAfterStop(engine, s, "State 'stop-sigterm' timed out.");
  }
}

function finalSigtermTimedOut(engine: Engine, s: ServiceState): void {
  if (s.model.service.timeoutStopFailureMode === "abort") {
    warn(engine, s, "State 'final-sigterm' timed out. Aborting.");
    enterSignal(engine, s, "final-watchdog", "timeout");
  } else {
    killAtEnd(engine, s, "State 'final-sigterm' timed out.");
  }
}

function reloadTimedOut(engine: Engine, s: ServiceState): void {
  warn(engine, s, "Reload operation timed out. Killing reload process.");
  if (s.control !== null) signalProcess(engine, s, s.control, SIGKILL);
  s.reloadResult = "timeout";
  enterRunning(engine, s, "success");
}

/** The timer of the present state has come. */
export function serviceTimedOut(engine: Engine, s: ServiceState): void {
  switch (s.sub) {
    case "condition":
    case "start-pre":
    case "start":
    case "start-post":
      startTimedOut(engine, s);
      break;
    case "running":
      warn(engine, s, "Service reached runtime time limit. Stopping.");
      enterStop(engine, s, "timeout");
      break;
    case "reload":
    case "reload-signal":
    case "reload-notify":
      reloadTimedOut(engine, s);
      break;
    case "stop":
      stopTimedOut(engine, s);
      break;
    case "stop-watchdog":
      killAfterStop(engine, s, "State 'stop-watchdog' timed out.");
      break;
    case "stop-sigterm":
      sigtermTimedOut(engine, s);
      break;
    case "stop-sigkill":
      warn(engine, s, "Processes still around after SIGKILL. Ignoring.");
      enterStopPost(engine, s, "timeout");
      break;
    case "stop-post":
      stopPostTimedOut(engine, s);
      break;
    case "final-watchdog":
      killAtEnd(engine, s, "State 'final-watchdog' timed out.");
      break;
    case "final-sigterm":
      finalSigtermTimedOut(engine, s);
      break;
    case "final-sigkill":
      warn(engine, s, "Processes still around after final SIGKILL. Entering failed mode.");
      enterDead(engine, s, "timeout", true);
      break;
    case "auto-restart":
      engine.work.push({ kind: "auto-restart", service: s });
      break;
    case "cleaning":
      warn(engine, s, "Cleaning timed out. killing.");
      if (s.cleanResult === "success") s.cleanResult = "timeout";
      enterSignal(engine, s, "final-sigkill", "success");
      break;
    case "exited":
    case "dead":
    case "failed":
    case "dead-before-auto-restart":
    case "failed-before-auto-restart":
    case "dead-resources-pinned":
    case "auto-restart-queued":
      break;
  }
}

export function watchdogElapsed(engine: Engine, s: ServiceState): void {
  const limit = Math.round(watchdogUsec(s) / 1000);
  log(engine, "error", s, `Watchdog timeout (limit ${limit}ms)!`);
  enterSignal(engine, s, "stop-watchdog", "watchdog");
}
