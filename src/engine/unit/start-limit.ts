/** StartLimitIntervalSec= and StartLimitBurst= (systemd.unit(5)): how often a unit may be started, of any kind. */
import { type Engine, log } from "../engine.ts";
import type { UnitState } from "../state.ts";
import { countWithin } from "./rate-limit.ts";

/** Counts one start; false: it is one too many, and StartLimitAction= is taken. */
export function countStart(engine: Engine, unit: UnitState): boolean {
  const settings = unit.model?.unit;
  if (settings === undefined) return true;
  if (countWithin(unit.startLimit, settings.startLimit, engine.now)) {
    unit.startLimitHit = false;
    return true;
  }
  log(engine, "warning", unit, "Start request repeated too quickly.");
  unit.startLimitHit = true;
  if (settings.startLimitAction !== "none") {
    const reason = `unit ${unit.name} failed`;
    engine.work.push({ kind: "emergency", action: settings.startLimitAction, exitStatus: null, reason });
  }
  return false;
}
