/**
 * The engine as plain data and back (daemon-reexec, simulation). Only between steps: then all queues are empty, and
 * what is not in the state can be computed from it.
 */

import type { Usec } from "../base/time.ts";
import type { Effect } from "./effect.ts";
import { broken, type Engine, emptyEngine } from "./engine.ts";
import { findUnit, rebuildGraph } from "./graph.ts";
import type { EngineState, Process, UnitState } from "./state.ts";

/** Shares its records with the engine: turn it into text, or copy it, before the next step. */
export function saveEngine(engine: Engine): EngineState {
  if (engine.work.length > 0) broken("saved in the middle of a step");
  return {
    version: 1,
    options: engine.options,
    now: engine.now,
    nextJobId: engine.nextJobId,
    nextToken: engine.nextToken,
    invocations: engine.invocations,
    units: [...engine.graph.units.values()],
    timers: [...engine.timers].map(([id, at]) => ({ id, at })),
    pendingConnections: [...engine.pendingConnections.values()],
    shutdown: engine.shutdown,
    jobsPending: engine.jobsPending,
  };
}

function indexProcess(engine: Engine, unit: UnitState, process: Process | null): void {
  if (process !== null && process.pid !== null) engine.pids.set(process.pid, unit);
}

/** In the order in which they were installed. */
function indexJobs(engine: Engine, units: readonly UnitState[]): void {
  const jobs = units.flatMap((unit) => [unit.job, unit.nopJob]).filter((job) => job !== null);
  jobs.sort((a, b) => a.id - b.id);
  for (const job of jobs) engine.jobs.set(job.id, job);
}

function indexUnit(engine: Engine, unit: UnitState): void {
  if (unit.kind === "service") indexProcess(engine, unit, unit.main);
  if (unit.kind !== "passive") indexProcess(engine, unit, unit.control);
  if (unit.kind === "socket" && unit.sub === "deferred") engine.deferred.add(unit);
}

function restoreTimer(engine: Engine, id: string, at: Usec): void {
  engine.timers.set(id, at);
  const unit = findUnit(engine.graph, id.slice(id.indexOf("/") + 1));
  if (unit !== undefined) engine.timed.add(unit);
}

/** Takes the state over. */
export function restoreEngine(state: EngineState): Engine {
  const engine = emptyEngine(state.options);
  engine.now = state.now;
  engine.nextJobId = state.nextJobId;
  engine.nextToken = state.nextToken;
  engine.invocations = state.invocations;
  engine.shutdown = state.shutdown;
  engine.jobsPending = state.jobsPending;
  rebuildGraph(engine.graph, state.units);
  for (const { id, at } of state.timers) restoreTimer(engine, id, at);
  for (const pending of state.pendingConnections) engine.pendingConnections.set(pending.connection, pending);
  indexJobs(engine, state.units);
  if (engine.timers.has("drain")) for (const job of engine.jobs.values()) engine.runQueue.add(job);
  for (const unit of state.units) indexUnit(engine, unit);
  return engine;
}

/** What a new process has to be told to go on where the old one stopped: its timers and what it polls. */
export function resumeEffects(engine: Engine): Effect[] {
  const effects: Effect[] = [];
  for (const [id, at] of engine.timers) effects.push({ type: "set-timer", id, at });
  for (const unit of engine.graph.units.values()) {
    if (unit.kind !== "socket" || !unit.watched) continue;
    effects.push({ type: "watch-socket", unit: unit.name });
    for (const listener of unit.pausedListeners)
      effects.push({ type: "pause-listener", unit: unit.name, listener });
  }
  return effects;
}
