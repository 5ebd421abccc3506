/**
 * What holds for any units and any run: order is kept, no request is lost, nothing hangs, and a state that went
 * through JSON behaves as before.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findUnit } from "../../src/engine/graph.ts";
import { addByTransaction, addJob } from "../../src/engine/job/add-job.ts";
import { startsAlone } from "../../src/engine/job/lone-job.ts";
import { restoreEngine, saveEngine } from "../../src/engine/save.ts";
import type { EngineState, JobRequest } from "../../src/engine/state.ts";
import type {
  DependencyKind,
  DependencyTable,
  JobMode,
  KillSettings,
  ServiceSettings,
  Unit,
} from "../../src/unit/model.ts";
import { command, SEC, service, socket, target } from "./builders.ts";
import { type Behaviour, type Simulator, simulate } from "./simulator.ts";

const SIZE = 7;
const KINDS: readonly DependencyKind[] = [
  "Requires",
  "Requisite",
  "Wants",
  "BindsTo",
  "PartOf",
  "Upholds",
  "Conflicts",
  "Before",
  "After",
  "OnSuccess",
  "OnFailure",
  "PropagatesStopTo",
  "PropagatesReloadTo",
];

interface Plan {
  readonly kind: "service" | "target" | "socket";
  readonly type: ServiceSettings["type"];
  readonly restart: ServiceSettings["restart"];
  readonly behaviour: Behaviour;
  readonly stopWhenUnneeded: boolean;
  readonly remainAfterExit: boolean;
  readonly commands: readonly Command[];
  readonly killMode: KillSettings["killMode"];
  readonly sendSigkill: boolean;
  readonly failureMode: ServiceSettings["timeoutStopFailureMode"];
}

const COMMANDS = [
  "execCondition",
  "execStartPre",
  "execStartPost",
  "execStop",
  "execStopPost",
  "execReload",
] as const;
type Command = (typeof COMMANDS)[number];

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { arbitrary: fc.constant<Behaviour>({ kind: "run" }), weight: 4 },
  fc.constant<Behaviour>({ kind: "stubborn" }),
  fc.constant<Behaviour>({ kind: "impossible" }),
  fc.record({
    kind: fc.constant("exit" as const),
    status: fc.constantFrom(0, 1),
    leaves: fc.constantFrom(0, 2),
  }),
  fc.constant<Behaviour>({ kind: "fail", status: 203 }),
);

const plan: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constantFrom(
    "service" as const,
    "service" as const,
    "service" as const,
    "target" as const,
    "socket" as const,
  ),
  type: fc.constantFrom<ServiceSettings["type"]>("simple", "exec", "oneshot", "notify", "forking", "idle"),
  restart: fc.constantFrom<ServiceSettings["restart"]>("no", "no", "always", "on-failure"),
  behaviour,
  stopWhenUnneeded: fc.boolean(),
  remainAfterExit: fc.boolean(),
  commands: fc.subarray([...COMMANDS]),
  killMode: fc.constantFrom(
    "control-group" as const,
    "control-group" as const,
    "mixed" as const,
    "process" as const,
  ),
  sendSigkill: fc.constantFrom(true, true, true, false),
  failureMode: fc.constantFrom("terminate" as const, "abort" as const, "kill" as const),
});

const edge = fc.tuple(fc.nat(SIZE - 1), fc.constantFrom(...KINDS), fc.nat(SIZE - 1));

interface World {
  readonly plans: readonly Plan[];
  readonly edges: readonly (readonly [number, DependencyKind, number])[];
  /** What the second of all commands beside the main one does. */
  readonly maybe: Behaviour;
}

const world: fc.Arbitrary<World> = fc.record({
  plans: fc.array(plan, { minLength: SIZE, maxLength: SIZE }),
  edges: fc.array(edge, { maxLength: 16 }),
  maybe: fc.oneof({ arbitrary: fc.constant<Behaviour>({ kind: "exit", status: 0 }), weight: 3 }, behaviour),
});

type Action =
  | { readonly do: "request"; readonly unit: number; readonly job: JobRequest; readonly mode: JobMode }
  | { readonly do: "advance"; readonly usec: number }
  | { readonly do: "end"; readonly which: number; readonly status: number }
  | { readonly do: "ready"; readonly unit: number }
  | { readonly do: "incoming"; readonly unit: number }
  | { readonly do: "reset" };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    do: fc.constant("request" as const),
    unit: fc.nat(SIZE - 1),
    job: fc.constantFrom<JobRequest>(
      "start",
      "start",
      "stop",
      "restart",
      "reload",
      "try-restart",
      "reload-or-restart",
      "verify-active",
    ),
    mode: fc.constantFrom<JobMode>("replace", "replace", "fail", "ignore-dependencies", "flush"),
  }),
  fc.record({ do: fc.constant("advance" as const), usec: fc.constantFrom(0, SEC / 2, 5 * SEC, 100 * SEC) }),
  fc.record({ do: fc.constant("end" as const), which: fc.nat(9), status: fc.constantFrom(0, 1) }),
  fc.record({ do: fc.constant("ready" as const), unit: fc.nat(SIZE - 1) }),
  fc.record({ do: fc.constant("incoming" as const), unit: fc.nat(SIZE - 1) }),
  fc.constant<Action>({ do: "reset" }),
);

