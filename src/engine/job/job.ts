/**
 * Jobs once they are installed (systemd's job.c): a unit has one slot for a job and one for a nop job. A job waits
 * until no job that is ordered before it is left, then it runs; it ends when its unit reaches the state that it is
 * for, or contradicts it, or when its time is over.
 *
 * Ordering between two jobs follows the units' After=, whatever pulled them in: of two starts the earlier unit's goes
 * first, of two stops the later unit's, and a stop goes before a start in both directions.
 */
import { addUsec, USEC_INFINITY, USEC_PER_SEC } from "../../base/time.ts";
import type { RateLimit } from "../../unit/model.ts";
import { broken, type Engine, emit, log, type Work } from "../engine.ts";
import { ATOM, findUnit, type LinkKind, linked, linkedByAtom } from "../graph.ts";
import type { Job, JobResult, JobType, UnitState } from "../state.ts";
import { clearTimer, setTimer } from "../timer.ts";
import { activeState, isActiveOrReloading } from "../unit/active-state.ts";
import { countWithin } from "../unit/rate-limit.ts";
import { areConflicting, isSuperset, mergeForUnit } from "./job-merge.ts";
import { tellJobDone } from "./job-message.ts";

export function unitOfJob(engine: Engine, job: Job): UnitState {
  return findUnit(engine.graph, job.unit) ?? broken(`job ${job.id} is for ${job.unit}, which does not exist`);
}

export function isInstalled(engine: Engine, job: Job): boolean {
  return engine.jobs.get(job.id) === job;
}

export function hasJobOfType(unit: UnitState, type: JobType): boolean {
  return unit.job?.type === type;
}

/** The unit has a stop job, or a restart job that is still at its stop (systemd's unit_stop_pending). */
export function stopPending(unit: UnitState): boolean {
  return unit.job !== null && (unit.job.type === "stop" || unit.job.type === "restart");
}

/** It is up, or a job will bring it up (systemd's unit_active_or_pending). */
export function activeOrPending(unit: UnitState): boolean {
  const state = activeState(unit);
  if (state === "activating" || isActiveOrReloading(state)) return true;
  return unit.job !== null && (unit.job.type === "start" || unit.job.type === "restart");
}

export function addToRunQueue(engine: Engine, job: Job): void {
  engine.runQueue.add(job);
}

function jobTimerId(job: Job): string {
  return `job/${job.id}`;
}

/** JobTimeoutSec= counts from when the job is installed. */
function armJobTimer(engine: Engine, job: Job, unit: UnitState): void {
  const timeout = unit.model?.unit.jobTimeoutUsec ?? USEC_INFINITY;
  if (timeout < USEC_INFINITY) setTimer(engine, jobTimerId(job), addUsec(job.beginUsec, timeout));
}

/** JobRunningTimeoutSec= counts from when it runs; the earlier of the two holds. */
export function armJobRunningTimer(engine: Engine, job: Job, unit: UnitState): void {
  job.beginRunningUsec = engine.now;
  const timeout = unit.model?.unit.jobRunningTimeoutUsec ?? USEC_INFINITY;
  if (timeout >= USEC_INFINITY) return;
  const at = addUsec(engine.now, timeout);
  if (at < (engine.timers.get(jobTimerId(job)) ?? USEC_INFINITY)) setTimer(engine, jobTimerId(job), at);
}

function takeSlot(engine: Engine, job: Job, unit: UnitState): void {
  if (job.type === "nop") unit.nopJob = job;
  else unit.job = job;
  engine.jobs.set(job.id, job);
  engine.jobsPending = true;
  armJobTimer(engine, job, unit);
}

function leaveSlot(engine: Engine, job: Job, unit: UnitState): void {
  if (unit.nopJob === job) unit.nopJob = null;
  else if (unit.job === job) unit.job = null;
  else broken(`job ${job.id} is not in a slot of ${unit.name}`);
  engine.jobs.delete(job.id);
  engine.runQueue.delete(job);
  engine.waits.delete(job);
  if (engine.timers.size > 0) clearTimer(engine, jobTimerId(job));
  engine.settled.add(unit);
}

function mergeInto(job: Job, other: Job, unit: UnitState): void {
  job.type = mergeForUnit(job.type, other.type, unit) ?? broken(`jobs of ${unit.name} can't be merged`);
  job.irreversible ||= other.irreversible;
  job.ignoreOrder ||= other.ignoreOrder;
  job.requestIds.push(...other.requestIds);
}

/** A reload that runs may have read its files already: another one must not be merged into it. */
function mayMergeLate(running: Job, job: Job): boolean {
  return job.type !== "reload" && isSuperset(running.type, job.type);
}

/**
 * Puts a job of a transaction into its unit's slot: what contradicts it there is canceled, what does not is merged
 * with it. Returns the job that is in the slot then, and puts it into the run queue.
 */
