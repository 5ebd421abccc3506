/**
 * The imperative shell's heart: one queue of engine events, and the record that all parts of the runtime share.
 *
 *     kernel ─▶ emit(event) ─▶ engine.step ─▶ effects ─▶ carryOut ─▶ kernel
 *                    ▲                                      │
 *                    └─────────── answers are events ◀──────┘
 *
 * Events are taken strictly one after the other: an answer that comes while effects are being carried out waits in
 * the queue. The engine never sees an event in the middle of another.
 */

import type { Usec } from "../base/time.ts";
import type { Effect } from "../engine/effect.ts";
import type { Engine } from "../engine/engine.ts";
import type { Event, ProcessExited } from "../engine/event.ts";
import { findUnit } from "../engine/graph.ts";
import type { UnitState } from "../engine/state.ts";
import { step } from "../engine/step.ts";
import type { Native } from "../host/native.ts";
import type { ServiceUnit, SocketUnit, Unit } from "../unit/model.ts";
import type { Activation } from "./adopt/activation.ts";
import type { InitOptions } from "./boot/options.ts";
import type { Bus } from "./bus/bus.ts";
import type { Requests } from "./control/requests.ts";
import type { Log } from "./log/log.ts";
import type { NotifySocket } from "./notify/notify-socket.ts";
import type { ContainerEnvironment } from "./process/environment.ts";
import type { PidFiles } from "./process/pid-files.ts";
import type { ProcessTable } from "./process/process-table.ts";
import type { SpawnContext } from "./process/spawn-context.ts";
import type { HandedStdio, SpawnOrder } from "./process/spawn-order.ts";
import type { AcceptPause } from "./socket/accept-pause.ts";
import type { Connections } from "./socket/connections.ts";
import type { FdStore } from "./socket/fd-store.ts";
import type { SocketTable } from "./socket/socket-table.ts";
import type { Timers } from "./timers.ts";
import type { UnitStore } from "./unit-store.ts";

/** An event before the clock is read. */
export type Happening = Event extends infer E ? (E extends Event ? Omit<E, "now"> : never) : never;

export interface Runtime {
  readonly host: Native;
  readonly log: Log;
  readonly options: InitOptions;
  readonly engine: Engine;
  readonly units: UnitStore;
  readonly sockets: SocketTable;
  /** What [X-Usher] asks for; null until a unit does. */
  activation: Activation | null;
  readonly loadActivation: () => Activation;
  /** The system bus; null until there is one. */
  bus: Bus | null;
  readonly loadBus: () => Bus;
  readonly connections: Connections;
  readonly processes: ProcessTable;
  readonly fdStore: FdStore;
  readonly pidFiles: PidFiles;
  readonly timers: Timers;
  readonly pauseAccept: AcceptPause;
  readonly requests: Requests;
  readonly spawnContext: SpawnContext;
  /** usher's own environment, which services inherit; `set-environment` changes it. */
  readonly environment: ContainerEnvironment;
  /** null: no notification socket could be made. */
  notify: NotifySocket | null;
  /** Descriptors of the notification that is being handled; whoever stores them empties the list. */
  arrivedFds: readonly number[];
  /** By unit. */
  readonly handedStdio: Map<string, HandedStdio>;
  /** Spawns in a forked child whose exec is not known yet, by pid. */
  readonly pendingSpawns: Map<number, PendingSpawn>;
  /** Type=idle commands that wait for the job queue to drain. */
  readonly idleSpawns: (() => void)[];
  /** Output pipes that the native framer reads. */
  readonly captures: Set<number>;
  /** The command given on the command line, once it runs. */
  foregroundPid: number;
  /** Set by the last effect; nothing is taken up after it. */
  ending: boolean;
  /** Told after each round of reaping, once the container is ending. */
  whenChildrenDied: (() => void) | null;
  /** Children that `systemctl clean` works with, and whose directories they remove. */
  readonly cleaners: Map<number, string>;
  /** Clients that wait for a state: told whenever all that followed from an event is done. */
  readonly settledFollowers: Set<() => void>;
  /** `logs -f`: told when the ring has grown. */
  readonly logFollowers: Set<() => void>;
  /** Monotonic times at which all early sockets listened and the boot unit was up; 0 before. */
  listeningUsec: Usec;
  finishedUsec: Usec;
  emit(happening: Happening): void;
  /** Children that were reaped and not told of yet. */
  readonly ends: Pick<ProcessExited, "pid" | "code" | "status">[];
  /** Ends what the callback that runs now has begun and may never finish, should it be ended itself; null: nothing. */
  abandon: (() => void) | null;
}