function nameOf(plans: readonly Plan[], i: number): string {
  return `u${i}.${plans[i]?.kind ?? "service"}`;
}

function dependencies({ plans, edges }: World, i: number): DependencyTable {
  const table: Partial<Record<DependencyKind, string[]>> = {};
  for (const [from, kind, to] of edges) {
    if (from === i && to !== i) table[kind] = [...(table[kind] ?? []), nameOf(plans, to)];
  }
  return table;
}

function unitsOf(some: World): Unit[] {
  const units = some.plans.map((one, i): Unit => {
    const name = nameOf(some.plans, i);
    const parts = { deps: dependencies(some, i), unit: { stopWhenUnneeded: one.stopWhenUnneeded } };
    if (one.kind === "target") return target(name, parts);
    if (one.kind === "socket") return socket(name, { ...parts, socket: { service: `served${i}.service` } });
    const { type, restart, remainAfterExit, failureMode, killMode, sendSigkill } = one;
    const commands = Object.fromEntries(
      one.commands.map((role) => [role, [command(`/bin/${role}`), command("/bin/maybe")]]),
    );
    const modes = { timeoutStartFailureMode: failureMode, timeoutStopFailureMode: failureMode };
    const settings = { ...commands, ...modes, type, restart, remainAfterExit, timeoutStartUsec: 30 * SEC };
    return service(name, { ...parts, service: settings, kill: { killMode, sendSigkill } });
  });
  const served = some.plans.flatMap((one, i) =>
    one.kind === "socket" ? [service(`served${i}.service`)] : [],
  );
  return [...units, ...served];
}

function worldSimulator(some: World): Simulator {
  const sim = simulate(unitsOf(some));
  sim.behaviours["/bin/maybe"] = some.maybe;
  for (const [i, one] of some.plans.entries()) {
    sim.behaviours[`${nameOf(some.plans, i)}/ExecStart`] = one.behaviour;
    sim.behaviours[`served${i}.service/ExecStart`] = one.behaviour;
  }
  return sim;
}

function act(sim: Simulator, plans: readonly Plan[], one: Action): number | null {
  switch (one.do) {
    case "request":
      return sim.request(nameOf(plans, one.unit), one.job, one.mode);
    case "advance":
      sim.advance(one.usec);
      return null;
    case "end": {
      const pid = [...sim.processes.keys()][one.which];
      if (pid !== undefined) sim.end(pid, one.status);
      return null;
    }
    case "ready": {
      const unit = sim.unit(nameOf(plans, one.unit));
      if (unit.kind === "service" && unit.main !== null) sim.notify(unit.name, "READY=1");
      return null;
    }
    case "incoming":
      sim.incoming(nameOf(plans, one.unit));
      return null;
    case "reset":
      sim.send({ type: "reset-failed", requestId: 9000, unit: null });
      return null;
  }
}

/** KillMode=process and SendSIGKILL=no let processes live on. */
function mayLeave(sim: Simulator, name: string): boolean {
  const unit = sim.unit(name);
  return unit.kind === "service" && (unit.model.kill.killMode === "process" || !unit.model.kill.sendSigkill);
}

