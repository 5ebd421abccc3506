/**
 * The engine's face: make one, hand it an event, carry out the effects that come back. An event about a unit that
 * does not exist (any more) means nothing.
 *
 * Should `step` throw, a rule inside the engine is broken. What it had decided until then is in `engine.effects`;
 * the next step goes on with what is left to do.
 */
import { drain } from "./drain.ts";
import type { Effect } from "./effect.ts";
import { type Engine, emit, emptyEngine, log } from "./engine.ts";
import type { ConditionsChecked, ConnectionAccepted, Event, ProcessExited, TimerElapsed } from "./event.ts";
import { findUnit } from "./graph.ts";
import { finishJob, unitOfJob } from "./job/job.ts";
import { cancelJob, requestJob } from "./job/request.ts";
import { conditionsChecked } from "./job/run-job.ts";
import { loadUnits, referenceUnit } from "./load.ts";
import { serviceProcessExited } from "./service/service-exit.ts";
import { serviceOutOfMemory, serviceProcessesGone } from "./service/service-gone.ts";
import { serviceIdle } from "./service/service-idle.ts";
import { mainPidGuessed } from "./service/service-main-pid.ts";
import { serviceBusName, serviceNotified } from "./service/service-notify.ts";
import { pidFileRead } from "./service/service-pid-file.ts";
import { readyChecked } from "./service/service-ready.ts";
import { serviceExecuted, serviceSpawned, serviceSpawnFailed } from "./service/service-spawned.ts";
import { serviceTimedOut, watchdogElapsed } from "./service/service-timeout.ts";
import { beginShutdown, hastenShutdown, shutdownTimedOut } from "./shutdown/shutdown.ts";
import {
  socketProcessExited,
  socketProcessesGone,
  socketSpawned,
  socketSpawnFailed,
  socketTimedOut,
} from "./socket/socket-exit.ts";
import { socketFailed, socketOpened } from "./socket/socket-start.ts";
import { acceptFailed, connectionAccepted, instanceLoaded, socketIncoming } from "./socket/socket-trigger.ts";
import { endPause, endPollPauses } from "./socket/trigger-limit.ts";
import type { EngineOptions, ServiceState, SocketState, UnitState } from "./state.ts";
import { cleaned, requestClean, resetFailed } from "./unit/reset.ts";

export function createEngine(options: EngineOptions): Engine {
  return emptyEngine(options);
}

function withService(engine: Engine, name: string, act: (s: ServiceState) => void): void {
  const unit = findUnit(engine.graph, name);
  if (unit?.kind === "service") act(unit);
}

function withSocket(engine: Engine, name: string, act: (s: SocketState) => void): void {
  const unit = findUnit(engine.graph, name);
  if (unit?.kind === "socket") act(unit);
}

/** For what comes to services and sockets alike. */
function withMachine(
  engine: Engine,
  name: string,
  service: (s: ServiceState) => void,
  socket: (s: SocketState) => void,
): void {
  const unit = findUnit(engine.graph, name);
  if (unit?.kind === "service") service(unit);
  else if (unit?.kind === "socket") socket(unit);
}

function connectionArrived(engine: Engine, event: ConnectionAccepted): void {
  const unit = findUnit(engine.graph, event.unit);
  if (unit?.kind === "socket") connectionAccepted(engine, unit, event);
  else emit(engine, { type: "close-connection", connection: event.connection });
}

function processExited(engine: Engine, event: ProcessExited): void {
  const unit = engine.pids.get(event.pid);
  if (unit === undefined) return;
  engine.pids.delete(event.pid);
  if (event.alone && unit.kind !== "passive") unit.mayHaveProcesses = false;
  const end = { code: event.code, status: event.status };
  if (unit.kind === "service") serviceProcessExited(engine, unit, event.pid, end);
  else if (unit.kind === "socket") socketProcessExited(engine, unit, event.pid, end);
}

function jobTimedOut(engine: Engine, id: number): void {
  const job = engine.jobs.get(id);
  if (job === undefined) return;
  const unit = unitOfJob(engine, job);
  log(engine, "warning", unit, `Job ${unit.name}/${job.type} timed out.`);
  finishJob(engine, job, "timeout", { recursive: true, already: false });
  const action = unit.model?.unit.jobTimeoutAction ?? "none";
  if (action !== "none")
    engine.work.push({ kind: "emergency", action, exitStatus: null, reason: "job timed out" });
}

function checkAgain(engine: Engine, unit: UnitState): void {
  engine.checkUpheld.add(unit);
  engine.checkBound.add(unit);
  engine.checkUnneeded.add(unit);
}

function unitTimerElapsed(engine: Engine, purpose: string, unit: UnitState): void {
  if (purpose === "check") {
    checkAgain(engine, unit);
  } else if (unit.kind === "service") {
    if (purpose === "state") serviceTimedOut(engine, unit);
    else if (purpose === "watchdog") watchdogElapsed(engine, unit);
  } else if (unit.kind === "socket") {
    if (purpose === "state") socketTimedOut(engine, unit);
    else if (purpose === "poll") endPollPauses(engine, unit);
    else if (purpose === "pause") endPause(engine, unit);
  }
}

