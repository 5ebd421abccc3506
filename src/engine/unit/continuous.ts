/**
 * What holds as long as something else does, looked at after each change: StopWhenUnneeded=, Upholds= and BindsTo=
 * (systemd.unit(5)). Two of these can contradict each other, so each unit is started and stopped this way at most
 * sixteen times in ten seconds; then it waits.
 */
import { addUsec, USEC_PER_SEC } from "../../base/time.ts";
import type { JobMode, RateLimit } from "../../unit/model.ts";
import { type Engine, log } from "../engine.ts";
import { ATOM, linkedByAtom } from "../graph.ts";
import { addJob } from "../job/add-job.ts";
import { willRestart } from "../service/service-stop.ts";
import type { UnitState } from "../state.ts";
import { setUnitTimer } from "../timer.ts";
import { activeState, isActiveOrReloading, isInactiveOrFailed } from "./active-state.ts";
import { countWithin } from "./rate-limit.ts";

const LIMIT: RateLimit = { intervalUsec: 10 * USEC_PER_SEC, burst: 16 };

function isPinnedBy(other: UnitState): boolean {
  if (other.job !== null || !isInactiveOrFailed(activeState(other))) return true;
  return other.kind === "service" && willRestart(other);
}

function isUnneeded(engine: Engine, unit: UnitState): boolean {
  if (unit.model?.unit.stopWhenUnneeded !== true || activeState(unit) !== "active" || unit.job !== null)
    return false;
  return !linkedByAtom(engine.graph, unit, ATOM.pinsUnneeded).some(isPinnedBy);
}

function upholder(engine: Engine, unit: UnitState): UnitState | undefined {
  if (!isInactiveOrFailed(activeState(unit)) || unit.job !== null) return undefined;
  const others = linkedByAtom(engine.graph, unit, ATOM.startSteadily);
  return others.find((other) => other.job === null && isActiveOrReloading(activeState(other)));
}

function missingBond(engine: Engine, unit: UnitState): UnitState | undefined {
  if (activeState(unit) !== "active" || unit.job !== null) return undefined;
  const others = linkedByAtom(engine.graph, unit, ATOM.cannotBeActiveWithout);
  return others.find((other) => other.job === null && isInactiveOrFailed(activeState(other)));
}

function act(engine: Engine, unit: UnitState, job: "start" | "stop", mode: JobMode, why: string): void {
  const verb = job === "start" ? "starting" : "stopping";
  if (!countWithin(unit.autoStartStop, LIMIT, engine.now)) {
    log(engine, "warning", unit, `${why}, but not ${verb} since we tried this too often recently.`);
    setUnitTimer(
      engine,
      unit,
      "check",
      addUsec(unit.autoStartStop.beginUsec ?? engine.now, LIMIT.intervalUsec + 1),
    );
    return;
  }
  log(engine, "debug", unit, `${why}, ${verb}.`);
  const outcome = addJob(engine, unit, job, mode);
  if (!outcome.ok)
    log(engine, "warning", unit, `Failed to enqueue ${job} job, ignoring: ${outcome.error.message}`);
}

export function checkUnneeded(engine: Engine, unit: UnitState): void {
  if (isUnneeded(engine, unit)) act(engine, unit, "stop", "fail", "Unit not needed anymore");
}

export function checkUpheld(engine: Engine, unit: UnitState): void {
  const by = upholder(engine, unit);
  if (by !== undefined) act(engine, unit, "start", "fail", `Unit is upheld by active unit ${by.name}`);
}

export function checkBound(engine: Engine, unit: UnitState): void {
  const to = missingBond(engine, unit);
  if (to !== undefined) act(engine, unit, "stop", "replace", `Unit is bound to inactive unit ${to.name}`);
}
