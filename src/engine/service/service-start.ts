/**
 * Bringing a service up (systemd.service(5), Type=): ExecCondition=, ExecStartPre=, ExecStart= until the service
 * counts as started, ExecStartPost=. When that is depends on the type: at once (simple, idle), when the program is
 * executed (exec), when it has exited (oneshot, forking), when it says so (notify), when its bus name is there (dbus).
 */
import { addUsec, USEC_INFINITY } from "../../base/time.ts";
import { acquireInvocationId, type Engine, log } from "../engine.ts";
import type { RunOutcome } from "../job/run-outcome.ts";
import type { ServiceState } from "../state.ts";
import { countStart } from "../unit/start-limit.ts";
import { enterReload, enterRunning } from "./service-running.ts";
import { hasCommand, spawnControl, spawnMain } from "./service-spawn.ts";
import {
  armStateTimer,
  armWatchdog,
  forgetControl,
  forgetMain,
  resetWatchdog,
  setServiceState,
} from "./service-state.ts";
import { enterDead, enterSignal, enterStop, restState } from "./service-stop.ts";

type StartRole = "ExecCondition" | "ExecStartPre" | "ExecStartPost";

export function armStartTimer(engine: Engine, s: ServiceState): void {
  armStateTimer(engine, s, addUsec(engine.now, s.model.service.timeoutStartUsec));
}

/** Each command has the whole timeout for itself. */
export function runStartCommand(engine: Engine, s: ServiceState, role: StartRole, index: number): void {
  spawnControl(engine, s, role, index);
  armStartTimer(engine, s);
}

/** A service that must not be killed must not run twice either. */
function isInTheWay(engine: Engine, s: ServiceState): boolean {
  const { killMode, sendSigkill } = s.model.kill;
  if (!s.mayHaveProcesses || sendSigkill || (killMode !== "control-group" && killMode !== "mixed"))
    return false;
  const what =
    "Will not start SendSIGKILL=no service of type KillMode=control-group or mixed while processes exist";
  log(engine, "error", s, what);
  return true;
}

function enterCondition(engine: Engine, s: ServiceState): void {
  if (!hasCommand(s, "ExecCondition")) {
    enterStartPre(engine, s);
  } else if (isInTheWay(engine, s)) {
    enterDead(engine, s, "resources", true);
  } else {
    runStartCommand(engine, s, "ExecCondition", 0);
    setServiceState(engine, s, "condition");
  }
}

export function enterStartPre(engine: Engine, s: ServiceState): void {
  forgetControl(engine, s);
  if (!hasCommand(s, "ExecStartPre")) {
    enterStart(engine, s);
  } else if (isInTheWay(engine, s)) {
    enterDead(engine, s, "resources", true);
  } else {
    runStartCommand(engine, s, "ExecStartPre", 0);
    setServiceState(engine, s, "start-pre");
  }
}

/** Simple services have no time limit to start: they are up as soon as there is a process. */
function mainTimeoutEnd(engine: Engine, s: ServiceState): number {
  const { type, timeoutStartUsec } = s.model.service;
  return type === "simple" || type === "idle" ? USEC_INFINITY : addUsec(engine.now, timeoutStartUsec);
}

export function enterStart(engine: Engine, s: ServiceState): void {
  forgetControl(engine, s);
  forgetMain(engine, s);
  if (isInTheWay(engine, s)) {
    enterSignal(engine, s, "stop-sigterm", "resources");
  } else if (!hasCommand(s, "ExecStart")) {
    enterStartWithoutCommand(engine, s);
  } else {
    if (s.model.service.type === "forking") spawnControl(engine, s, "ExecStart", 0);
    else spawnMain(engine, s, 0);
    armStateTimer(engine, s, mainTimeoutEnd(engine, s));
    setServiceState(engine, s, "start");
  }
}

/** Only Type=oneshot may be without; it passes through `start` so that the change is seen. */
function enterStartWithoutCommand(engine: Engine, s: ServiceState): void {
  if (s.model.service.type !== "oneshot") {
    log(engine, "error", s, "There's no 'start' task anymore we could start.");
    enterSignal(engine, s, "stop-sigterm", "resources");
    return;
  }
  setServiceState(engine, s, "start");
  enterStartPost(engine, s);
}

/** The next of several ExecStart= of a Type=oneshot service. */
export function runNextMain(engine: Engine, s: ServiceState, index: number): void {
  forgetMain(engine, s);
  spawnMain(engine, s, index);
  armStartTimer(engine, s);
}

export function enterStartPost(engine: Engine, s: ServiceState): void {
  forgetControl(engine, s);
  resetWatchdog(engine, s);
  if (!hasCommand(s, "ExecStartPost")) {
    enterRunning(engine, s, "success");
    return;
  }
  runStartCommand(engine, s, "ExecStartPost", 0);
  setServiceState(engine, s, "start-post");
  armWatchdog(engine, s);
}

function resetForStart(s: ServiceState): void {
  s.result = "success";
  s.reloadResult = "success";
  s.mainKnown = false;
  s.forbidRestart = false;
  s.statusText = null;
  s.statusErrno = 0;
  s.notifyAccessOverride = null;
  s.notifyState = "unknown";
  s.watchdogOverrideUsec = null;
  s.watchdogTimestamp = null;
  s.execMain = null;
  s.execControl = {};
  if (s.flushRestarts) s.nRestarts = 0;
  s.flushRestarts = false;
}

function begin(engine: Engine, s: ServiceState): RunOutcome {
  if (!countStart(engine, s)) {
    enterDead(engine, s, "start-limit-hit", false);
    return "failed";
  }
  acquireInvocationId(engine, s);
  resetForStart(s);
  enterCondition(engine, s);
  return "begun";
}

/** A start job's turn. During the wait for an automatic restart it cuts the wait short. */
export function startService(engine: Engine, s: ServiceState): RunOutcome {
  switch (s.sub) {
    case "condition":
    case "start-pre":
    case "start":
    case "start-post":
      return "pending";
    case "auto-restart":
      engine.work.push({ kind: "auto-restart", service: s });
      return "again";
    case "dead":
    case "failed":
    case "dead-resources-pinned":
    case "auto-restart-queued":
      return begin(engine, s);
    default:
      return "again";
  }
}

/** A stop job's turn. */
export function stopService(engine: Engine, s: ServiceState): RunOutcome {
  s.forbidRestart = true;
  switch (s.sub) {
    case "stop":
    case "stop-sigterm":
    case "stop-sigkill":
    case "stop-post":
    case "final-watchdog":
    case "final-sigterm":
    case "final-sigkill":
      return "pending";
    case "auto-restart":
    case "auto-restart-queued":
      setServiceState(engine, s, restState(s));
      return "pending";
    case "condition":
    case "start-pre":
    case "start":
    case "start-post":
    case "reload":
    case "reload-signal":
    case "reload-notify":
    case "stop-watchdog":
      enterSignal(engine, s, "stop-sigterm", "success");
      return "pending";
    case "cleaning":
      enterSignal(engine, s, "final-sigkill", "success");
      return "pending";
    case "running":
    case "exited":
      enterStop(engine, s, "success");
      return "begun";
    case "dead":
    case "failed":
    case "dead-resources-pinned":
    case "dead-before-auto-restart":
    case "failed-before-auto-restart":
      return "already";
  }
}

export function reloadService(engine: Engine, s: ServiceState): RunOutcome {
  enterReload(engine, s);
  return "begun";
}
