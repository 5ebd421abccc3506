/**
 * A unit has a new sub state: what that means for its job, for the units that depend on it, for its timestamps and
 * for the container (systemd's unit_notify). Called for every change of a sub state, also for one that leaves the
 * active state as it was.
 *
 * What has to happen to other units is put into the engine's queues, never done from here.
 */
import type { EmergencyAction } from "../../unit/model.ts";
import { type Engine, emit } from "../engine.ts";
import { ATOM, hasLink, type LinkKind, linkedByAtom } from "../graph.ts";
import { addTerminationJobs, addToRunQueue, finishJob } from "../job/job.ts";
import type { ActiveState, Job, JobResult, UnitState } from "../state.ts";
import {
  activeState,
  isActiveOrActivating,
  isActiveOrReloading,
  isInactiveOrDeactivating,
  isInactiveOrFailed,
} from "./active-state.ts";

export interface Change {
  readonly fromActive: ActiveState;
  readonly fromSub: string;
  /** A reload that ends here went well. */
  readonly reloadOk: boolean;
}

function resultOf(unit: UnitState): string {
  return unit.kind === "passive" ? "success" : unit.result;
}

function stamp(engine: Engine, unit: UnitState, from: ActiveState, to: ActiveState): void {
  unit.stateChangeUsec = engine.now;
  if (isInactiveOrFailed(from) && !isInactiveOrFailed(to)) unit.inactiveExitUsec = engine.now;
  else if (!isInactiveOrFailed(from) && isInactiveOrFailed(to)) unit.inactiveEnterUsec = engine.now;
  if (!isActiveOrReloading(from) && isActiveOrReloading(to)) unit.activeEnterUsec = engine.now;
  else if (isActiveOrReloading(from) && !isActiveOrReloading(to)) unit.activeExitUsec = engine.now;
}

function tell(engine: Engine, unit: UnitState, change: Change, to: ActiveState): void {
  if (change.fromSub === unit.sub && change.fromActive === to) return;
  emit(engine, {
    type: "unit-changed",
    unit: unit.name,
    fromActive: change.fromActive,
    fromSub: change.fromSub,
    active: to,
    sub: unit.sub,
    result: resultOf(unit),
  });
}

/** What the new state makes of a job. `unexpected`: no job led here, or this one did not want it. */
interface Verdict {
  readonly result: JobResult | null;
  readonly unexpected: boolean;
}

const GOES_ON: Verdict = { result: null, unexpected: false };
const DONE: Verdict = { result: "done", unexpected: false };

function judgeStart(job: Job, to: ActiveState): Verdict {
  if (isActiveOrReloading(to)) return DONE;
  if (job.state !== "running" || to === "activating") return GOES_ON;
  if (!isInactiveOrFailed(to)) return { result: null, unexpected: true };
  return { result: to === "failed" ? "failed" : "done", unexpected: true };
}

function judgeReload(job: Job, to: ActiveState, reloadOk: boolean): Verdict {
  if (job.state !== "running") return GOES_ON;
  if (to === "active") return { result: reloadOk ? "done" : "failed", unexpected: false };
  if (to === "activating" || to === "reloading" || to === "refreshing") return GOES_ON;
  return { result: reloadOk ? "canceled" : "failed", unexpected: true };
}

function judgeStop(job: Job, to: ActiveState): Verdict {
  if (isInactiveOrFailed(to)) return DONE;
  if (job.state !== "running" || to === "deactivating") return GOES_ON;
  return { result: "failed", unexpected: true };
}

function judge(job: Job, to: ActiveState, reloadOk: boolean): Verdict {
  switch (job.type) {
    case "start":
    case "verify-active":
      return judgeStart(job, to);
    case "reload":
      return judgeReload(job, to, reloadOk);
    case "stop":
    case "restart":
      return judgeStop(job, to);
    case "nop":
      return GOES_ON;
  }
}

/** True: the change was not asked for by a job. */
function processJob(engine: Engine, unit: UnitState, to: ActiveState, reloadOk: boolean): boolean {
  const job = unit.job;
  if (job === null) return true;
  if (job.state === "waiting") addToRunQueue(engine, job);
  const verdict = judge(job, to, reloadOk);
  if (verdict.result !== null) finishJob(engine, job, verdict.result, { recursive: true, already: false });
  return verdict.unexpected;
}

function addJobs(
  engine: Engine,
  unit: UnitState,
  atom: readonly LinkKind[],
  job: "start" | "stop",
  mode: "replace" | "fail",
): void {
  for (const other of linkedByAtom(engine.graph, unit, atom)) {
    if (job === "start" && hasLink(engine.graph, unit, "After", other)) continue;
    const state = activeState(other);
    if (job === "start" ? isActiveOrActivating(state) : isInactiveOrDeactivating(state)) continue;
    const unless = job === "start" ? "active" : "inactive";
    engine.work.push({ kind: "add-job", unit: other, job, mode, unless, why: null, by: unit });
  }
}

