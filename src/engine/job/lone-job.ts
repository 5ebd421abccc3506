/**
 * The short way to a start that brings nothing else with it: all that it pulls in is as it should be, and no job that
 * is there says otherwise. That is how nearly every connection's instance starts, whose dependencies came up long ago.
 *
 * A transaction would find the same: each job that the start pulls in is redundant and would be dropped, none of them
 * leads further, nothing contradicts anything, and without a later job there is no cycle. It would only take longer.
 * Where anything is not quite so plain the answer is no, and the transaction is built.
 */

import type { Engine } from "../engine.ts";
import { ATOM, type LinkKind, linked } from "../graph.ts";
import type { JobType, UnitState } from "../state.ts";
import { activeState, isActiveOrReloading, isInactiveOrFailed } from "../unit/active-state.ts";
import { areConflicting } from "./job-merge.ts";

const UP: readonly LinkKind[] = [...ATOM.pullInStart, ...ATOM.pullInStartIgnored, ...ATOM.pullInVerify];
const DOWN: readonly LinkKind[] = [...ATOM.pullInStop, ...ATOM.pullInStopIgnored];

function isContradicted(unit: UnitState, type: JobType): boolean {
  return unit.job !== null && areConflicting(type, unit.job.type);
}

function isUp(unit: UnitState): boolean {
  return (
    unit.loadState === "loaded" && isActiveOrReloading(activeState(unit)) && !isContradicted(unit, "start")
  );
}

function isDown(unit: UnitState): boolean {
  return isInactiveOrFailed(activeState(unit)) && !isContradicted(unit, "stop");
}

function every(
  engine: Engine,
  unit: UnitState,
  kinds: readonly LinkKind[],
  holds: (other: UnitState) => boolean,
): boolean {
  for (let i = 0; i < kinds.length; i++) {
    const others = linked(engine.graph, unit, kinds[i] as LinkKind);
    if (others.size === 0) continue;
    for (const other of others) if (!holds(other)) return false;
  }
  return true;
}

/** No job is there for a unit that comes after this one. */
function isLast(engine: Engine, unit: UnitState): boolean {
  if (engine.jobs.size === 0) return true;
  for (const other of linked(engine.graph, unit, "Before")) if (other.job !== null) return false;
  return true;
}

/** Would a transaction for a start of this unit, in mode `replace` or `fail`, be that one job? */
export function startsAlone(engine: Engine, unit: UnitState): boolean {
  return (
    unit.loadState === "loaded" &&
    unit.job === null &&
    isLast(engine, unit) &&
    every(engine, unit, UP, isUp) &&
    every(engine, unit, DOWN, isDown)
  );
}
