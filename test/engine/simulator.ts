/**
 * A host for the engine that has no kernel: it answers effects as the runtime would, with processes that behave as a
 * test tells them to, and a clock that moves when a test moves it.
 */

import type { Effect, Kill, Spawn } from "../../src/engine/effect.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Event } from "../../src/engine/event.ts";
import { findUnit } from "../../src/engine/graph.ts";
import { restoreEngine, saveEngine } from "../../src/engine/save.ts";
import type { EngineOptions, EngineState, JobRequest, UnitState } from "../../src/engine/state.ts";
import { createEngine, step } from "../../src/engine/step.ts";
import { activeState } from "../../src/engine/unit/active-state.ts";
import type { JobMode, Unit } from "../../src/unit/model.ts";

export const OPTIONS: EngineOptions = {
  seed: "00112233445566778899aabbccddeeff",
  stopBudgetUsec: 8_000_000,
  hastenedBudgetUsec: 1_000_000,
  commandUnit: null,
};

/**
 * What a program does. `exit`: ends with that status as soon as it is started; `run`: stays until a signal; `stubborn`:
 * stays until SIGKILL; `immortal`: not even then; `fail`: can't be set up, with that exit status; `impossible`: no process can be made.
 */
export type Behaviour =
  | { readonly kind: "exit"; readonly status: number; readonly leaves?: number }
  | { readonly kind: "run" }
  | { readonly kind: "stubborn" }
  | { readonly kind: "immortal" }
  | { readonly kind: "fail"; readonly status: number }
  | { readonly kind: "impossible" };

export const RUN: Behaviour = { kind: "run" };
export const STUBBORN: Behaviour = { kind: "stubborn" };
export function exit(status = 0): Behaviour {
  return { kind: "exit", status };
}

interface SimProcess {
  readonly pid: number;
  readonly unit: string;
  readonly behaviour: Behaviour;
}

type Body<E> = E extends Event ? Omit<E, "now"> : never;

type Behaviours = Record<string, Behaviour | ((nth: number) => Behaviour)>;

export interface Simulator {
  engine: Engine;
  now: number;
  /** By "path" of the command or "unit/role"; what is not said runs (ExecStart=) or exits with 0. */
  readonly behaviours: Behaviours;
  readonly processes: Map<number, SimProcess>;
  /** "a.service running", in order. */
  readonly states: string[];
  readonly effects: Effect[];
  readonly failedSockets: Set<string>;
  readonly unmetConditions: Set<string>;
  readonly pidFiles: Record<string, number | null>;
  template: ((name: string) => Unit) | null;
  exitCode: number | null;
  /** Serialise and restore before each step. */
  roundTrips: boolean;
  /** A unit's last process is told as such; else the engine has to ask whether it was. */
  knowsLast: boolean;
  send(event: Body<Event>): void;
  request(unit: string, job?: JobRequest, mode?: JobMode): number;
  /** "done", "failed", …, the error's text, or "pending". */
  outcome(requestId: number): string;
  start(unit: string): string;
  stop(unit: string): string;
  unit(name: string): UnitState;
  /** "active/running" */
  state(name: string): string;
  result(name: string): string;
  mainPid(name: string): number;
  /** The processes of a unit. */
  pids(name: string): number[];
  /** A process ends on its own. */
  end(pid: number, status?: number, code?: "exited" | "killed" | "dumped"): void;
  /** A process of the unit that the engine was not told of. */
  addStray(unit: string, behaviour?: Behaviour): number;
  notify(unit: string, ...tags: string[]): void;
  incoming(unit: string, listener?: number): void;
  connect(unit: string, connection: number, source?: string | null): void;
  /** Moves the clock, with every timer on the way. */
  advance(usec: number): void;
  messages(): string[];
  spawnsOf(unit: string): Spawn[];
  /** How often an effect of this type was asked for, for this unit. */
  count(type: Effect["type"], unit: string): number;
}

/** What a test never touches. */
interface Inside {
  steps: number;
  readonly queue: Event[];
  pumping: boolean;
  nextPid: number;
  nextRequest: number;
  readonly spawns: Record<string, number>;
  readonly wantGone: Set<string>;
  readonly results: Map<number, string>;
}

/** More than any test needs: a run that goes beyond does not end. */
const MOST_STEPS = 100_000;

type Answer<T extends Effect["type"]> = Extract<Effect, { type: T }>;

function pump(sim: Simulator, inside: Inside): void {
  if (inside.pumping) return;
  inside.pumping = true;
  for (let event = inside.queue.shift(); event !== undefined; event = inside.queue.shift()) {
    inside.steps += 1;
    if (inside.steps > MOST_STEPS) throw new Error(`no end of events, now ${JSON.stringify(event)}`);
    if (sim.roundTrips)
      sim.engine = restoreEngine(JSON.parse(JSON.stringify(saveEngine(sim.engine))) as EngineState);
    for (const effect of step(sim.engine, event)) {
      sim.effects.push(effect);
      carryOut(sim, inside, effect);
    }
  }
  inside.pumping = false;
}

