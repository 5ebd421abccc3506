/**
 * A transaction is the set of jobs that one request leads to (systemd's transaction.c), before any of them is
 * installed. Its first job is the anchor; every other job was pulled in by one or more jobs, and a pull that
 * *matters* carries failure back: if the pulled job can't be had, the pulling one can't either.
 *
 * Building it (this file) goes through the requirement dependencies with a stack of its own, depth first. A job whose
 * required job can't be added is deleted again, and its failure is handed on to what pulled it in, up to a pull that
 * does not matter. What is behind a unit that is up already and has no contradicting job is not looked at: such jobs
 * would be dropped as redundant, and what they alone pulled in with them.
 *
 * What becomes of a built transaction is in transaction-activate.ts.
 */

import type { RequestError } from "../effect.ts";
import { type Engine, log } from "../engine.ts";
import { ATOM, linked, linkedByAtom } from "../graph.ts";
import type { JobType, UnitState } from "../state.ts";
import { activeState } from "../unit/active-state.ts";
import { areConflicting, collapseJob, isRedundant } from "./job-merge.ts";

export interface Pull {
  readonly subject: PlannedJob;
  readonly object: PlannedJob;
  readonly matters: boolean;
  readonly conflicts: boolean;
}

export interface PlannedJob {
  readonly unit: UnitState;
  type: JobType;
  ignoreOrder: boolean;
  /** Reached from the anchor by pulls that all matter. */
  mattersToAnchor: boolean;
  /** Pulls by this job. */
  readonly pulls: Set<Pull>;
  /** Pulls of this job by others. */
  readonly pulledBy: Set<Pull>;
}

export interface Transaction {
  /** Latest first, for each unit. */
  readonly jobs: Map<UnitState, PlannedJob[]>;
  anchor: PlannedJob | null;
  readonly irreversible: boolean;
}

export interface AddFlags {
  readonly ignoreRequirements: boolean;
  readonly ignoreOrder: boolean;
  /** Restart what depends on the started unit too (mode restart-dependencies). */
  readonly startAsRestart: boolean;
}

type AddError = RequestError & { readonly kind: "load" | "not-applicable" | "masked" | "not-found" };

/** One job that another job wants. */
interface Want {
  readonly unit: UnitState;
  readonly type: JobType;
  readonly matters: boolean;
  readonly conflicts: boolean;
  /** By PropagatesStopTo=: the type is found only when its turn comes. */
  readonly graceful: boolean;
}

interface Frame {
  readonly job: PlannedJob;
  readonly wants: Want[];
  next: number;
  /** PropagatesStopTo= is still to be looked at, after all else. */
  graceful: boolean;
}

export function newTransaction(irreversible: boolean): Transaction {
  return { jobs: new Map(), anchor: null, irreversible };
}

function loadError(unit: UnitState): AddError | null {
  switch (unit.loadState) {
    case "loaded":
      return null;
    case "not-found":
    case "stub":
      return {
        kind: "not-found",
        name: "org.freedesktop.systemd1.NoSuchUnit",
        message: `Unit ${unit.name} not found.`,
      };
    case "masked":
      return {
        kind: "masked",
        name: "org.freedesktop.systemd1.UnitMasked",
        message: `Unit ${unit.name} is masked.`,
      };
    case "bad-setting": {
      const message = `Unit ${unit.name} has a bad unit file setting.`;
      return { kind: "load", name: "org.freedesktop.systemd1.BadUnitSetting", message };
    }
    case "error": {
      const message = `Unit ${unit.name} failed to load properly, please adjust/correct and reload service manager: ${unit.loadError ?? "unknown error"}`;
      return { kind: "load", name: "org.freedesktop.systemd1.LoadFailed", message };
    }
  }
}

/** ExecReload=, Type=notify-reload, or somebody to hand the reload on to (systemd's unit_can_reload). */
export function canReload(engine: Engine, unit: UnitState): boolean {
  if (unit.kind === "service") {
    return unit.model.service.execReload.length > 0 || unit.model.service.type === "notify-reload";
  }
  return linked(engine.graph, unit, "PropagatesReloadTo").size > 0;
}

