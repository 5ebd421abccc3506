/**
 * From a built transaction to installed jobs (systemd's transaction_activate), in this order: mark what matters to
 * the anchor; in mode `fail` drop what would undo what is; drop what is redundant; drop what nobody needs any more
 * and break ordering cycles, until there is none; drop one of two contradicting jobs where the anchor can do without
 * it, and merge the rest; drop what has become redundant; check that no installed job would be lost against the
 * mode's rules; install.
 */

import type { JobMode } from "../../unit/model.ts";
import type { RequestError } from "../effect.ts";
import { broken, type Engine } from "../engine.ts";
import type { Job, JobType, UnitState } from "../state.ts";
import { activeState, isActiveOrActivating } from "../unit/active-state.ts";
import { finishJob, installJob, unitOfJob } from "./job.ts";
import { areConflicting, isRedundant, mergeForUnit } from "./job-merge.ts";
import { verifyOrder } from "./ordering.ts";
import { deleteJob, type PlannedJob, type Transaction } from "./transaction.ts";

export interface ActivateOptions {
  readonly mode: JobMode;
  /** The container's end: jobs are loosened instead of dropped, and nothing is garbage. */
  readonly force: boolean;
  /** Who is told of the anchor's result. */
  readonly requestIds: readonly number[];
}

export type Activation =
  | { readonly ok: true; readonly anchor: Job }
  | { readonly ok: false; readonly error: RequestError };

function anchorOf(transaction: Transaction): PlannedJob {
  return transaction.anchor ?? broken("a transaction has no anchor");
}

function allJobs(transaction: Transaction): PlannedJob[] {
  return [...transaction.jobs.values()].flat();
}

function markWhatMatters(anchor: PlannedJob): void {
  const open = [anchor];
  anchor.mattersToAnchor = true;
  for (let job = open.pop(); job !== undefined; job = open.pop()) {
    for (const pull of job.pulls) {
      if (!pull.matters || pull.object.mattersToAnchor) continue;
      pull.object.mattersToAnchor = true;
      open.push(pull.object);
    }
  }
}

function conflictsWithInstalled(job: PlannedJob): boolean {
  return job.unit.job !== null && areConflicting(job.type, job.unit.job.type);
}

function minimizeImpact(transaction: Transaction): void {
  for (const job of allJobs(transaction)) {
    if (job.mattersToAnchor) continue;
    const stopsRunning = job.type === "stop" && isActiveOrActivating(activeState(job.unit));
    if (stopsRunning || conflictsWithInstalled(job)) deleteJob(transaction, job, true);
  }
}

function isSuperfluous(anchor: PlannedJob, job: PlannedJob): boolean {
  return job !== anchor && isRedundant(job.type, activeState(job.unit)) && !conflictsWithInstalled(job);
}

/** Only where all jobs of a unit are redundant: else they have to be merged. */
function dropRedundant(transaction: Transaction): void {
  const anchor = anchorOf(transaction);
  for (const jobs of [...transaction.jobs.values()]) {
    if (!jobs.every((job) => isSuperfluous(anchor, job))) continue;
    for (const job of [...jobs]) deleteJob(transaction, job, false);
  }
}

/** Takes out what nothing pulls in any more. */
function collectGarbage(transaction: Transaction): void {
  const anchor = anchorOf(transaction);
  const open = allJobs(transaction).filter((job) => job.pulledBy.size === 0);
  for (let job = open.pop(); job !== undefined; job = open.pop()) {
    if (job === anchor || job.pulledBy.size > 0) continue;
    const objects = [...job.pulls].map((pull) => pull.object);
    deleteJob(transaction, job, true);
    for (const object of objects) if (object.pulledBy.size === 0) open.push(object);
  }
}

function settleOrder(
  engine: Engine,
  transaction: Transaction,
  options: ActivateOptions,
): RequestError | null {
  for (;;) {
    if (options.mode !== "isolate" && !options.force) collectGarbage(transaction);
    const verdict = verifyOrder(engine, transaction, options.force);
    if (verdict.kind === "ok") return null;
    if (verdict.kind === "cyclic") return verdict.error;
  }
}

function isConflictedBy(job: PlannedJob): boolean {
  for (const pull of job.pulledBy) if (pull.conflicts) return true;
  return false;
}

/** Of two jobs that the anchor can do without: rather no stop than no start, unless another unit's start asks for it. */
function lesserOf(a: PlannedJob, b: PlannedJob): PlannedJob {
  if (a.type === "stop") return isConflictedBy(a) ? b : a;
  if (b.type === "stop") return isConflictedBy(b) ? a : b;
  return a;
}

function victimOf(a: PlannedJob, b: PlannedJob): PlannedJob | null {
  if (!a.mattersToAnchor && !b.mattersToAnchor) return lesserOf(a, b);
  if (!a.mattersToAnchor) return a;
  return b.mattersToAnchor ? null : b;
}

function conflictingPair(jobs: readonly PlannedJob[]): [PlannedJob, PlannedJob] | null {
  for (const [i, a] of jobs.entries()) {
    for (const b of jobs.slice(i + 1)) if (areConflicting(a.type, b.type)) return [a, b];
  }
  return null;
}

function conflictError(a: PlannedJob, b: PlannedJob): RequestError {
  const message = `Transaction contains conflicting jobs '${a.type}' and '${b.type}' for ${a.unit.name}. Probably contradicting requirement dependencies configured.`;
  return { name: "org.freedesktop.systemd1.TransactionJobsConflicting", message };
}

