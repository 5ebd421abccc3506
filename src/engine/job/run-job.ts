/**
 * A job's turn (systemd's job_run_and_invalidate, unit_start, unit_stop and unit_reload). A unit with conditions is
 * started in two steps: the runtime is asked whether they are met, and the job goes on with its answer.
 */

import { type Engine, emit, log, nextToken } from "../engine.ts";
import type { ConditionsChecked } from "../event.ts";
import { hasLink, linked } from "../graph.ts";
import { reloadService, startService, stopService } from "../service/service-start.ts";
import { startSocket, stopSocket } from "../socket/socket-start.ts";
import type { Job, JobResult, UnitState } from "../state.ts";
import { activeState, isActiveOrReloading, isInactiveOrFailed } from "../unit/active-state.ts";
import { startPassive, stopPassive } from "../unit/passive-machine.ts";
import { notifyUnit } from "../unit/unit-notify.ts";
import { armJobRunningTimer, finishJob, isInstalled, unitOfJob } from "./job.ts";
import { tellJobBegun } from "./job-message.ts";
import { isRunnable } from "./job-order.ts";
import type { RunOutcome } from "./run-outcome.ts";
import { canReload } from "./transaction.ts";

function startMachine(engine: Engine, unit: UnitState): RunOutcome {
  switch (unit.kind) {
    case "service":
      return startService(engine, unit);
    case "socket":
      return startSocket(engine, unit);
    case "passive":
      return startPassive(engine, unit);
  }
}

/** BindsTo= with After=: what the unit is bound to has to be up by now. */
function boundToInactive(engine: Engine, unit: UnitState): boolean {
  for (const other of linked(engine.graph, unit, "BindsTo")) {
    if (!hasLink(engine.graph, unit, "After", other) || isActiveOrReloading(activeState(other))) continue;
    log(engine, "notice", unit, `Bound to unit ${other.name}, but unit isn't active.`);
    return true;
  }
  return false;
}

function startChecked(engine: Engine, unit: UnitState): RunOutcome {
  return boundToInactive(engine, unit) ? "dependency" : startMachine(engine, unit);
}

function askConditions(engine: Engine, unit: UnitState): RunOutcome {
  unit.conditionToken = nextToken(engine);
  emit(engine, { type: "check-conditions", unit: unit.name, token: unit.conditionToken });
  return "pending";
}

function startUnit(engine: Engine, unit: UnitState): RunOutcome {
  const state = activeState(unit);
  if (isActiveOrReloading(state)) return "already";
  if (state === "deactivating" || state === "maintenance") return "again";
  if (unit.loadState !== "loaded") return "failed";
  if (state === "activating") return startChecked(engine, unit);
  const hasConditions = (unit.model?.unit.conditions.length ?? 0) > 0;
  const outcome = hasConditions ? null : { met: true, atUsec: engine.now, failed: null };
  unit.conditionResult = outcome;
  unit.assertResult = outcome;
  return hasConditions ? askConditions(engine, unit) : startChecked(engine, unit);
}

function stopUnit(engine: Engine, unit: UnitState): RunOutcome {
  if (isInactiveOrFailed(activeState(unit))) return "already";
  switch (unit.kind) {
    case "service":
      return stopService(engine, unit);
    case "socket":
      return stopSocket(engine, unit);
    case "passive":
      return stopPassive(engine, unit);
  }
}

function reloadUnit(engine: Engine, unit: UnitState): RunOutcome {
  if (unit.loadState !== "loaded") return "failed";
  if (!canReload(engine, unit)) return "skipped";
  const state = activeState(unit);
  if (state === "reloading" || state === "refreshing") return "again";
  if (state !== "active") {
    log(engine, "warning", unit, "Unit cannot be reloaded because it is inactive.");
    return "invalid";
  }
  if (unit.kind === "service") return reloadService(engine, unit);
  notifyUnit(engine, unit, { fromActive: state, fromSub: unit.sub, reloadOk: true });
  return "pending";
}

function verifyActive(unit: UnitState): RunOutcome {
  const state = activeState(unit);
  if (isActiveOrReloading(state)) return "already";
  return state === "activating" ? "again" : "skipped";
}

function perform(engine: Engine, job: Job, unit: UnitState): RunOutcome {
  switch (job.type) {
    case "start":
      return startUnit(engine, unit);
    case "stop":
    case "restart":
      return stopUnit(engine, unit);
    case "reload":
      return reloadUnit(engine, unit);
    case "verify-active":
      return verifyActive(unit);
    case "nop":
      return "already";
  }
}

function tellBegun(engine: Engine, job: Job, unit: UnitState): void {
  if (job.type === "start" || job.type === "reload") tellJobBegun(engine, unit, job, job.type);
  else if (job.type === "stop" || job.type === "restart") tellJobBegun(engine, unit, job, "stop");
}

function end(engine: Engine, job: Job, result: JobResult, already: boolean): void {
  finishJob(engine, job, result, { recursive: true, already });
}

/** The job may be gone by now: its unit may have reached its state, or another job may have replaced it. */
function settle(engine: Engine, job: Job, unit: UnitState, outcome: RunOutcome): void {
  if (!isInstalled(engine, job)) return;
  switch (outcome) {
    case "begun":
      tellBegun(engine, job, unit);
      break;
    case "pending":
      break;
    case "again":
      job.state = "waiting";
      break;
    case "already":
      end(engine, job, "done", true);
      break;
    case "condition":
      end(engine, job, "done", false);
      break;
    default:
      end(engine, job, outcome, false);
  }
}

export function runJob(engine: Engine, job: Job): void {
  if (!isInstalled(engine, job) || job.state !== "waiting") return;
  const unit = unitOfJob(engine, job);
  if (!isRunnable(engine, job, unit)) return;
  armJobRunningTimer(engine, job, unit);
  job.state = "running";
  settle(engine, job, unit, perform(engine, job, unit));
}

function conditionOutcome(engine: Engine, unit: UnitState, event: ConditionsChecked): RunOutcome {
  const { conditionsMet, assertsMet, failed, now } = event;
  unit.conditionResult = { met: conditionsMet, atUsec: now, failed: conditionsMet ? null : failed };
  if (!conditionsMet) return "condition";
  unit.assertResult = { met: assertsMet, atUsec: now, failed: assertsMet ? null : failed };
  if (assertsMet) return startChecked(engine, unit);
  log(
    engine,
    "notice",
    unit,
    `Starting requested but asserts failed${failed === null ? "" : ` (${failed})`}.`,
  );
  return "assert";
}

/** The answer to `check-conditions`: the start goes on, if it is still wanted. */
export function conditionsChecked(engine: Engine, unit: UnitState, event: ConditionsChecked): void {
  if (unit.conditionToken !== event.token) return;
  unit.conditionToken = null;
  const job = unit.job;
  if (job === null || job.type !== "start" || job.state !== "running") return;
  settle(engine, job, unit, conditionOutcome(engine, unit, event));
}
