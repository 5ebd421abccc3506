/** systemctl reset-failed and systemctl clean. */
import { cleanable } from "../../unit/value/cleanable.ts";
import type { RequestError } from "../effect.ts";
import type { Engine } from "../engine.ts";
import { emit } from "../engine.ts";
import type { CleanRequested, ResetFailed } from "../event.ts";
import { findUnit } from "../graph.ts";
import { noSuchUnit, reply } from "../job/request.ts";
import { setServiceState } from "../service/service-state.ts";
import { enterDead, restState } from "../service/service-stop.ts";
import { setSocketState } from "../socket/socket-state.ts";
import type { ServiceState, UnitState } from "../state.ts";
import { resetWindow } from "./rate-limit.ts";

function resetService(engine: Engine, s: ServiceState): void {
  if (s.sub === "failed") setServiceState(engine, s, restState(s));
  s.result = "success";
  s.reloadResult = "success";
  s.cleanResult = "success";
  s.nRestarts = 0;
  s.flushRestarts = false;
}

function resetUnit(engine: Engine, unit: UnitState): void {
  if (unit.kind === "service") {
    resetService(engine, unit);
  } else if (unit.kind === "socket") {
    if (unit.sub === "failed") setSocketState(engine, unit, "dead");
    unit.result = "success";
  }
  resetWindow(unit.startLimit);
  unit.startLimitHit = false;
}

export function resetFailed(engine: Engine, event: ResetFailed): void {
  if (event.unit === null) {
    for (const unit of engine.graph.units.values()) resetUnit(engine, unit);
    reply(engine, event.requestId, null);
    return;
  }
  const unit = findUnit(engine.graph, event.unit);
  if (unit === undefined) {
    reply(engine, event.requestId, noSuchUnit(`Unit ${event.unit} not loaded.`));
    return;
  }
  resetUnit(engine, unit);
  reply(engine, event.requestId, null);
}

/** Only what is down can be cleaned. A service can't be started meanwhile. */
export function requestClean(engine: Engine, event: CleanRequested): void {
  const unit = findUnit(engine.graph, event.unit);
  const refusal = unit === undefined ? noSuchUnit(`Unit ${event.unit} not found.`) : refuseClean(unit, event);
  if (unit !== undefined && refusal === null) {
    if (unit.kind === "service") {
      unit.cleanResult = "success";
      setServiceState(engine, unit, "cleaning");
    }
    emit(engine, { type: "clean", unit: unit.name, what: event.what });
  }
  reply(engine, event.requestId, refusal);
}

/** systemd's names and words. */
function refuseClean(unit: UnitState, { what }: CleanRequested): RequestError | null {
  const refuse = (name: string, message: string): RequestError => ({
    name: `org.freedesktop.systemd1.${name}`,
    message,
  });
  if (unit.kind === "passive")
    return refuse("NotSupported", `Unit '${unit.name}' does not support cleaning.`);
  if ((unit.sub !== "dead" && unit.sub !== "dead-resources-pinned") || unit.job !== null)
    return refuse("UnitBusy", "Unit is not inactive or has pending job.");
  if (!cleanable(unit.model).some((kind) => what.includes(kind)))
    return refuse("NothingToClean", "No matching resources found.");
  return null;
}

export function cleaned(engine: Engine, s: ServiceState, ok: boolean): void {
  if (s.sub !== "cleaning") return;
  if (!ok && s.cleanResult === "success") s.cleanResult = "exit-code";
  enterDead(engine, s, "success", false);
}
