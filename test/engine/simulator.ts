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
import type { JobMode, Unit } from "../../src/unit/model.ts";
import { activeState } from "../../src/engine/active-state.ts";

export const OPTIONS: EngineOptions = {
  seed: "00112233445566778899aabbccddeeff",
  stopBudgetUsec: 8_000_000,
  hastenedBudgetUsec: 1_000_000,
  commandUnit: null,
};

/**
 * What a program does. `exit`: ends with that status as soon as it is started; `run`: stays until a signal; `stubborn`:
 * stays until SIGKILL; `fail`: can't be set up, with that exit status; `impossible`: no process can be made.
 */
export type Behaviour =
  | { readonly kind: "exit"; readonly status: number; readonly leaves?: number }
  | { readonly kind: "run" }
  | { readonly kind: "stubborn" }
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

export class Simulator {
  engine: Engine;
  now = 1_000_000;
  /** By "unit/role", "unit/role/index", or "path" of the command; what is not said runs (ExecStart=) or exits 0. */
  readonly behaviours: Record<string, Behaviour | ((nth: number) => Behaviour)> = {};
  readonly processes = new Map<number, SimProcess>();
  /** "a.service running", in order. */
  readonly states: string[] = [];
  readonly effects: Effect[] = [];
  readonly results = new Map<number, string>();
  readonly errors = new Map<number, string>();
  readonly failedSockets = new Set<string>();
  readonly unmetConditions = new Set<string>();
  readonly pidFiles: Record<string, number | null> = {};
  template: ((name: string) => Unit) | null = null;
  exitCode: number | null = null;
  /** Serialise and restore before each step. */
  roundTrips = false;
  private queue: Event[] = [];
  private pumping = false;
  private nextPid = 100;
  private nextRequest = 1;
  private readonly spawns: Record<string, number> = {};
  private readonly wantGone = new Set<string>();

  constructor(units: readonly Unit[], options: Partial<EngineOptions> = {}) {
    this.engine = createEngine({ ...OPTIONS, ...options });
    this.send({ type: "units-loaded", units, complete: true, stubs: [] });
  }

  send(event: Body<Event>): void {
    this.queue.push({ ...event, now: this.now } as Event);
    if (!this.pumping) this.pump();
  }

  private pump(): void {
    this.pumping = true;
    for (let event = this.queue.shift(); event !== undefined; event = this.queue.shift()) {
      if (this.roundTrips) this.engine = restoreEngine(JSON.parse(JSON.stringify(saveEngine(this.engine))) as EngineState);
      for (const effect of step(this.engine, event)) {
        this.effects.push(effect);
        this.carryOut(effect);
      }
    }
    this.pumping = false;
  }

  request(unit: string, job: JobRequest = "start", mode: JobMode = "replace"): number {
    const requestId = this.nextRequest++;
    this.send({ type: "job-requested", requestId, unit, job, mode });
    return requestId;
  }

  start(unit: string): string {
    return this.outcome(this.request(unit, "start"));
  }

  stop(unit: string): string {
    return this.outcome(this.request(unit, "stop"));
  }

  /** "done", "failed", …, the error's text, or "pending". */
  outcome(requestId: number): string {
    return this.results.get(requestId) ?? this.errors.get(requestId) ?? "pending";
  }

  unit(name: string): UnitState {
    const unit = findUnit(this.engine.graph, name);
    if (unit === undefined) throw new Error(`no unit ${name}`);
    return unit;
  }

  /** "active/running" */
  state(name: string): string {
    const unit = this.unit(name);
    return `${activeState(unit)}/${unit.sub}`;
  }

  result(name: string): string {
    const unit = this.unit(name);
    return unit.kind === "passive" ? "success" : unit.result;
  }

  mainPid(name: string): number {
    const unit = this.unit(name);
    if (unit.kind !== "service" || unit.main?.pid == null) throw new Error(`${name} has no main process`);
    return unit.main.pid;
  }

  /** The processes of a unit. */
  pids(name: string): number[] {
    return [...this.processes.values()].filter((one) => one.unit === name).map((one) => one.pid);
  }

  /** A process ends on its own. */
  end(pid: number, status = 0, code: "exited" | "killed" | "dumped" = "exited"): void {
    const one = this.processes.get(pid);
    if (one === undefined) return;
    this.processes.delete(pid);
    this.send({ type: "process-exited", pid, code, status });
    this.tellGone(one.unit);
  }

  /** A process of the unit that nobody was told of. */
  addStray(unit: string, behaviour: Behaviour = RUN): number {
    const pid = this.nextPid++;
    this.processes.set(pid, { pid, unit, behaviour });
    return pid;
  }

  notify(unit: string, ...tags: string[]): void {
    this.send({ type: "notify", unit, pid: this.mainPid(unit), tags, descriptors: 0 });
  }

  incoming(unit: string, listener = 0): void {
    this.send({ type: "socket-incoming", unit, listener });
  }

  connect(unit: string, connection: number, source: string | null = "127.0.0.1"): void {
    const instance = `127.0.0.1:7001-127.0.0.1:${40000 + connection}`;
    const environment = ["REMOTE_ADDR=127.0.0.1", `REMOTE_PORT=${40000 + connection}`];
    this.send({ type: "connection-accepted", unit, listener: 0, connection, source, instance, environment });
  }

