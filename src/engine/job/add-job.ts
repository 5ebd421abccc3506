/** From "start this unit, in this mode" to an installed job (systemd's manager_add_job), or the reason why not. */
import type { JobMode } from "../../unit/model.ts";
import type { RequestError } from "../effect.ts";
import { type Engine, log } from "../engine.ts";
import { findUnit, linked } from "../graph.ts";
import type { JobRequest, JobType, UnitState } from "../state.ts";
import { activeState, isInactiveOrFailed } from "../unit/active-state.ts";
import { collapseJob } from "./job-merge.ts";
import { startsAlone } from "./lone-job.ts";
import { type AddFlags, addJobWithDependencies, newTransaction, type Transaction } from "./transaction.ts";
import { type Activation, activateLoneStart, activateTransaction } from "./transaction-activate.ts";

const INVALID = "org.freedesktop.DBus.Error.InvalidArgs";

const NO_FLAGS: AddFlags = { ignoreRequirements: false, ignoreOrder: false, startAsRestart: false };

function refusedMode(unit: UnitState, type: JobType, mode: JobMode): RequestError | null {
  if (mode === "isolate" && type !== "start")
    return { name: INVALID, message: "Isolate is only valid for start." };
  if (mode === "isolate" && unit.model?.unit.allowIsolate !== true) {
    return {
      name: "org.freedesktop.systemd1.NoIsolation",
      message: "Operation refused, unit may not be isolated.",
    };
  }
  if (mode === "triggering" && type !== "stop") {
    return { name: INVALID, message: "--job-mode=triggering is only valid for stop." };
  }
  if (mode === "restart-dependencies" && type !== "start") {
    return { name: INVALID, message: "--job-mode=restart-dependencies is only valid for start." };
  }
  return null;
}

/** While everything is being stopped nothing new comes up, as if it conflicted with shutdown.target. */
function refusedByShutdown(engine: Engine, unit: UnitState, type: JobType): RequestError | null {
  if (engine.shutdown === null || (type !== "start" && type !== "restart")) return null;
  const message = `Transaction for ${unit.name}/${type} is destructive (shutdown.target has 'start' job queued, but 'stop' is included in transaction).`;
  return { name: "org.freedesktop.systemd1.TransactionIsDestructive", message };
}

function flagsOf(mode: JobMode): AddFlags {
  return {
    ignoreRequirements: mode === "ignore-dependencies" || mode === "ignore-requirements",
    ignoreOrder: mode === "ignore-dependencies",
    startAsRestart: mode === "restart-dependencies",
  };
}

function staysOnIsolate(transaction: Transaction, unit: UnitState): boolean {
  return unit.model?.unit.ignoreOnIsolate === true || transaction.jobs.has(unit);
}

/** Mode isolate: everything else stops, but for what is triggered by something that stays. */
function addIsolateJobs(engine: Engine, transaction: Transaction): void {
  for (const unit of engine.graph.units.values()) {
    if (isInactiveOrFailed(activeState(unit)) && unit.job === null) continue;
    if (staysOnIsolate(transaction, unit)) continue;
    const triggers = [...linked(engine.graph, unit, "TriggeredBy")];
    if (triggers.some((trigger) => staysOnIsolate(transaction, trigger))) continue;
    addStop(engine, transaction, unit, "isolate");
  }
}

/** Mode triggering: what would start the unit again stops too. */
function addTriggeringJobs(engine: Engine, transaction: Transaction, unit: UnitState): void {
  for (const trigger of linked(engine.graph, unit, "TriggeredBy")) {
    if (isInactiveOrFailed(activeState(trigger)) && trigger.job === null) continue;
    if (!transaction.jobs.has(trigger)) addStop(engine, transaction, trigger, "triggered by");
  }
}

function addStop(engine: Engine, transaction: Transaction, unit: UnitState, what: string): void {
  const error = addJobWithDependencies(engine, transaction, unit, "stop", transaction.anchor, NO_FLAGS);
  if (error !== null) log(engine, "warning", unit, `Cannot add ${what} job, ignoring: ${error.message}`);
}

/**
 * Adds the job and all that it leads to. The jobs run when the step's work is done, not before this returns.
 * Follows systemctl(1), "--job-mode=".
 */
export function addJob(
  engine: Engine,
  unit: UnitState,
  request: JobRequest,
  mode: JobMode,
  requestIds: readonly number[] = [],
): Activation {
  const type = collapseJob(request, activeState(unit));
  const refused = refusedMode(unit, type, mode) ?? refusedByShutdown(engine, unit, type);
  if (refused !== null) return { ok: false, error: refused };
  if (type === "start" && (mode === "replace" || mode === "fail") && startsAlone(engine, unit))
    return activateLoneStart(engine, unit, requestIds);
  return addByTransaction(engine, unit, type, mode, requestIds);
}

/** The long way, for whatever the job may be. */
export function addByTransaction(
  engine: Engine,
  unit: UnitState,
  type: JobType,
  mode: JobMode,
  requestIds: readonly number[],
): Activation {
  const transaction = newTransaction(mode === "replace-irreversibly");
  const error = addJobWithDependencies(engine, transaction, unit, type, null, flagsOf(mode));
  if (error !== null) return { ok: false, error };
  if (mode === "isolate") addIsolateJobs(engine, transaction);
  if (mode === "triggering") addTriggeringJobs(engine, transaction, unit);
  return activateTransaction(engine, transaction, { mode, force: false, requestIds });
}

/**
 * Stops everything that is up, in order, for good: the container's end. shutdown.target is started if there is one, so
 * that units wanted by it run. Null when there is nothing to stop.
 */
export function addShutdownJobs(engine: Engine): Activation | null {
  const transaction = newTransaction(true);
  const target = findUnit(engine.graph, "shutdown.target");
  if (target !== undefined && target.loadState === "loaded") {
    addJobWithDependencies(engine, transaction, target, "start", null, NO_FLAGS);
  }
  for (const unit of engine.graph.units.values()) {
    const isDown = isInactiveOrFailed(activeState(unit)) && unit.job === null;
    const starts = transaction.jobs.get(unit)?.some((job) => job.type === "start");
    if (isDown || starts === true) continue;
    addJobWithDependencies(engine, transaction, unit, "stop", transaction.anchor, NO_FLAGS);
  }
  if (transaction.anchor === null) return null;
  return activateTransaction(engine, transaction, {
    mode: "replace-irreversibly",
    force: true,
    requestIds: [],
  });
}
