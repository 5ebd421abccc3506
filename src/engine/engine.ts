/**
 * The engine while it runs: the units with their graph, the work that one step has still to do, and the effects it
 * has had so far. Only step.ts hands it out and takes events; every other file works on parts of it.
 *
 * Within a step nothing recurses over the dependency graph. What one unit's change means for other units is put into
 * `work` (a result for a job, a job to be added, a socket to be told about its service) or into one of the sets of
 * units to be checked, and drain.ts empties these in a fixed order before it runs the next job.
 */
import type { Usec } from "../base/time.ts";
import type { EmergencyAction, JobMode } from "../unit/model.ts";
import { derivedInvocationId, parseSeed, type Seed } from "./derive.ts";
import type { Effect, LogLevel } from "./effect.ts";
import { emptyGraph, type Graph } from "./graph.ts";
import type { Wait } from "./job/wait.ts";
import type {
  EngineOptions,
  Job,
  JobId,
  JobRequest,
  JobResult,
  PendingConnection,
  ServiceState,
  ShutdownState,
  SocketState,
  UnitState,
} from "./state.ts";

/** What one unit's change asks to be done elsewhere, in order. */
export type Work =
  | { readonly kind: "finish-job"; readonly job: Job; readonly result: JobResult }
  | {
      readonly kind: "add-job";
      readonly unit: UnitState;
      readonly job: JobRequest;
      readonly mode: JobMode;
      /** Only if the unit's state is still of this sort when its turn comes. */
      readonly unless: "active" | "inactive" | null;
      /** "OnFailure=" and so on: said when it fails; null: nobody is told. */
      readonly why: string | null;
      readonly by: UnitState;
    }
  | { readonly kind: "auto-restart"; readonly service: ServiceState }
  | { readonly kind: "propagate-reload"; readonly unit: UnitState }
  | {
      readonly kind: "emergency";
      readonly action: EmergencyAction;
      readonly exitStatus: number | null;
      readonly reason: string;
    };

export interface Engine {
  readonly options: EngineOptions;
  readonly seed: Seed;
  now: Usec;
  nextJobId: JobId;
  nextToken: number;
  invocations: number;
  readonly graph: Graph;
  /** Installed jobs by id, nop jobs too. */
  readonly jobs: Map<JobId, Job>;
  /** Processes that machines wait for. */
  readonly pids: Map<number, UnitState>;
  readonly timers: Map<string, Usec>;
  /** Units that have, or once had, a timer among these. */
  readonly timed: Set<UnitState>;
  readonly pendingConnections: Map<number, PendingConnection>;
  shutdown: ShutdownState | null;
  jobsPending: boolean;

  /** Of the present step; empty between steps. */
  effects: Effect[];
  readonly runQueue: Set<Job>;
  /** Why jobs don't run yet, as far as it is known; rebuilt at need. */
  readonly waits: Map<Job, Wait>;
  readonly work: Work[];
  /** Sockets to be told that their service changed: the services. */
  readonly triggerNotify: Set<UnitState>;
  readonly checkUnneeded: Set<UnitState>;
  readonly checkBound: Set<UnitState>;
  readonly checkUpheld: Set<UnitState>;
  /** Units that went down: resources to release, instances to forget. */
  readonly settled: Set<UnitState>;
  /** A unit stopped: sockets in `deferred` look again. */
  stopNotify: boolean;
  /** Sockets in `deferred`. */
  readonly deferred: Set<SocketState>;
}

export function emptyEngine(options: EngineOptions): Engine {
  return {
    options,
    seed: parseSeed(options.seed),
    now: 0,
    nextJobId: 1,
    nextToken: 1,
    invocations: 0,
    graph: emptyGraph(),
    jobs: new Map(),
    pids: new Map(),
    timers: new Map(),
    timed: new Set(),
    pendingConnections: new Map(),
    shutdown: null,
    jobsPending: false,
    effects: [],
    runQueue: new Set(),
    waits: new Map(),
    work: [],
    triggerNotify: new Set(),
    checkUnneeded: new Set(),
    checkBound: new Set(),
    checkUpheld: new Set(),
    settled: new Set(),
    stopNotify: false,
    deferred: new Set(),
  };
}

export function emit(engine: Engine, effect: Effect): void {
  engine.effects.push(effect);
}

export function log(engine: Engine, level: LogLevel, unit: UnitState | null, message: string): void {
  engine.effects.push({ type: "log", level, unit: unit?.name ?? null, message, fields: null });
}

export function nextToken(engine: Engine): number {
  const token = engine.nextToken;
  engine.nextToken += 1;
  return token;
}

/** A new life of the unit begins. */
export function acquireInvocationId(engine: Engine, unit: UnitState): void {
  engine.invocations += 1;
  unit.invocationId = derivedInvocationId(engine.seed, engine.invocations);
}

/** An internal rule is broken: a bug, to be caught and logged by the runtime's outer boundary. */
export function broken(message: string): never {
  throw new Error(`engine: ${message}`);
}