type Resolved = "clean" | "dropped" | RequestError;

function dropOneConflict(transaction: Transaction, force: boolean): Resolved {
  for (const jobs of transaction.jobs.values()) {
    const pair = jobs.length < 2 ? null : conflictingPair(jobs);
    if (pair === null) continue;
    const victim = victimOf(...pair) ?? (force ? lesserOf(...pair) : null);
    if (victim === null) return conflictError(...pair);
    deleteJob(transaction, victim, true);
    return "dropped";
  }
  return "clean";
}

function settleConflicts(transaction: Transaction, options: ActivateOptions): RequestError | null {
  for (;;) {
    const outcome = dropOneConflict(transaction, options.force);
    if (outcome === "clean") return null;
    if (outcome !== "dropped") return outcome;
    if (options.mode !== "isolate" && !options.force) collectGarbage(transaction);
  }
}

function mergedType(unit: UnitState, jobs: readonly PlannedJob[]): JobType {
  const types = jobs.filter((job) => job.type !== "nop").map((job) => job.type);
  const [first, ...rest] = types;
  if (first === undefined) return "nop";
  return rest.reduce(
    (a, b) => mergeForUnit(a, b, unit) ?? broken(`jobs of ${unit.name} can't be merged`),
    first,
  );
}

function absorb(keeper: PlannedJob, other: PlannedJob): void {
  keeper.mattersToAnchor ||= other.mattersToAnchor;
  keeper.ignoreOrder ||= other.ignoreOrder;
  for (const pull of other.pulls) keeper.pulls.add(pull);
  for (const pull of other.pulledBy) keeper.pulledBy.add(pull);
}

function mergeJobLists(transaction: Transaction): void {
  const anchor = anchorOf(transaction);
  for (const [unit, jobs] of transaction.jobs) {
    const keeper = jobs.includes(anchor) ? anchor : jobs[0];
    if (keeper === undefined || jobs.length < 2) continue;
    keeper.type = mergedType(unit, jobs);
    for (const job of jobs) if (job !== keeper) absorb(keeper, job);
    transaction.jobs.set(unit, [keeper]);
  }
}

function destructiveError(anchor: PlannedJob, job: PlannedJob, there: Job): RequestError {
  const message = `Transaction for ${anchor.unit.name}/${anchor.type} is destructive (${job.unit.name} has '${there.type}' job queued, but '${job.type}' is included in transaction).`;
  return { name: "org.freedesktop.systemd1.TransactionIsDestructive", message };
}

function checkDestructive(transaction: Transaction, options: ActivateOptions): RequestError | null {
  if (options.force) return null;
  for (const job of allJobs(transaction)) {
    const there = job.unit.job;
    if (there === null || !(options.mode === "fail" || there.irreversible)) continue;
    if (areConflicting(there.type, job.type)) return destructiveError(anchorOf(transaction), job, there);
  }
  return null;
}

/** Modes isolate and flush: what is queued and not part of the transaction goes. */
function flushInstalled(engine: Engine, transaction: Transaction): void {
  for (const job of [...engine.jobs.values()]) {
    const unit = unitOfJob(engine, job);
    if (unit.model?.unit.ignoreOnIsolate === true || transaction.jobs.has(unit)) continue;
    finishJob(engine, job, "canceled", { recursive: false, already: false });
  }
}

function newJob(
  engine: Engine,
  { unit, type, ignoreOrder }: Pick<PlannedJob, "unit" | "type" | "ignoreOrder">,
  irreversible: boolean,
  requestIds: readonly number[],
): Job {
  const id = engine.nextJobId;
  engine.nextJobId += 1;
  return {
    id,
    unit: unit.name,
    type,
    state: "waiting",
    irreversible,
    ignoreOrder,
    requestIds: [...requestIds],
    beginUsec: engine.now,
    beginRunningUsec: null,
  };
}

/** The transaction is this one job (lone-job.ts). */
export function activateLoneStart(
  engine: Engine,
  unit: UnitState,
  requestIds: readonly number[],
): Activation {
  const job = newJob(engine, { unit, type: "start", ignoreOrder: false }, false, requestIds);
  return { ok: true, anchor: installJob(engine, job, unit) };
}

function apply(engine: Engine, transaction: Transaction, options: ActivateOptions): Job {
  const anchor = anchorOf(transaction);
  if (options.mode === "isolate" || options.mode === "flush") flushInstalled(engine, transaction);
  let installedAnchor: Job | null = null;
  for (const planned of allJobs(transaction)) {
    const ids = planned === anchor ? options.requestIds : [];
    const installed = installJob(
      engine,
      newJob(engine, planned, transaction.irreversible, ids),
      planned.unit,
    );
    if (planned === anchor) installedAnchor = installed;
  }
  return installedAnchor ?? broken("the anchor was not installed");
}

export function activateTransaction(
  engine: Engine,
  transaction: Transaction,
  options: ActivateOptions,
): Activation {
  markWhatMatters(anchorOf(transaction));
  if (options.mode === "fail") minimizeImpact(transaction);
  dropRedundant(transaction);
  const error = settleOrder(engine, transaction, options) ?? settleConflicts(transaction, options);
  if (error !== null) return { ok: false, error };
  mergeJobLists(transaction);
  dropRedundant(transaction);
  const destructive = checkDestructive(transaction, options);
  if (destructive !== null) return { ok: false, error: destructive };
  return { ok: true, anchor: apply(engine, transaction, options) };
}