/** A timer that was moved or cleared meanwhile has not come. */
function timerElapsed(engine: Engine, event: TimerElapsed): void {
  const at = engine.timers.get(event.id);
  if (at === undefined || at > engine.now) return;
  engine.timers.delete(event.id);
  const slash = event.id.indexOf("/");
  const purpose = slash < 0 ? event.id : event.id.slice(0, slash);
  const name = event.id.slice(slash + 1);
  if (purpose === "shutdown") {
    shutdownTimedOut(engine);
  } else if (purpose === "job") {
    jobTimedOut(engine, Number(name));
  } else {
    const unit = findUnit(engine.graph, name);
    if (unit !== undefined) unitTimerElapsed(engine, purpose, unit);
  }
}

function conditionsAnswered(engine: Engine, event: ConditionsChecked): void {
  const unit = findUnit(engine.graph, event.unit);
  if (unit !== undefined) conditionsChecked(engine, unit, event);
}

function handle(engine: Engine, event: Event): void {
  switch (event.type) {
    case "units-loaded":
      loadUnits(engine, event);
      break;
    case "unit-referenced":
      referenceUnit(engine, event);
      break;
    case "instance-loaded":
      instanceLoaded(engine, event);
      break;
    case "job-requested":
      requestJob(engine, event);
      break;
    case "job-canceled":
      cancelJob(engine, event);
      break;
    case "reset-failed":
      resetFailed(engine, event);
      break;
    case "clean-requested":
      requestClean(engine, event);
      break;
    case "cleaned":
      withService(engine, event.unit, (s) => cleaned(engine, s, event.ok));
      break;
    case "spawned":
      withMachine(
        engine,
        event.unit,
        (s) => serviceSpawned(engine, s, event),
        (s) => socketSpawned(engine, s, event.token, event.pid),
      );
      break;
    case "executed":
      withService(engine, event.unit, (s) => serviceExecuted(engine, s, event.token));
      break;
    case "spawn-failed":
      withMachine(
        engine,
        event.unit,
        (s) => serviceSpawnFailed(engine, s, event.token, event.exitStatus, event.message),
        (s) => socketSpawnFailed(engine, s, event.token, event.exitStatus, event.message),
      );
      break;
    case "process-exited":
      processExited(engine, event);
      break;
    case "processes-gone":
      withMachine(
        engine,
        event.unit,
        (s) => serviceProcessesGone(engine, s),
        (s) => socketProcessesGone(engine, s),
      );
      break;
    case "processes-remain":
      break;
    case "out-of-memory":
      withService(engine, event.unit, (s) => serviceOutOfMemory(engine, s));
      break;
    case "notify":
      withService(engine, event.unit, (s) => serviceNotified(engine, s, event));
      break;
    case "fd-store-changed":
      withService(engine, event.unit, (s) => {
        s.fdStoreCount = event.count;
        engine.settled.add(s);
      });
      break;
    case "bus-name-changed":
      withService(engine, event.unit, (s) => serviceBusName(engine, s, event.owned));
      break;
    case "pid-file-read":
      withService(engine, event.unit, (s) => pidFileRead(engine, s, event.pid, event.message));
      break;
    case "main-pid-guessed":
      withService(engine, event.unit, (s) => mainPidGuessed(engine, s, event.pid));
      break;
    case "conditions-checked":
      conditionsAnswered(engine, event);
      break;
    case "ready-checked":
      withService(engine, event.unit, (s) => readyChecked(engine, s, event.token));
      break;
    case "service-idle":
      withService(engine, event.unit, (s) => serviceIdle(engine, s));
      break;
    case "socket-opened":
      withSocket(engine, event.unit, (s) => socketOpened(engine, s));
      break;
    case "socket-failed":
      withSocket(engine, event.unit, (s) => socketFailed(engine, s, event));
      break;
    case "socket-incoming":
      withSocket(engine, event.unit, (s) => socketIncoming(engine, s, event.listener));
      break;
    case "connection-accepted":
      connectionArrived(engine, event);
      break;
    case "accept-failed":
      withSocket(engine, event.unit, (s) => acceptFailed(engine, s, event.message));
      break;
    case "timer":
      timerElapsed(engine, event);
      break;
    case "shutdown-requested":
      beginShutdown(engine, event.kind, event.exitCode, event.budgetUsec);
      break;
    case "shutdown-hastened":
      hastenShutdown(engine);
      break;
  }
}

/** One event in, all its effects out, in the order in which they are to be carried out. After `exit` there are none. */
export function step(engine: Engine, event: Event): Effect[] {
  if (engine.shutdown?.done === true) return [];
  engine.now = Math.max(engine.now, event.now);
  engine.effects = [];
  handle(engine, event);
  drain(engine);
  const effects = engine.effects;
  engine.effects = [];
  return effects;
}