export interface PendingSpawn {
  readonly unit: string;
  readonly token: number;
  readonly order: SpawnOrder;
}

export interface Pump {
  /** Takes an event up; when it is the first, returns when all that follows from it is done. */
  emit(happening: Happening): void;
  /**
   * To be called when a callback of the event loop has failed. The script engine ends what runs too long without
   * running any `catch` or `finally`: then the pump was left in the middle, and says true. What took so long is not
   * tried again; all else is, with `goOn`.
   */
  recover(): boolean;
  goOn(): void;
}

/** The event pump. A step that throws is a bug: it is logged, and PID 1 goes on with the next event. */
export function createPump(
  engine: Engine,
  host: Pick<Native, "monotonic">,
  carryOut: (effect: Effect) => void,
  onBug: (error: unknown, event: Happening) => void,
  onSettled: () => void,
): Pump {
  const queue: Happening[] = [];
  let pumping = false;
  let effects: readonly Effect[] = [];
  let next = 0;
  const carryOutRest = (): void => {
    for (let effect = effects[next++]; effect !== undefined; effect = effects[next++]) carryOut(effect);
  };
  const pump = (): void => {
    if (pumping) return;
    pumping = true;
    carryOutRest();
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      effects = inOrder(effectsOf(engine, timed(event, host.monotonic()), onBug));
      next = 0;
      carryOutRest();
    }
    pumping = false;
    onSettled();
  };
  return {
    emit(happening) {
      queue.push(happening);
      pump();
    },
    recover() {
      if (!pumping) return false;
      pumping = false;
      // Had it been in a step: what that had decided until then.
      effects = inOrder([...effects.slice(next), ...takeEffects(engine)]);
      next = 0;
      return true;
    },
    goOn: pump,
  };
}

/** The happening itself becomes the event: nobody else has it, and a copy costs as much as a step. */
function timed(happening: Happening, now: Usec): Event {
  const event = happening as Happening & { now: Usec };
  event.now = now;
  return event as Event;
}

/** Who waits for a job is told when all else of the step is done: a stopped service's socket listens again by then. */
function inOrder(effects: readonly Effect[]): readonly Effect[] {
  let done: Effect[] | null = null;
  for (const effect of effects) {
    if (effect.type !== "job-done") continue;
    done ??= [];
    done.push(effect);
  }
  return done === null ? effects : effects.filter(({ type }) => type !== "job-done").concat(done);
}

function takeEffects(engine: Engine): readonly Effect[] {
  const decided = engine.effects;
  engine.effects = [];
  return decided;
}

/** What the engine wants done; after a throw that is what it had decided until then. */
function effectsOf(
  engine: Engine,
  event: Event,
  onBug: (error: unknown, event: Happening) => void,
): readonly Effect[] {
  try {
    return step(engine, event);
  } catch (error) {
    onBug(error, event);
    return takeEffects(engine);
  }
}

/** Calls `follow` whenever the log has grown, until the returned function is called: one native callback for all. */
export function followLog(runtime: Runtime, follow: () => void): () => void {
  const { host, logFollowers } = runtime;
  logFollowers.add(follow);
  if (logFollowers.size === 1) {
    host.onRing(() => {
      for (const each of logFollowers) each();
    });
  }
  return () => {
    logFollowers.delete(follow);
    if (logFollowers.size === 0) host.onRing(null);
  };
}

/** What became of a unit, by any of its names. */
export function stateOf(runtime: Runtime, name: string): UnitState | undefined {
  return findUnit(runtime.engine.graph, name);
}

/** The unit as the engine has it now; null for a name that is only referred to. */
export function unitOf(runtime: Runtime, name: string): Unit | null {
  return stateOf(runtime, name)?.model ?? null;
}

export function serviceOf(runtime: Runtime, name: string): ServiceUnit | null {
  const unit = unitOf(runtime, name);
  return unit?.type === "service" ? unit : null;
}

export function socketOf(runtime: Runtime, name: string): SocketUnit | null {
  const unit = unitOf(runtime, name);
  return unit?.type === "socket" ? unit : null;
}
