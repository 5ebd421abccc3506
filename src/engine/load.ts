/**
 * Units come from their files (systemd's manager_reload, but without forgetting anything on the way): new ones are
 * added, known ones get new settings and keep their state, those that are gone are forgotten as soon as they are down.
 */

import { type Engine, emit } from "./engine.ts";
import type { UnitReferenced, UnitsLoaded } from "./event.ts";
import { findUnit, rebuildGraph } from "./graph.ts";
import { addToRunQueue } from "./job/job.ts";
import type { UnitState } from "./state.ts";
import { activeState, isInactiveOrFailed } from "./unit/active-state.ts";
import { freshState, placeholderState, withModel } from "./unit/unit-state.ts";

function isName(unit: UnitState): boolean {
  return unit.kind === "passive" && unit.model === null;
}

function canGo(unit: UnitState): boolean {
  return isInactiveOrFailed(activeState(unit)) && unit.job === null && unit.nopJob === null;
}

/** A unit that is not on disk any more goes on as it is, without being startable. */
function keepVanished(engine: Engine, unit: UnitState): boolean {
  if (unit.transient) return true;
  if (canGo(unit)) {
    emit(engine, { type: "unit-removed", unit: unit.name });
    return false;
  }
  unit.loadState = "not-found";
  unit.loadError = null;
  return true;
}

/** Names are made anew from what refers to them, unless somebody waits for one. */
function survivors(engine: Engine, event: UnitsLoaded, loaded: ReadonlyMap<string, UnitState>): UnitState[] {
  const kept: UnitState[] = [];
  for (const unit of engine.graph.units.values()) {
    if (loaded.has(unit.name)) continue;
    if (isName(unit) ? unit.job !== null : !event.complete || keepVanished(engine, unit)) kept.push(unit);
  }
  return kept;
}

function loadedStates(engine: Engine, event: UnitsLoaded): Map<string, UnitState> {
  const loaded = new Map<string, UnitState>();
  for (const model of event.units) {
    const known = engine.graph.units.get(model.name);
    const unit = known === undefined ? freshState(model) : withModel(known, model);
    if (known !== undefined && engine.timed.delete(known)) engine.timed.add(unit);
    loaded.set(model.name, unit);
  }
  return loaded;
}

function markTransient(names: readonly string[], units: ReadonlyMap<string, UnitState>): void {
  for (const name of names) {
    const unit = units.get(name);
    if (unit === undefined) continue;
    unit.transient = true;
    unit.referenced = true;
  }
}

function addStubs(engine: Engine, stubs: readonly string[], units: Map<string, UnitState>): void {
  for (const name of stubs) {
    if (units.has(name) || engine.graph.units.get(name)?.kind === "service") continue;
    const stub = placeholderState(name);
    stub.loadState = "stub";
    units.set(name, stub);
  }
}

export function referenceUnit(engine: Engine, event: UnitReferenced): void {
  const unit = findUnit(engine.graph, event.unit);
  if (unit === undefined) return;
  unit.referenced = event.referenced;
  engine.settled.add(unit);
}

export function loadUnits(engine: Engine, event: UnitsLoaded): void {
  const loaded = loadedStates(engine, event);
  const kept = survivors(engine, event, loaded);
  addStubs(engine, event.stubs, loaded);
  markTransient(event.transient ?? [], loaded);
  rebuildGraph(engine.graph, [...kept.filter((unit) => !loaded.has(unit.name)), ...loaded.values()]);
  engine.waits.clear();
  for (const job of engine.jobs.values()) if (job.state === "waiting") addToRunQueue(engine, job);
}
