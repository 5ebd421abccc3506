/**
 * A unit is down and has no job: what was kept for it is released, and a unit that was made for one purpose, or whose
 * file is gone, is forgotten (systemd's release-resources and garbage collection queues).
 */

import { type Engine, emit } from "../engine.ts";
import { linked, removeUnit } from "../graph.ts";
import { setServiceState } from "../service/service-state.ts";
import { willRestart } from "../service/service-stop.ts";
import { releaseConnection } from "../socket/socket-trigger.ts";
import type { ServiceState, UnitState } from "../state.ts";
import { clearUnitTimer } from "../timer.ts";
import { activeState, isInactiveOrFailed } from "./active-state.ts";

function releaseService(engine: Engine, s: ServiceState): void {
  if (willRestart(s)) return;
  releaseConnection(engine, s);
  if (s.fdStoreCount === 0) {
    if (s.sub === "dead-resources-pinned") setServiceState(engine, s, "dead");
  } else if (s.model.service.fileDescriptorStorePreserve !== "yes") {
    emit(engine, { type: "release-fd-store", unit: s.name });
  }
}

/** What is still there starts it: a socket that is listening for it, for one, but not for its one connection. */
function hasTrigger(engine: Engine, unit: UnitState): boolean {
  for (const other of linked(engine.graph, unit, "TriggeredBy")) {
    const isOver = other.model === null || (other.kind === "socket" && other.model.socket.accept);
    if (!isOver) return true;
  }
  return false;
}

function mayForget(engine: Engine, unit: UnitState): boolean {
  if (!unit.transient || unit.referenced || unit.model === null || hasTrigger(engine, unit)) return false;
  return activeState(unit) === "inactive" || unit.model.unit.collectMode === "inactive-or-failed";
}

export function forgetUnit(engine: Engine, unit: UnitState): void {
  for (const other of linked(engine.graph, unit, "Triggers")) engine.settled.add(other);
  clearUnitTimer(engine, unit, "check");
  engine.timed.delete(unit);
  removeUnit(engine.graph, unit);
  emit(engine, { type: "unit-removed", unit: unit.name });
}

export function settleUnit(engine: Engine, unit: UnitState): void {
  if (!isInactiveOrFailed(activeState(unit)) || unit.job !== null || unit.nopJob !== null) return;
  if (unit.kind === "service") releaseService(engine, unit);
  if (mayForget(engine, unit)) forgetUnit(engine, unit);
}