function behaviourOf(sim: Simulator, inside: Inside, spawn: Spawn): Behaviour {
  const key = `${spawn.unit}/${spawn.role}`;
  const nth = (inside.spawns[key] ?? 0) + 1;
  inside.spawns[key] = nth;
  const said = sim.behaviours[spawn.command.path] ?? sim.behaviours[key];
  if (typeof said === "function") return said(nth);
  if (said !== undefined) return said;
  const unit = sim.unit(spawn.unit);
  const stays = unit.kind === "service" && !["oneshot", "forking"].includes(unit.model.service.type);
  return spawn.role === "ExecStart" && stays ? RUN : exit(0);
}

function spawnProcess(sim: Simulator, inside: Inside, spawn: Spawn): void {
  const { unit, token } = spawn;
  const behaviour = behaviourOf(sim, inside, spawn);
  if (behaviour.kind === "impossible" || behaviour.kind === "fail") {
    const exitStatus = behaviour.kind === "fail" ? behaviour.status : null;
    sim.send({ type: "spawn-failed", unit, token, exitStatus, message: "cannot start: no such thing" });
    return;
  }
  const pid = inside.nextPid++;
  sim.processes.set(pid, { pid, unit, behaviour });
  // Both ways of the runtime: the program runs when the process exists, or that is told later.
  const executed = pid % 2 === 0;
  sim.send({ type: "spawned", unit, token, pid, executed });
  if (!executed) sim.send({ type: "executed", unit, token });
  if (behaviour.kind !== "exit") return;
  for (let i = 0; i < (behaviour.leaves ?? 0); i++) sim.addStray(unit);
  sim.end(pid, behaviour.status);
}

function signal(sim: Simulator, pid: number, number: number): void {
  const one = sim.processes.get(pid);
  if (one === undefined || number === 18) return;
  if (number === 9 || one.behaviour.kind === "run") sim.end(pid, number, "killed");
}

function tellGone(sim: Simulator, inside: Inside, unit: string): void {
  if (sim.pids(unit).length > 0 || !inside.wantGone.delete(unit)) return;
  sim.send({ type: "processes-gone", unit });
}

function kill(sim: Simulator, inside: Inside, effect: Kill): void {
  for (const pid of effect.pids) signal(sim, pid, effect.signal);
  if (!effect.rest) return;
  for (const pid of sim.pids(effect.unit)) if (!effect.pids.includes(pid)) signal(sim, pid, effect.signal);
  inside.wantGone.add(effect.unit);
  tellGone(sim, inside, effect.unit);
}

function load(sim: Simulator, { socket, connection, name }: Answer<"load-instance">): void {
  const unit = sim.template === null ? null : sim.template(name);
  sim.send({
    type: "instance-loaded",
    socket,
    connection,
    unit,
    error: unit === null ? "Unit not found." : null,
  });
}

function openSocket(sim: Simulator, unit: string): void {
  if (sim.failedSockets.has(unit))
    sim.send({ type: "socket-failed", unit, result: "resources", message: "Address already in use" });
  else sim.send({ type: "socket-opened", unit });
}

function checkConditions(sim: Simulator, { unit, token }: Answer<"check-conditions">): void {
  const conditionsMet = !sim.unmetConditions.has(unit);
  const failed = conditionsMet ? null : "ConditionPathExists=/x";
  sim.send({ type: "conditions-checked", unit, token, conditionsMet, assertsMet: true, failed });
}

/** The effects that only tell something. */
function takeNote(sim: Simulator, inside: Inside, effect: Effect): void {
  if (effect.type === "unit-changed") sim.states.push(`${effect.unit} ${effect.sub}`);
  else if (effect.type === "job-done")
    for (const id of effect.requestIds) inside.results.set(id, effect.result);
  else if (effect.type === "reply" && effect.error !== null)
    inside.results.set(effect.requestId, effect.error.message);
  else if (effect.type === "exit") sim.exitCode = effect.code;
}

function carryOut(sim: Simulator, inside: Inside, effect: Effect): void {
  switch (effect.type) {
    case "spawn":
      spawnProcess(sim, inside, effect);
      break;
    case "kill":
      kill(sim, inside, effect);
      break;
    case "scan-processes":
      inside.wantGone.add(effect.unit);
      tellGone(sim, inside, effect.unit);
      break;
    case "open-socket":
      openSocket(sim, effect.unit);
      break;
    case "check-conditions":
      checkConditions(sim, effect);
      break;
    case "read-pid-file":
      sim.send({
        type: "pid-file-read",
        unit: effect.unit,
        pid: sim.pidFiles[effect.unit] ?? null,
        message: null,
      });
      break;
    case "guess-main-pid":
      sim.send({ type: "main-pid-guessed", unit: effect.unit, pid: sim.pids(effect.unit)[0] ?? null });
      break;
    case "load-instance":
      load(sim, effect);
      break;
    default:
      takeNote(sim, inside, effect);
      break;
  }
}

