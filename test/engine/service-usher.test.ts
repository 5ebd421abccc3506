/** What [X-Usher] adds to a service's life: checks before it is up, and a stop when nobody is connected. */
import { describe, expect, it } from "vitest";
import type { ReadyCheck } from "../../src/unit/model.ts";
import { SEC, service, socket } from "./builders.ts";
import { type Simulator, simulate } from "./simulator.ts";

const usher = {
  readyChecks: [{ kind: "tcp", host: "127.0.0.1", port: 7001 }] satisfies readonly ReadyCheck[],
};

/** The runtime's answer to the last `check-readiness`. */
function succeed(sim: Simulator, unit: string): void {
  const asked = sim.effects.findLast((effect) => effect.type === "check-readiness");
  if (asked?.type !== "check-readiness") throw new Error("nothing was asked");
  sim.send({ type: "ready-checked", unit, token: asked.token });
}

describe("ReadyCheck=", () => {
  it("keeps a simple service in start until the checks have succeeded", () => {
    const sim = simulate([service("a.service", { usher })]);
    const request = sim.request("a.service");
    expect([sim.state("a.service"), sim.outcome(request)]).toEqual(["activating/start", "pending"]);
    succeed(sim, "a.service");
    expect([sim.state("a.service"), sim.outcome(request)]).toEqual(["active/running", "done"]);
  });

  it("comes after READY=1, and a second READY=1 changes nothing", () => {
    const sim = simulate([service("a.service", { usher, service: { type: "notify" } })]);
    sim.request("a.service");
    expect(sim.count("check-readiness", "a.service")).toBe(0);
    sim.notify("a.service", "READY=1");
    sim.notify("a.service", "READY=1");
    expect(sim.count("check-readiness", "a.service")).toBe(1);
    succeed(sim, "a.service");
    expect(sim.state("a.service")).toBe("active/running");
  });

  it("is no use to a program that ends meanwhile", () => {
    const sim = simulate([service("a.service", { usher })]);
    const request = sim.request("a.service");
    sim.end(sim.mainPid("a.service"), 0);
    expect([sim.outcome(request), sim.result("a.service")]).toEqual(["failed", "protocol"]);
    succeed(sim, "a.service");
    expect(sim.state("a.service")).toBe("failed/failed");
  });

  it("is bounded by TimeoutStartSec=", () => {
    const sim = simulate([service("a.service", { usher, service: { timeoutStartUsec: 3 * SEC } })]);
    const request = sim.request("a.service");
    sim.advance(4 * SEC);
    expect([sim.outcome(request), sim.result("a.service")]).toEqual(["failed", "timeout"]);
  });
});

describe("IdleTimeoutSec=", () => {
  it("stops the service and leaves its socket listening", () => {
    const sim = simulate([socket("a.socket"), service("a.service")]);
    sim.start("a.socket");
    sim.incoming("a.socket");
    expect(sim.state("a.service")).toBe("active/running");
    sim.send({ type: "service-idle", unit: "a.service" });
    expect([sim.state("a.service"), sim.state("a.socket")]).toEqual(["inactive/dead", "active/listening"]);
  });

  it("leaves alone what an active unit requires", () => {
    const sim = simulate([service("a.service"), service("b.service", { deps: { Requires: ["a.service"] } })]);
    sim.start("b.service");
    sim.send({ type: "service-idle", unit: "a.service" });
    expect(sim.state("a.service")).toBe("active/running");
    sim.stop("b.service");
    sim.send({ type: "service-idle", unit: "a.service" });
    expect(sim.state("a.service")).toBe("inactive/dead");
  });
});
