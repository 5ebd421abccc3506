/**
 * The work of one step, until none is left: what changes asked for, sockets that hear of their services, conditions
 * that hold continuously, units that went down, and then the next job. The order is fixed, so that a job never runs
 * while a result is still to be handed on.
 */

import { addUsec, USEC_PER_SEC } from "../base/time.ts";
import { type Engine, emit, log, type Work } from "./engine.ts";
import { ATOM, linked, linkedByAtom } from "./graph.ts";
import { addJob } from "./job/add-job.ts";
import { finishJob, hasJobOfType, isInstalled } from "./job/job.ts";
import { runJob } from "./job/run-job.ts";
import { canReload } from "./job/transaction.ts";
import { setServiceState } from "./service/service-state.ts";
import { enterDead } from "./service/service-stop.ts";
import { endShutdownWhenDone, takeEmergencyAction } from "./shutdown/shutdown.ts";
import { retryDeferred, serviceChanged } from "./socket/socket-trigger.ts";
import type { ServiceState, UnitState } from "./state.ts";
import { setTimer } from "./timer.ts";
import { activeState, isActiveOrActivating, isInactiveOrDeactivating } from "./unit/active-state.ts";
import { checkBound, checkUnneeded, checkUpheld } from "./unit/continuous.ts";
import { settleUnit } from "./unit/settle.ts";

/** Does the first of a set; false: the set is empty. Most are, most of the time. */
function doNext<T>(engine: Engine, set: Set<T>, act: (engine: Engine, item: T) => void): boolean {
  if (set.size === 0) return false;
  for (const item of set) {
    set.delete(item);
    act(engine, item);
    return true;
  }
  return false;
}

function addQueuedJob(engine: Engine, work: Extract<Work, { kind: "add-job" }>): void {
  const state = activeState(work.unit);
  if (work.unless === "active" && isActiveOrActivating(state)) return;
  if (work.unless === "inactive" && isInactiveOrDeactivating(state)) return;
  const outcome = addJob(engine, work.unit, work.job, work.mode);
  if (outcome.ok || work.why === null) return;
  const message = `Failed to enqueue ${work.why}${work.unit.name} job, ignoring: ${outcome.error.message}`;
  log(engine, "warning", work.by, message);
}

/** The wait is over (systemd's service_enter_restart): units that depend on the service restart with it. */
function restartService(engine: Engine, s: ServiceState): void {
  if (s.sub !== "auto-restart") return;
  if (hasJobOfType(s, "stop")) {
    log(engine, "info", s, "Stop job pending for unit, skipping automatic restart.");
    return;
  }
  // With RestartMode=direct nobody else is to know of it.
  const isDirect = s.model.service.restartMode === "direct";
  const outcome = addJob(engine, s, "start", isDirect ? "replace" : "restart-dependencies");
  if (!outcome.ok) {
    log(engine, "warning", s, `Failed to schedule restart job: ${outcome.error.message}`);
    enterDead(engine, s, "resources", false);
    return;
  }
  s.nRestarts += 1;
  s.flushRestarts = false;
  log(engine, "info", s, `Scheduled restart job, restart counter is at ${s.nRestarts}.`);
  setServiceState(engine, s, "auto-restart-queued");
}

function propagateReload(engine: Engine, unit: UnitState): void {
  for (const other of linkedByAtom(engine.graph, unit, ATOM.propagateReload)) {
    if (canReload(engine, other)) addJob(engine, other, "try-reload", "fail");
  }
}

function doWork(engine: Engine, work: Work): void {
  switch (work.kind) {
    case "finish-job": {
      const { job, result } = work;
      const stillWaits = isInstalled(engine, job) && (job.type === "start" || job.type === "verify-active");
      if (stillWaits) finishJob(engine, job, result, { recursive: true, already: false });
      break;
    }
    case "add-job":
      addQueuedJob(engine, work);
      break;
    case "auto-restart":
      restartService(engine, work.service);
      break;
    case "propagate-reload":
      propagateReload(engine, work.unit);
      break;
    case "emergency":
      takeEmergencyAction(engine, work.action, work.exitStatus, work.reason);
      break;
  }
}

function tellTriggers(engine: Engine, unit: UnitState): void {
  for (const trigger of linked(engine.graph, unit, "TriggeredBy")) {
    if (trigger.kind === "socket") serviceChanged(engine, trigger, unit);
  }
}

/** Units stopped: sockets that wait for that look again. */
function retryDeferredSockets(engine: Engine): void {
  engine.stopNotify = false;
  for (const socket of [...engine.deferred]) retryDeferred(engine, socket);
}

/** One piece of work; false: there is none. */
function doOne(engine: Engine): boolean {
  return (
    doNext(engine, engine.triggerNotify, tellTriggers) ||
    doNext(engine, engine.checkUpheld, checkUpheld) ||
    doNext(engine, engine.checkBound, checkBound) ||
    doNext(engine, engine.checkUnneeded, checkUnneeded) ||
    doNext(engine, engine.settled, settleUnit) ||
    doNext(engine, engine.runQueue, runJob)
  );
}

/** What is in the list now; what that adds comes next time. */
function doAllWork(engine: Engine): void {
  if (engine.work.length === 0) return;
  for (const work of engine.work.splice(0)) doWork(engine, work);
}

function tellDrained(engine: Engine): void {
  if (!engine.jobsPending || engine.jobs.size > 0) return;
  engine.jobsPending = false;
  emit(engine, { type: "jobs-drained" });
}

/** No step that makes sense has so much to do; whatever has, must not keep PID 1 from everything else. */
const MOST_WORK = 50_000;

/** The rest has to wait until other events had their turn. */
function putOff(engine: Engine): void {
  log(engine, "error", null, "Units set each other off without end, going on later.");
  setTimer(engine, "drain", addUsec(engine.now, USEC_PER_SEC));
}

export function drain(engine: Engine): void {
  let done = 0;
  do {
    doAllWork(engine);
    if (engine.stopNotify) retryDeferredSockets(engine);
    done += 1;
  } while (done < MOST_WORK && (engine.work.length > 0 || doOne(engine)));
  if (done >= MOST_WORK) putOff(engine);
  tellDrained(engine);
  endShutdownWhenDone(engine);
}
