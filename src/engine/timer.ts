/**
 * The timers that the runtime keeps for the engine. An id is "state/UNIT" for a machine's own timeout, "watchdog/UNIT",
 * "poll/UNIT", "pause/UNIT", "check/UNIT", "job/ID", "shutdown" or "drain"; setting one that is armed moves
 * it.
 */
import { USEC_INFINITY, type Usec } from "../base/time.ts";
import { type Engine, emit } from "./engine.ts";
import type { UnitState } from "./state.ts";

export type TimerPurpose = "state" | "watchdog" | "poll" | "pause" | "check";

/** For those who look a timer up; what sets and clears one takes the unit. */
export function timerId(purpose: TimerPurpose, unit: UnitState): string {
  return `${purpose}/${unit.name}`;
}

/** Arms `id` for a point in time; never arrives: disarms it. */
export function setTimer(engine: Engine, id: string, at: Usec): void {
  if (at >= USEC_INFINITY) {
    clearTimer(engine, id);
    return;
  }
  if (engine.timers.get(id) === at) return;
  engine.timers.set(id, at);
  emit(engine, { type: "set-timer", id, at });
}

export function clearTimer(engine: Engine, id: string): void {
  if (engine.timers.delete(id)) emit(engine, { type: "clear-timer", id });
}

/** A unit's timer, as `setTimer`. */
export function setUnitTimer(engine: Engine, unit: UnitState, purpose: TimerPurpose, at: Usec): void {
  if (at >= USEC_INFINITY) {
    clearUnitTimer(engine, unit, purpose);
    return;
  }
  engine.timed.add(unit);
  setTimer(engine, timerId(purpose, unit), at);
}

/** Asked for at each change of a unit's state, mostly of units that never had a timer. */
export function clearUnitTimer(engine: Engine, unit: UnitState, purpose: TimerPurpose): void {
  if (engine.timed.has(unit)) clearTimer(engine, timerId(purpose, unit));
}