function advance(sim: Simulator, usec: number): void {
  const until = sim.now + usec;
  while (sim.exitCode === null) {
    const due = [...sim.engine.timers].filter(([, at]) => at <= until).sort((a, b) => a[1] - b[1])[0];
    if (due === undefined) break;
    sim.now = Math.max(sim.now, due[1]);
    sim.send({ type: "timer", id: due[0] });
  }
  sim.now = until;
}

function connectTo(sim: Simulator, unit: string, connection: number, source: string | null): void {
  const instance = `127.0.0.1:7001-127.0.0.1:${40000 + connection}`;
  const environment = ["REMOTE_ADDR=127.0.0.1", `REMOTE_PORT=${40000 + connection}`];
  sim.send({ type: "connection-accepted", unit, listener: 0, connection, source, instance, environment });
}

/** A host with these units loaded, and nothing started. */
export function simulate(units: readonly Unit[], options: Partial<EngineOptions> = {}): Simulator {
  const inside: Inside = {
    steps: 0,
    queue: [],
    pumping: false,
    nextPid: 100,
    nextRequest: 1,
    spawns: {},
    wantGone: new Set(),
    results: new Map(),
  };
  const sim: Simulator = {
    engine: createEngine({ ...OPTIONS, ...options }),
    now: 1_000_000,
    behaviours: {},
    processes: new Map(),
    states: [],
    effects: [],
    failedSockets: new Set(),
    unmetConditions: new Set(),
    pidFiles: {},
    template: null,
    exitCode: null,
    roundTrips: false,
    knowsLast: true,
    send(event) {
      inside.queue.push({ ...event, now: sim.now } as Event);
      pump(sim, inside);
    },
    request(unit, job = "start", mode = "replace") {
      const requestId = inside.nextRequest++;
      sim.send({ type: "job-requested", requestId, unit, job, mode });
      return requestId;
    },
    outcome: (requestId) => inside.results.get(requestId) ?? "pending",
    start: (unit) => sim.outcome(sim.request(unit, "start")),
    stop: (unit) => sim.outcome(sim.request(unit, "stop")),
    unit(name) {
      const unit = findUnit(sim.engine.graph, name);
      if (unit === undefined) throw new Error(`no unit ${name}`);
      return unit;
    },
    state(name) {
      const unit = sim.unit(name);
      return `${activeState(unit)}/${unit.sub}`;
    },
    result(name) {
      const unit = sim.unit(name);
      return unit.kind === "passive" ? "success" : unit.result;
    },
    mainPid(name) {
      const unit = sim.unit(name);
      if (unit.kind !== "service" || unit.main?.pid == null) throw new Error(`${name} has no main process`);
      return unit.main.pid;
    },
    pids: (name) => [...sim.processes.values()].filter((one) => one.unit === name).map((one) => one.pid),
    end(pid, status = 0, code = "exited") {
      const one = sim.processes.get(pid);
      if (one === undefined || one.behaviour.kind === "immortal") return;
      sim.processes.delete(pid);
      const alone = sim.knowsLast && sim.pids(one.unit).length === 0;
      sim.send({ type: "process-exited", pid, code, status, alone });
      tellGone(sim, inside, one.unit);
    },
    addStray(unit, behaviour = RUN) {
      const pid = inside.nextPid++;
      sim.processes.set(pid, { pid, unit, behaviour });
      return pid;
    },
    notify: (unit, ...tags) =>
      sim.send({ type: "notify", unit, pid: sim.mainPid(unit), tags, descriptors: 0 }),
    incoming: (unit, listener = 0) => sim.send({ type: "socket-incoming", unit, listener }),
    connect: (unit, connection, source = "127.0.0.1") => connectTo(sim, unit, connection, source),
    advance: (usec) => advance(sim, usec),
    messages: () => sim.effects.flatMap((effect) => (effect.type === "log" ? [effect.message] : [])),
    spawnsOf: (unit) =>
      sim.effects.filter((effect): effect is Spawn => effect.type === "spawn" && effect.unit === unit),
    count: (type, unit) =>
      sim.effects.filter((one) => one.type === type && "unit" in one && one.unit === unit).length,
  };
  sim.send({ type: "units-loaded", units, complete: true, stubs: [] });
  return sim;
}