function checkWant(engine: Engine, unit: UnitState, type: JobType): AddError | null {
  const error = type === "stop" ? null : loadError(unit);
  if (error !== null) return error;
  if (type !== "reload" || canReload(engine, unit)) return null;
  const message = `Job type ${type} is not applicable for unit ${unit.name}.`;
  return { kind: "not-applicable", name: "org.freedesktop.systemd1.JobTypeNotApplicable", message };
}

function addOneJob(
  transaction: Transaction,
  unit: UnitState,
  type: JobType,
): { job: PlannedJob; isNew: boolean } {
  const list = transaction.jobs.get(unit);
  const known = list?.find((job) => job.type === type);
  if (known !== undefined) return { job: known, isNew: false };
  const job: PlannedJob = {
    unit,
    type,
    ignoreOrder: false,
    mattersToAnchor: false,
    pulls: new Set(),
    pulledBy: new Set(),
  };
  if (list === undefined) transaction.jobs.set(unit, [job]);
  else list.unshift(job);
  return { job, isNew: true };
}

function addPull(subject: PlannedJob, object: PlannedJob, want: Want): void {
  const pull: Pull = { subject, object, matters: want.matters, conflicts: want.conflicts };
  subject.pulls.add(pull);
  object.pulledBy.add(pull);
}

function pushWants(
  engine: Engine,
  wants: Want[],
  unit: UnitState,
  atom: (typeof ATOM)[keyof typeof ATOM],
  want: Omit<Want, "unit">,
): void {
  for (const other of linkedByAtom(engine.graph, unit, atom)) wants.push({ unit: other, ...want });
}

function startWants(engine: Engine, unit: UnitState, wants: Want[]): void {
  const needed = { matters: true, conflicts: false, graceful: false };
  const nice = { matters: false, conflicts: false, graceful: false };
  pushWants(engine, wants, unit, ATOM.pullInStart, { type: "start", ...needed });
  pushWants(engine, wants, unit, ATOM.pullInStartIgnored, { type: "start", ...nice });
  pushWants(engine, wants, unit, ATOM.pullInVerify, { type: "verify-active", ...needed });
  pushWants(engine, wants, unit, ATOM.pullInStop, { type: "stop", ...needed, conflicts: true });
  pushWants(engine, wants, unit, ATOM.pullInStopIgnored, { type: "stop", ...nice });
}

function stopWants(engine: Engine, unit: UnitState, isStop: boolean, wants: Want[]): void {
  for (const other of linkedByAtom(engine.graph, unit, ATOM.propagateStop)) {
    const type = collapseJob(isStop ? "stop" : "try-restart", activeState(other));
    if (type !== "nop") wants.push({ unit: other, type, matters: true, conflicts: false, graceful: false });
  }
}

function reloadWants(engine: Engine, unit: UnitState, wants: Want[]): void {
  for (const other of linkedByAtom(engine.graph, unit, ATOM.propagateReload)) {
    const type = collapseJob("try-reload", activeState(other));
    if (type !== "nop") wants.push({ unit: other, type, matters: false, conflicts: false, graceful: false });
  }
}

function wantsOf(engine: Engine, job: PlannedJob, startAsRestart: boolean): Want[] {
  const wants: Want[] = [];
  const { unit, type } = job;
  if (type === "start" || type === "restart") startWants(engine, unit, wants);
  if (type === "stop" || type === "restart" || (type === "start" && startAsRestart)) {
    stopWants(engine, unit, type === "stop", wants);
  }
  if (type === "reload") reloadWants(engine, unit, wants);
  return wants;
}

/** Nothing behind this job can be needed: it is for a state that the unit has, and no job will change that. */
function leadsNowhere(job: PlannedJob): boolean {
  const there = job.unit.job;
  return (
    isRedundant(job.type, activeState(job.unit)) && (there === null || !areConflicting(job.type, there.type))
  );
}

/** PropagatesStopTo=: stopped, or restarted when something else in the transaction starts it. */
function gracefulStopType(transaction: Transaction, unit: UnitState): JobType | null {
  const planned = transaction.jobs.get(unit) ?? [];
  if (planned.some((job) => job.type === "stop" || job.type === "restart")) return null;
  return planned.some((job) => job.type === "start") ? "restart" : "stop";
}

