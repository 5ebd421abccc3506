/**
 * How long a phase of a unit's stop may take. Normally that is the unit's own timeout. While the container is being
 * stopped all units together have one budget: when a unit's stop begins it gets its part of what is left, by how many
 * steps the longest chain of stops from it on has, and each phase gets a part of that, so that what comes after it
 * (SIGKILL, ExecStopPost=) still fits in.
 */
import { addUsec, type Usec } from "../../base/time.ts";
import type { Engine } from "../engine.ts";
import type { ShutdownState, UnitState } from "../state.ts";

export type StopPhase = "stop" | "sigterm" | "sigkill" | "stop-post" | "final-sigterm" | "final-sigkill";

function shareOf(phase: StopPhase, hasStopPost: boolean): number {
  switch (phase) {
    case "stop":
      return 0.5;
    case "sigterm":
      return hasStopPost ? 0.6 : 0.85;
    case "sigkill":
    case "stop-post":
    case "final-sigterm":
      return 0.6;
    case "final-sigkill":
      return 1;
  }
}

/** Kept back at the very end, for the last SIGKILL and the exit itself. */
const RESERVE: Usec = 250_000;

/** The unit's part of what is left, as a point in time. */
export function partOfBudget(engine: Engine, shutdown: ShutdownState, unit: UnitState): Usec {
  const left = Math.max(0, shutdown.deadline - engine.now);
  const usable = left - Math.min(RESERVE, left / 16);
  return engine.now + Math.floor(usable / (shutdown.heights[unit.name] ?? 1));
}

/** When this unit must be down. */
export function unitDeadline(engine: Engine, shutdown: ShutdownState, unit: UnitState): Usec {
  const known = shutdown.unitDeadlines[unit.name];
  if (known !== undefined) return known;
  const deadline = partOfBudget(engine, shutdown, unit);
  shutdown.unitDeadlines[unit.name] = deadline;
  return deadline;
}

/** When the phase that begins now is over, given the unit's own timeout. */
export function phaseEnd(
  engine: Engine,
  unit: UnitState,
  phase: StopPhase,
  own: Usec,
  hasStopPost: boolean,
): Usec {
  const at = addUsec(engine.now, own);
  if (engine.shutdown === null) return at;
  const left = Math.max(0, unitDeadline(engine, engine.shutdown, unit) - engine.now);
  return Math.min(at, engine.now + Math.floor(left * shareOf(phase, hasStopPost)));
}

/** EXTEND_TIMEOUT_USEC= can't go beyond the container's end. */
export function capExtension(engine: Engine, unit: UnitState, at: Usec): Usec {
  const shutdown = engine.shutdown;
  if (shutdown === null || shutdown.unitDeadlines[unit.name] === undefined) return at;
  return Math.min(at, unitDeadline(engine, shutdown, unit));
}