export function installJob(engine: Engine, job: Job, unit: UnitState): Job {
  const there = job.type === "nop" ? unit.nopJob : unit.job;
  if (there !== null && areConflicting(there.type, job.type)) {
    finishJob(engine, there, "canceled", { recursive: false, already: false });
  } else if (there !== null) {
    if (there.state === "running" && !mayMergeLate(there, job)) there.state = "waiting";
    mergeInto(there, job, unit);
    addToRunQueue(engine, there);
    return there;
  }
  takeSlot(engine, job, unit);
  addToRunQueue(engine, job);
  return job;
}

function failDependents(engine: Engine, unit: UnitState, atom: readonly LinkKind[]): void {
  for (const other of linkedByAtom(engine.graph, unit, atom)) {
    const job = other.job;
    if (job === null || (job.type !== "start" && job.type !== "verify-active")) continue;
    engine.work.push({ kind: "finish-job", job, result: "dependency" });
  }
}

function propagateResult(engine: Engine, unit: UnitState, type: JobType, result: JobResult): void {
  if (result !== "done") {
    if (type === "start" || type === "verify-active")
      failDependents(engine, unit, ATOM.propagateStartFailure);
    else if (type === "stop") failDependents(engine, unit, ATOM.propagateStopFailure);
    return;
  }
  const upAsAsked = (type !== "start" && type !== "reload") || isActiveOrReloading(activeState(unit));
  if (!upAsAsked) failDependents(engine, unit, ATOM.propagateInactiveStartAsFailure);
}

/** A job that timed out or lost a dependency counts as the unit's failure; all other failures the unit tells itself. */
function triggerOnFailure(engine: Engine, unit: UnitState, type: JobType, result: JobResult): void {
  if (result !== "timeout" && result !== "dependency") return;
  log(engine, "notice", unit, `Job ${unit.name}/${type} failed with result '${result}'.`);
  addTerminationJobs(engine, unit, "OnFailure");
}

const TERMINATION_LIMIT: RateLimit = { intervalUsec: 10 * USEC_PER_SEC, burst: 200 };

/**
 * OnFailure= and OnSuccess= (systemd.unit(5)). A job that fails for want of a dependency counts against no start
 * limit, so a unit that requires the very unit whose failure starts it would be tried without end: there is a limit.
 */
export function addTerminationJobs(engine: Engine, unit: UnitState, kind: "OnFailure" | "OnSuccess"): void {
  const settings = unit.model?.unit;
  const others = linked(engine.graph, unit, kind);
  if (settings === undefined || others.size === 0) return;
  if (!countWithin(unit.terminations, TERMINATION_LIMIT, engine.now)) {
    log(engine, "warning", unit, `Too many ${kind}= jobs in a short time, ignoring.`);
    return;
  }
  log(engine, "info", unit, `Triggering ${kind}= dependencies.`);
  const mode = kind === "OnFailure" ? settings.onFailureJobMode : settings.onSuccessJobMode;
  for (const other of others) {
    const work: Work = {
      kind: "add-job",
      unit: other,
      job: "start",
      mode,
      unless: null,
      why: `${kind}=`,
      by: unit,
    };
    engine.work.push(work);
  }
}

function wakeNeighbours(engine: Engine, unit: UnitState): void {
  if (engine.jobs.size === 0) return;
  for (const other of linked(engine.graph, unit, "After"))
    if (other.job !== null) addToRunQueue(engine, other.job);
  for (const other of linked(engine.graph, unit, "Before"))
    if (other.job !== null) addToRunQueue(engine, other.job);
}

function turnIntoStart(engine: Engine, job: Job): void {
  job.type = "start";
  job.state = "waiting";
  addToRunQueue(engine, job);
}

/**
 * The job has its result (systemd's job_finish_and_invalidate). A restart that is done with its stop goes on as a
 * start. `recursive`: jobs that depend on it fail too. `already`: it had nothing to do, so nothing is said.
 */
export function finishJob(
  engine: Engine,
  job: Job,
  result: JobResult,
  how: { readonly recursive: boolean; readonly already: boolean },
): void {
  const unit = unitOfJob(engine, job);
  const type = job.type;
  if (!how.already) tellJobDone(engine, unit, job, result);
  if (result === "done" && type === "restart") {
    turnIntoStart(engine, job);
  } else {
    leaveSlot(engine, job, unit);
    emit(engine, {
      type: "job-done",
      job: job.id,
      unit: unit.name,
      jobType: type,
      result,
      requestIds: job.requestIds,
    });
    if (how.recursive) propagateResult(engine, unit, type, result);
    triggerOnFailure(engine, unit, type, result);
    engine.triggerNotify.add(unit);
  }
  wakeNeighbours(engine, unit);
}