function gracefulWants(engine: Engine, unit: UnitState): Want[] {
  const others = linkedByAtom(engine.graph, unit, ATOM.propagateStopGraceful);
  return others.map((other) => ({
    unit: other,
    type: "stop",
    matters: true,
    conflicts: false,
    graceful: true,
  }));
}

function newFrame(engine: Engine, job: PlannedJob, startAsRestart: boolean, graceful: boolean): Frame {
  const stops = job.type === "stop" || job.type === "restart" || (job.type === "start" && startAsRestart);
  return { job, wants: wantsOf(engine, job, startAsRestart), next: 0, graceful: graceful && stops };
}

/** Takes a job out; with `withPulling` also those that can't be without it. */
export function deleteJob(transaction: Transaction, job: PlannedJob, withPulling: boolean): void {
  const doomed = [job];
  for (let next = doomed.pop(); next !== undefined; next = doomed.pop()) {
    const list = transaction.jobs.get(next.unit);
    const index = list?.indexOf(next) ?? -1;
    if (list === undefined || index < 0) continue;
    list.splice(index, 1);
    if (list.length === 0) transaction.jobs.delete(next.unit);
    for (const pull of next.pulls) pull.object.pulledBy.delete(pull);
    for (const pull of next.pulledBy) {
      pull.subject.pulls.delete(pull);
      if (withPulling && pull.matters) doomed.push(pull.subject);
    }
    next.pulls.clear();
    next.pulledBy.clear();
  }
}

function sayIgnored(engine: Engine, want: Want, error: AddError): void {
  const usual = error.kind !== "load";
  log(
    engine,
    usual ? "debug" : "warning",
    want.unit,
    `Cannot add dependency job, ignoring: ${error.message}`,
  );
}

/** Hands a failure up the stack until a pull does not matter. Returns the error when it reaches the anchor. */
function unwind(engine: Engine, transaction: Transaction, stack: Frame[], error: AddError): AddError | null {
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const want = frame.wants[frame.next - 1];
    if (want !== undefined && !want.matters) {
      sayIgnored(engine, want, error);
      return null;
    }
    deleteJob(transaction, frame.job, false);
    stack.pop();
  }
  return error;
}

function takeWant(
  engine: Engine,
  transaction: Transaction,
  stack: Frame[],
  flags: AddFlags,
): AddError | null {
  const frame = stack.at(-1);
  const want = frame?.wants[frame.next];
  if (frame === undefined || want === undefined) return null;
  frame.next += 1;
  const type = want.graceful ? gracefulStopType(transaction, want.unit) : want.type;
  if (type === null) return null;
  const error = checkWant(engine, want.unit, type);
  if (error !== null)
    return error.kind === "not-applicable" ? null : unwind(engine, transaction, stack, error);
  const { job, isNew } = addOneJob(transaction, want.unit, type);
  job.ignoreOrder ||= flags.ignoreOrder;
  addPull(frame.job, job, want);
  if (isNew && !leadsNowhere(job)) stack.push(newFrame(engine, job, false, want.graceful));
  return null;
}

function pullIn(engine: Engine, transaction: Transaction, stack: Frame[], flags: AddFlags): AddError | null {
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    if (frame.next < frame.wants.length) {
      const error = takeWant(engine, transaction, stack, flags);
      if (error !== null) return error;
    } else if (frame.graceful) {
      frame.graceful = false;
      frame.wants.push(...gracefulWants(engine, frame.job.unit));
    } else {
      stack.pop();
    }
  }
  return null;
}

/**
 * Adds a job and all that it pulls in; the first one added becomes the anchor. `by` is who wants it, when that is not
 * the request itself. Returns why it can't be.
 */
export function addJobWithDependencies(
  engine: Engine,
  transaction: Transaction,
  unit: UnitState,
  type: JobType,
  by: PlannedJob | null,
  flags: AddFlags,
): RequestError | null {
  const refused = checkWant(engine, unit, type);
  if (refused !== null) return refused;
  const { job, isNew } = addOneJob(transaction, unit, type);
  job.ignoreOrder ||= flags.ignoreOrder;
  if (by === null) transaction.anchor = job;
  else addPull(by, job, { unit, type, matters: true, conflicts: false, graceful: false });
  if (!isNew || flags.ignoreRequirements || type === "nop") return null;
  return pullIn(engine, transaction, [newFrame(engine, job, flags.startAsRestart, by === null)], flags);
}
