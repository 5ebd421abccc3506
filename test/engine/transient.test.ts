/** Units that a program makes (systemd-run(1)): how long the engine knows them. */
import { describe, expect, it } from "vitest";
import type { Unit } from "../../src/unit/model.ts";
import { service, socket } from "./builders.ts";
import { type Simulator, simulate } from "./simulator.ts";

/** The units as they are when they were just made: held until somebody says otherwise. */
function made(...units: readonly Unit[]): Simulator {
  const sim = simulate([]);
  const transient = units.map(({ name }) => name);
  sim.send({ type: "units-loaded", units, complete: false, stubs: [], transient });
  return sim;
}

function letGo(sim: Simulator, unit: string): void {
  sim.send({ type: "unit-referenced", unit, referenced: false });
}

const isKnown = (sim: Simulator, unit: string): boolean => sim.engine.graph.units.has(unit);

describe("a transient service", () => {
  it("is forgotten when it has ended well", () => {
    const sim = made(service("x.service"));
    sim.start("x.service");
    letGo(sim, "x.service");
    expect(sim.state("x.service")).toBe("active/running");
    sim.end(sim.mainPid("x.service"), 0);
    expect(sim.count("unit-removed", "x.service")).toBe(1);
    expect(isKnown(sim, "x.service")).toBe(false);
  });

  it("is kept while somebody holds it", () => {
    const sim = made(service("x.service"));
    sim.start("x.service");
    sim.end(sim.mainPid("x.service"), 0);
    expect(sim.state("x.service")).toBe("inactive/dead");
    letGo(sim, "x.service");
    expect(isKnown(sim, "x.service")).toBe(false);
  });

  it("is kept when it failed, until that is reset", () => {
    const sim = made(service("x.service"));
    sim.start("x.service");
    letGo(sim, "x.service");
    sim.end(sim.mainPid("x.service"), 1);
    expect(sim.state("x.service")).toBe("failed/failed");
    sim.send({ type: "reset-failed", requestId: 900, unit: "x.service" });
    expect(isKnown(sim, "x.service")).toBe(false);
  });

  it("is forgotten with CollectMode=inactive-or-failed though it failed", () => {
    const sim = made(service("x.service", { unit: { collectMode: "inactive-or-failed" } }));
    sim.start("x.service");
    letGo(sim, "x.service");
    sim.end(sim.mainPid("x.service"), 1);
    expect(isKnown(sim, "x.service")).toBe(false);
  });

  it("is forgotten when it was never started", () => {
    const sim = made(service("x.service"));
    letGo(sim, "x.service");
    expect(isKnown(sim, "x.service")).toBe(false);
  });

  it("outlives a reload that finds no file of it", () => {
    const sim = made(service("x.service"));
    sim.start("x.service");
    letGo(sim, "x.service");
    sim.send({ type: "units-loaded", units: [], complete: true, stubs: [] });
    expect(sim.state("x.service")).toBe("active/running");
  });
});

it("a transient socket keeps its service, and takes it along", () => {
  const sim = made(socket("x.socket"), service("x.service"));
  sim.start("x.socket");
  for (const name of ["x.socket", "x.service"]) letGo(sim, name);
  sim.incoming("x.socket");
  sim.end(sim.mainPid("x.service"), 0);
  expect([sim.state("x.socket"), sim.state("x.service")]).toEqual(["active/listening", "inactive/dead"]);
  sim.request("x.socket", "stop");
  expect([isKnown(sim, "x.socket"), isKnown(sim, "x.service")]).toEqual([false, false]);
});