  /** Moves the clock, with every timer on the way. */
  advance(usec: number): void {
    const until = this.now + usec;
    for (;;) {
      const due = [...this.engine.timers].filter(([, at]) => at <= until).sort((a, b) => a[1] - b[1])[0];
      if (due === undefined) break;
      this.now = Math.max(this.now, due[1]);
      this.send({ type: "timer", id: due[0] });
    }
    this.now = until;
  }

  messages(): string[] {
    return this.effects.flatMap((effect) => (effect.type === "log" ? [effect.message] : []));
  }

  spawnsOf(unit: string): Spawn[] {
    return this.effects.filter((effect): effect is Spawn => effect.type === "spawn" && effect.unit === unit);
  }

  /** How often each effect of this type was asked for, for this unit. */
  count(type: Effect["type"], unit: string): number {
    return this.effects.filter((effect) => effect.type === type && "unit" in effect && effect.unit === unit).length;
  }

  private behaviourOf(spawn: Spawn): Behaviour {
    const key = `${spawn.unit}/${spawn.role}`;
    const nth = (this.spawns[key] = (this.spawns[key] ?? 0) + 1);
    const said = this.behaviours[spawn.command.path] ?? this.behaviours[key];
    if (typeof said === "function") return said(nth);
    if (said !== undefined) return said;
    const unit = this.unit(spawn.unit);
    const stays = spawn.role === "ExecStart" && unit.kind === "service" && !["oneshot", "forking"].includes(unit.model.service.type);
    return stays ? RUN : exit(0);
  }

  private spawn(spawn: Spawn): void {
    const { unit, token } = spawn;
    const behaviour = this.behaviourOf(spawn);
    if (behaviour.kind === "impossible") {
      this.send({ type: "spawn-failed", unit, token, exitStatus: null, message: "fork failed" });
      return;
    }
    if (behaviour.kind === "fail") {
      this.send({ type: "spawn-failed", unit, token, exitStatus: behaviour.status, message: "exec failed" });
      return;
    }
    const pid = this.nextPid++;
    this.processes.set(pid, { pid, unit, behaviour });
    this.send({ type: "spawned", unit, token, pid });
    this.send({ type: "executed", unit, token });
    if (behaviour.kind !== "exit") return;
    for (let i = 0; i < (behaviour.leaves ?? 0); i++) this.addStray(unit);
    this.end(pid, behaviour.status);
  }

  private signal(pid: number, signal: number): void {
    const one = this.processes.get(pid);
    if (one === undefined || signal === 18) return;
    if (signal === 9 || one.behaviour.kind === "run") this.end(pid, signal, "killed");
  }

  private kill(effect: Kill): void {
    for (const pid of effect.pids) this.signal(pid, effect.signal);
    if (!effect.rest) return;
    for (const pid of this.pids(effect.unit)) if (!effect.pids.includes(pid)) this.signal(pid, effect.signal);
    this.wantGone.add(effect.unit);
    this.tellGone(effect.unit);
  }

  private tellGone(unit: string): void {
    if (this.pids(unit).length > 0 || !this.wantGone.delete(unit)) return;
    this.send({ type: "processes-gone", unit });
  }

  private load(effect: Extract<Effect, { type: "load-instance" }>): void {
    const unit = this.template === null ? null : this.template(effect.name);
    const error = unit === null ? "Unit not found." : null;
    this.send({ type: "instance-loaded", socket: effect.socket, connection: effect.connection, unit, error });
  }

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case "spawn":
        return this.spawn(effect);
      case "kill":
        return this.kill(effect);
      case "scan-processes":
        this.wantGone.add(effect.unit);
        return this.tellGone(effect.unit);
      case "open-socket":
        if (this.failedSockets.has(effect.unit)) return this.send({ type: "socket-failed", unit: effect.unit, message: "Address in use" });
        return this.send({ type: "socket-opened", unit: effect.unit });
      case "check-conditions": {
        const met = !this.unmetConditions.has(effect.unit);
        const failed = met ? null : "ConditionPathExists=/x";
        return this.send({ type: "conditions-checked", unit: effect.unit, token: effect.token, conditionsMet: met, assertsMet: true, failed });
      }
      case "read-pid-file":
        return this.send({ type: "pid-file-read", unit: effect.unit, pid: this.pidFiles[effect.unit] ?? null, message: null });
      case "guess-main-pid":
        return this.send({ type: "main-pid-guessed", unit: effect.unit, pid: this.pids(effect.unit)[0] ?? null });
      case "load-instance":
        return this.load(effect);
      case "unit-changed":
        this.states.push(`${effect.unit} ${effect.sub}`);
        return undefined;
      case "job-done":
        for (const id of effect.requestIds) this.results.set(id, effect.result);
        return undefined;
      case "reply":
        if (effect.error !== null) this.errors.set(effect.requestId, effect.error.message);
        return undefined;
      case "exit":
        this.exitCode = effect.code;
        return undefined;
      default:
        return undefined;
    }
  }
}