describe("any world", () => {
  it("answers every request, and ends within its budget", () => {
    fc.assert(
      fc.property(world, fc.array(action, { maxLength: 14 }), (some, actions) => {
        const sim = worldSimulator(some);
        const ids = actions.flatMap((one) => act(sim, some.plans, one) ?? []);
        const waiting = ids.filter((id) => sim.outcome(id) === "pending");
        sim.send({ type: "shutdown-requested", kind: "exit", exitCode: null, budgetUsec: 8 * SEC });
        sim.advance(8 * SEC);
        expect(sim.exitCode).not.toBeNull();
        expect(waiting.filter((id) => sim.outcome(id) === "pending")).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it("runs as if it had been serialised and restored before each event", () => {
    fc.assert(
      fc.property(world, fc.array(action, { maxLength: 10 }), (some, actions) => {
        const plain = worldSimulator(some);
        const carried = worldSimulator(some);
        carried.roundTrips = true;
        for (const sim of [plain, carried]) {
          for (const one of actions) act(sim, some.plans, one);
          sim.send({ type: "shutdown-requested", kind: "exit", exitCode: null, budgetUsec: null });
          sim.advance(8 * SEC);
        }
        expect(carried.effects).toEqual(plain.effects);
      }),
      { numRuns: 150 },
    );
  });

  it("has a state that JSON leaves as it is", () => {
    fc.assert(
      fc.property(world, fc.array(action, { maxLength: 8 }), (some, actions) => {
        const sim = worldSimulator(some);
        for (const one of actions) act(sim, some.plans, one);
        const saved = saveEngine(sim.engine);
        const copy = JSON.parse(JSON.stringify(saved)) as EngineState;
        expect(copy).toEqual(saved);
        expect(saveEngine(restoreEngine(copy))).toEqual(saved);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps no process of a unit that is down", () => {
    fc.assert(
      fc.property(world, fc.array(action, { maxLength: 12 }), (some, actions) => {
        const sim = worldSimulator(some);
        for (const one of actions) act(sim, some.plans, one);
        for (const one of sim.processes.values()) {
          if (mayLeave(sim, one.unit)) continue;
          const [active] = sim.state(one.unit).split("/");
          expect(["inactive", "failed"]).not.toContain(active);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** What a start of one unit leads to, in a copy of the engine. */
function startIn(state: EngineState, name: string, add: typeof addJob): unknown {
  const engine = restoreEngine(JSON.parse(JSON.stringify(state)) as EngineState);
  const unit = findUnit(engine.graph, name);
  if (unit === undefined) throw new Error(`no ${name}`);
  const outcome = add(engine, unit, "start", "replace", [7]);
  const queued = [...engine.runQueue].map((job) => job.id);
  const work = engine.work.map(({ kind }) => kind);
  return { outcome, queued, work, effects: engine.effects, state: saveEngine({ ...engine, work: [] }) };
}

describe("short ways", () => {
  const startByTransaction: typeof addJob = (engine, unit, _request, mode, ids = []) =>
    addByTransaction(engine, unit, "start", mode, ids);

  it("a start that goes alone is the one that a transaction finds", () => {
    let alone = 0;
    fc.assert(
      fc.property(world, fc.array(action, { maxLength: 6 }), (some, actions) => {
        const sim = worldSimulator(some);
        for (const one of actions) act(sim, some.plans, one);
        const state = saveEngine(sim.engine);
        for (const { name } of state.units) {
          const unit = sim.unit(name);
          if (!startsAlone(sim.engine, unit)) continue;
          alone += 1;
          expect(startIn(state, name, addJob)).toEqual(startIn(state, name, startByTransaction));
        }
      }),
      { numRuns: 60 },
    );
    expect(alone).toBeGreaterThan(20);
  });

  // With SendSIGKILL=no a start looks whether there may be processes, and for what isn't known there may. And each unit
  // by itself: what is told comes a step earlier than what is asked for, so that one unit's end may come before or after
  // another's failure, and both are right.
  const patient = world.map((some) => ({
    ...some,
    edges: [],
    plans: some.plans.map((one) => ({ ...one, sendSigkill: true, stopWhenUnneeded: false })),
  }));

  it("a unit's last process may be told as such or have to be asked for", () => {
    fc.assert(
      fc.property(patient, fc.array(action, { maxLength: 12 }), (some, actions) => {
        const [told, asked] = [true, false].map((knowsLast) => {
          const sim = worldSimulator(some);
          sim.knowsLast = knowsLast;
          const outcomes = actions.map((one) => {
            const id = act(sim, some.plans, one);
            return id === null ? null : sim.outcome(id);
          });
          const names = saveEngine(sim.engine).units.map(({ name }) => name);
          return { outcomes, units: names.map((name) => [name, sim.state(name), sim.result(name)]) };
        });
        expect(told).toEqual(asked);
      }),
      { numRuns: 300 },
    );
  });
});

describe("any order without cycles", () => {
  const acyclic = fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 80 });

  function ordered(pairs: readonly (readonly [number, number])[]): Simulator {
    const earlier = (i: number) =>
      pairs.flatMap(([a, b]) => (Math.max(a, b) === i && a !== b ? [`s${Math.min(a, b)}.service`] : []));
    const units: Unit[] = Array.from({ length: 30 }, (_, i) => {
      const deps = { After: earlier(i), Wants: earlier(i) };
      return service(`s${i}.service`, { deps, service: { type: i % 2 === 0 ? "exec" : "simple" } });
    });
    units.push(target("all.target", { deps: { Wants: units.map((unit) => unit.name) } }));
    const sim = simulate(units);
    sim.request("all.target");
    return sim;
  }

  function positions(sim: Simulator, sub: string): Map<string, number> {
    return new Map(
      sim.states.flatMap((line, i) =>
        line.endsWith(` ${sub}`) ? [[line.split(" ")[0] ?? "", i] as const] : [],
      ),
    );
  }

  it("starts follow After=, and stops are their reverse", () => {
    fc.assert(
      fc.property(acyclic, (pairs) => {
        const sim = ordered(pairs);
        const up = positions(sim, "running");
        expect(up.size).toBe(30);
        sim.send({ type: "shutdown-requested", kind: "exit", exitCode: null, budgetUsec: null });
        const down = positions(sim, "dead");
        for (const [a, b] of pairs) {
          if (a === b) continue;
          const [first, second] = [`s${Math.min(a, b)}.service`, `s${Math.max(a, b)}.service`];
          expect(up.get(first)).toBeLessThan(up.get(second) ?? -1);
          expect(down.get(first)).toBeGreaterThan(down.get(second) ?? Number.MAX_SAFE_INTEGER);
        }
      }),
      { numRuns: 100 },
    );
  });
});
