/** What somebody asks for over the control interface, checked and answered in the words of systemctl(1). */

import type { RequestError } from "../effect.ts";
import { type Engine, emit, log } from "../engine.ts";
import type { JobCanceled, JobRequested } from "../event.ts";
import { findUnit } from "../graph.ts";
import type { JobId, JobRequest, UnitState } from "../state.ts";
import { activeState, isActiveOrReloading } from "../unit/active-state.ts";
import { addJob } from "./add-job.ts";
import { finishJob } from "./job.ts";
import { canReload } from "./transaction.ts";

export function reply(
  engine: Engine,
  requestId: number,
  error: RequestError | null,
  job: JobId | null = null,
): void {
  emit(engine, { type: "reply", requestId, error, job });
}

export function noSuchUnit(message: string): RequestError {
  return { name: "org.freedesktop.systemd1.NoSuchUnit", message };
}

/** reload-or-restart and its sister reload where the unit can. */
function resolveRequest(engine: Engine, unit: UnitState, request: JobRequest): JobRequest {
  if (request === "reload-or-restart") return canReload(engine, unit) ? "reload-or-start" : "restart";
  if (request === "reload-or-try-restart") return canReload(engine, unit) ? "try-reload" : "try-restart";
  return request;
}

function startsManually(unit: UnitState, request: JobRequest): boolean {
  if (request === "reload-or-start") return !isActiveOrReloading(activeState(unit));
  return request === "start" || request === "restart" || request === "try-restart";
}

function isRefusedManually(unit: UnitState, request: JobRequest): boolean {
  const settings = unit.model?.unit;
  if (settings === undefined) return false;
  const stops = request === "stop" || request === "restart" || request === "try-restart";
  return (
    (settings.refuseManualStart && startsManually(unit, request)) || (settings.refuseManualStop && stops)
  );
}

function checkRequest(unit: UnitState, request: JobRequest): RequestError | null {
  const isBroken = ["not-found", "error", "bad-setting"].includes(unit.loadState);
  if (request === "stop" && isBroken && activeState(unit) === "inactive") {
    return noSuchUnit(`Unit ${unit.name} not loaded.`);
  }
  if (!isRefusedManually(unit, request)) return null;
  const message = `Operation refused, unit ${unit.name} may be requested by dependency only (it is configured to refuse manual start/stop).`;
  return { name: "org.freedesktop.systemd1.OnlyByDependency", message };
}

function addRequested(engine: Engine, unit: UnitState, request: JobRequest, event: JobRequested): void {
  const outcome = addJob(engine, unit, request, event.mode, [event.requestId]);
  if (outcome.ok) {
    reply(engine, event.requestId, null, outcome.anchor.id);
    return;
  }
  log(engine, "notice", unit, `Cannot ${request} ${unit.name}: ${outcome.error.message}`);
  reply(engine, event.requestId, outcome.error);
}

export function requestJob(engine: Engine, event: JobRequested): void {
  const unit = findUnit(engine.graph, event.unit);
  if (unit === undefined) {
    const how = event.job === "stop" ? "not loaded" : "not found";
    reply(engine, event.requestId, noSuchUnit(`Unit ${event.unit} ${how}.`));
    return;
  }
  const request = resolveRequest(engine, unit, event.job);
  const refused = checkRequest(unit, request);
  if (refused !== null) reply(engine, event.requestId, refused);
  else addRequested(engine, unit, request, event);
}

export function cancelJob(engine: Engine, event: JobCanceled): void {
  if (event.job === null) {
    for (const job of [...engine.jobs.values()])
      finishJob(engine, job, "canceled", { recursive: false, already: false });
    reply(engine, event.requestId, null);
    return;
  }
  const job = engine.jobs.get(event.job);
  if (job === undefined) {
    const message = `Job ${event.job} does not exist.`;
    reply(engine, event.requestId, { name: "org.freedesktop.systemd1.NoSuchJob", message });
    return;
  }
  finishJob(engine, job, "canceled", { recursive: true, already: false });
  reply(engine, event.requestId, null);
}
