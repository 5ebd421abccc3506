/**
 * Targets, and the unit kinds that a container has no work for (slices, mounts, …): names to meet at. They are up as
 * soon as they are started, and down as soon as they are stopped.
 */

import { acquireInvocationId, type Engine } from "../engine.ts";
import type { RunOutcome } from "../job/run-outcome.ts";
import type { PassiveState, PassiveSubState } from "../state.ts";
import { passiveActiveState } from "./active-state.ts";
import { countStart } from "./start-limit.ts";
import { notifyUnit } from "./unit-notify.ts";

export function setPassiveState(engine: Engine, unit: PassiveState, sub: PassiveSubState): void {
  const fromSub = unit.sub;
  unit.sub = sub;
  notifyUnit(engine, unit, { fromActive: passiveActiveState(fromSub), fromSub, reloadOk: true });
}

export function startPassive(engine: Engine, unit: PassiveState): RunOutcome {
  if (!countStart(engine, unit)) return "failed";
  acquireInvocationId(engine, unit);
  setPassiveState(engine, unit, "active");
  return "pending";
}

export function stopPassive(engine: Engine, unit: PassiveState): RunOutcome {
  setPassiveState(engine, unit, "dead");
  return "pending";
}
