/**
 * A unit is down and has no job: what was kept for it is released, and a unit that was made for one purpose, or whose
 * file is gone, is forgotten (systemd's release-resources and garbage collection queues).
 */

import { type Engine, emit } from "../engine.ts";
import { removeUnit } from "../graph.ts";
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

function mayForget(unit: UnitState): boolean {
  if (!unit.transient || unit.model === null) return false;
  return activeState(unit) === "inactive" || unit.model.unit.collectMode === "inactive-or-failed";
}

export function forgetUnit(engine: Engine, unit: UnitState): void {
  clearUnitTimer(engine, unit, "check");
  engine.timed.delete(unit);
  removeUnit(engine.graph, unit);
  emit(engine, { type: "unit-removed", unit: unit.name });
}

export function settleUnit(engine: Engine, unit: UnitState): void {
  if (!isInactiveOrFailed(activeState(unit)) || unit.job !== null || unit.nopJob !== null) return;
  if (unit.kind === "service") releaseService(engine, unit);
  if (mayForget(unit)) forgetUnit(engine, unit);
}