/** The unit came up or went down on its own: its dependencies follow after the fact. */
function followUnexpected(engine: Engine, unit: UnitState, from: ActiveState, to: ActiveState): void {
  if (isInactiveOrFailed(from) && isActiveOrActivating(to)) {
    addJobs(engine, unit, ATOM.retroactiveStartReplace, "start", "replace");
    addJobs(engine, unit, ATOM.retroactiveStartFail, "start", "fail");
    addJobs(engine, unit, ATOM.retroactiveStopOnStart, "stop", "replace");
  } else if (wentDown(unit, from, to)) {
    addJobs(engine, unit, ATOM.retroactiveStopOnStop, "stop", "replace");
  }
}

/**
 * With RestartMode=direct nobody else may see a restart; and whether there will be one is known when the last process
 * has gone, which had to be asked for.
 */
function wentDown(unit: UnitState, from: ActiveState, to: ActiveState): boolean {
  const isDirect = unit.kind === "service" && unit.model.service.restartMode === "direct";
  if (isDirect) return !isInactiveOrFailed(from) && isInactiveOrFailed(to);
  return isActiveOrActivating(from) && isInactiveOrDeactivating(to);
}

function terminationDependencies(engine: Engine, unit: UnitState, from: ActiveState, to: ActiveState): void {
  const wasUp = from !== "failed" && from !== "inactive" && from !== "maintenance";
  if (to === "inactive" && wasUp) addTerminationJobs(engine, unit, "OnSuccess");
  else if (to === "failed" && from !== "failed") addTerminationJobs(engine, unit, "OnFailure");
}

/** How the unit's main process ended, for the container's exit code; null: it has no such process. */
export function ownExitStatus(engine: Engine, unit: UnitState): number | null {
  if (unit.kind !== "service" || unit.execMain === null || unit.execMain.exitUsec === null) return null;
  const { code, status } = unit.execMain;
  if (code === "exited") return status;
  return engine.options.commandUnit === unit.name ? 128 + status : 255;
}

function addEmergency(
  engine: Engine,
  action: EmergencyAction,
  exitStatus: number | null,
  reason: string,
): void {
  if (action !== "none") engine.work.push({ kind: "emergency", action, exitStatus, reason });
}

/** FailureAction= and SuccessAction=. A failure without any process of its own to blame is no success: 255. */
function actions(engine: Engine, unit: UnitState, from: ActiveState, to: ActiveState): void {
  const settings = unit.model?.unit;
  if (settings === undefined) return;
  if (from !== "failed" && to === "failed") {
    const status = settings.failureActionExitStatus ?? ownExitStatus(engine, unit) ?? 255;
    addEmergency(engine, settings.failureAction, status, `unit ${unit.name} failed`);
  } else if (!isInactiveOrFailed(from) && to === "inactive") {
    const status = settings.successActionExitStatus ?? ownExitStatus(engine, unit);
    addEmergency(engine, settings.successAction, status, `unit ${unit.name} succeeded`);
  }
}

function addLinked(engine: Engine, set: Set<UnitState>, unit: UnitState, atom: readonly LinkKind[]): void {
  for (const other of linkedByAtom(engine.graph, unit, atom)) set.add(other);
}

function queueChecks(engine: Engine, unit: UnitState, to: ActiveState): void {
  if (isInactiveOrFailed(to)) {
    addLinked(engine, engine.checkUnneeded, unit, ATOM.checkUnneeded);
    addLinked(engine, engine.checkBound, unit, ATOM.checkBound);
    engine.checkUpheld.add(unit);
    engine.settled.add(unit);
    engine.stopNotify = true;
  } else if (isActiveOrReloading(to)) {
    addLinked(engine, engine.checkUpheld, unit, ATOM.checkUpheld);
    engine.checkUnneeded.add(unit);
    engine.checkBound.add(unit);
  }
}

export function notifyUnit(engine: Engine, unit: UnitState, change: Change): void {
  const from = change.fromActive;
  const to = activeState(unit);
  stamp(engine, unit, from, to);
  tell(engine, unit, change, to);
  if (processJob(engine, unit, to, change.reloadOk)) followUnexpected(engine, unit, from, to);
  terminationDependencies(engine, unit, from, to);
  engine.triggerNotify.add(unit);
  actions(engine, unit, from, to);
  queueChecks(engine, unit, to);
}
