/** The container's end: order, budget, exit codes. */
import { describe, expect, it } from "vitest";
import { command, SEC, service, socket, target } from "./builders.ts";
import { exit, type Simulator, STUBBORN, simulate } from "./simulator.ts";

function end(sim: Simulator, budgetUsec: number | null = null): void {
  sim.send({ type: "shutdown-requested", kind: "exit", exitCode: null, budgetUsec });
}

describe("the container's end", () => {
  it("comes at once when nothing runs", () => {
    const sim = simulate([service("a.service")]);
    end(sim);
    expect(sim.exitCode).toBe(0);
  });

  it("fits units with long timeouts into its budget, and names who was late", () => {
    const sim = simulate([
      service("a.service"),
      service("b.service", { deps: { After: ["a.service"] } }),
      service("c.service", { deps: { After: ["b.service"] } }),
    ]);
    for (const name of ["a.service", "b.service", "c.service"]) sim.start(name);
    sim.behaviours["b.service/ExecStart"] = STUBBORN;
    sim.stop("b.service");
    sim.advance(90 * SEC);
    sim.start("b.service");
    const begin = sim.now;
    end(sim);
    expect(sim.state("c.service")).toBe("inactive/dead");
    expect(sim.state("a.service")).toBe("active/running");
    sim.advance(7 * SEC);
    expect(sim.exitCode).toBe(0);
    const exited = sim.effects.at(-1);
    expect(exited).toMatchObject({ type: "exit", unfinished: [] });
    expect(sim.messages()).toContain("Had to be killed: b.service");
    expect(sim.states.indexOf("b.service failed")).toBeLessThan(sim.states.lastIndexOf("a.service dead"));
    expect(sim.now - begin).toBeLessThan(8 * SEC);
  });

  it("turns away who waits for a service that will not be started any more, also while others stop", () => {
    const sim = simulate([
      socket("db.socket"),
      service("db.service", { deps: { Requires: ["slow.service"], After: ["slow.service"] } }),
      service("slow.service", { service: { type: "notify" } }),
      service("client.service", { deps: { After: ["db.service"] } }),
    ]);
    sim.behaviours["client.service/ExecStart"] = STUBBORN;
    sim.start("client.service");
    sim.start("db.socket");
    sim.incoming("db.socket");
    expect([sim.state("db.socket"), sim.state("db.service")]).toEqual(["active/running", "inactive/dead"]);
    end(sim);
    sim.incoming("db.socket");
    expect(sim.state("client.service")).toBe("deactivating/stop-sigterm");
    expect(sim.count("flush-socket", "db.socket")).toBe(1);
    expect(sim.state("db.service")).toBe("inactive/dead");
  });

  it("ends a chain of stubborn services by the deadline, in order", () => {
    const names = Array.from({ length: 10 }, (_, i) => `u${i}.service`);
    const units = names.map((name, i) =>
      service(name, { deps: i === 0 ? {} : { After: [names[i - 1] ?? ""] } }),
    );
    const sim = simulate(units);
    for (const name of names) {
      sim.behaviours[`${name}/ExecStart`] = STUBBORN;
      sim.start(name);
    }
    end(sim);
    sim.advance(8 * SEC);
    expect(sim.exitCode).toBe(0);
    const failed = sim.states.filter((line) => line.endsWith(" failed")).map((line) => line.split(" ")[0]);
    expect(failed).toEqual([...names].reverse());
  });

  it("gives up on what SIGKILL does not end", () => {
    const sim = simulate([service("a.service")]);
    sim.behaviours["a.service/ExecStart"] = { kind: "immortal" };
    sim.start("a.service");
    end(sim);
    sim.advance(8 * SEC);
    expect(sim.effects.at(-1)).toMatchObject({ type: "exit", code: 0 });
    expect(sim.messages()).toContain("Processes still around after final SIGKILL. Entering failed mode.");
  });

  it("is hastened by a second signal, and immediate with a third", () => {
    const sim = simulate([service("a.service"), service("b.service", { deps: { After: ["a.service"] } })]);
    for (const name of ["a.service", "b.service"]) {
      sim.behaviours[`${name}/ExecStart`] = STUBBORN;
      sim.start(name);
    }
    end(sim);
    sim.advance(SEC);
    sim.send({ type: "shutdown-hastened" });
    sim.advance(SEC);
    expect(sim.exitCode).toBe(0);
    const again = simulate([service("a.service")]);
    again.behaviours["a.service/ExecStart"] = STUBBORN;
    again.start("a.service");
    end(again);
    again.send({ type: "shutdown-hastened" });
    again.send({ type: "shutdown-hastened" });
    again.advance(0);
    expect(again.exitCode).toBe(0);
    expect(again.effects.at(-1)).toMatchObject({ type: "exit", unfinished: ["a.service"] });
  });

  it("cancels what is queued, stops what is starting, and starts nothing new", () => {
    const sim = simulate([
      service("a.service", { service: { type: "notify" } }),
      service("b.service", { deps: { After: ["a.service"], Requires: ["a.service"] } }),
      service("alarm.service"),
      service("c.service", {
        deps: { OnFailure: ["alarm.service"] },
        service: { execStop: [command("/bin/stop")] },
      }),
    ]);
    sim.behaviours["/bin/stop"] = exit(1);
    const id = sim.request("b.service");
    sim.start("c.service");
    end(sim);
    expect(sim.outcome(id)).toBe("canceled");
    expect(sim.spawnsOf("alarm.service")).toHaveLength(0);
    expect(sim.exitCode).toBe(0);
  });

  it("runs what shutdown.target wants", () => {
    const sim = simulate([
      target("shutdown.target", { deps: { Wants: ["farewell.service"], After: ["farewell.service"] } }),
      service("farewell.service", { service: { type: "oneshot" } }),
      service("a.service", { deps: { Conflicts: ["shutdown.target"], Before: ["shutdown.target"] } }),
    ]);
    sim.start("a.service");
    end(sim);
    expect(sim.spawnsOf("farewell.service")).toHaveLength(1);
    expect(sim.state("a.service")).toBe("inactive/dead");
    expect(sim.exitCode).toBe(0);
  });

  it("does not hang on a cycle", () => {
    const sim = simulate([
      service("a.service", { deps: { After: ["b.service"] } }),
      service("b.service", { deps: { After: ["a.service"] } }),
    ]);
    sim.start("a.service");
    sim.start("b.service");
    end(sim);
    expect(sim.exitCode).toBe(0);
    expect([sim.state("a.service"), sim.state("b.service")]).toEqual(["inactive/dead", "inactive/dead"]);
  });
});

describe("exit codes", () => {
  it("SuccessAction=exit ends the container with the service's own status", () => {
    const successExitStatus = { codes: [7], signals: [] };
    const sim = simulate([
      service("a.service", { service: { successExitStatus }, unit: { successAction: "exit" } }),
      service("b.service"),
    ]);
    sim.start("a.service");
    sim.start("b.service");
    sim.end(sim.mainPid("a.service"), 7);
    expect(sim.state("b.service")).toBe("inactive/dead");
    expect(sim.exitCode).toBe(7);
  });

  it("FailureActionExitStatus= wins over it, and a signal is 255", () => {
    const unit = { failureAction: "exit", failureActionExitStatus: 99 } as const;
    const sim = simulate([service("a.service", { unit })]);
    sim.start("a.service");
    sim.end(sim.mainPid("a.service"), 3);
    expect(sim.exitCode).toBe(99);
    const killed = simulate([service("a.service", { unit: { failureAction: "exit" } })]);
    killed.start("a.service");
    killed.end(killed.mainPid("a.service"), 9, "killed");
    expect(killed.exitCode).toBe(255);
  });

  it("the main command's code is the container's, 128+N for a signal, whoever asked for the end", () => {
    const unit = { successAction: "exit", failureAction: "exit" } as const;
    const command = () => simulate([service("cmd.service", { unit })], { commandUnit: "cmd.service" });
    const failed = command();
    failed.start("cmd.service");
    failed.end(failed.mainPid("cmd.service"), 5);
    expect(failed.exitCode).toBe(5);
    const stopped = command();
    stopped.start("cmd.service");
    stopped.send({ type: "shutdown-requested", kind: "exit", exitCode: null, budgetUsec: null });
    expect(stopped.exitCode).toBe(143);
  });

  it("a forced action ends at once", () => {
    const sim = simulate([
      service("a.service", { unit: { failureAction: "poweroff-force" } }),
      service("b.service"),
    ]);
    sim.start("a.service");
    sim.start("b.service");
    sim.end(sim.mainPid("a.service"), 1);
    expect(sim.effects.at(-1)).toMatchObject({ type: "exit", kind: "poweroff" });
  });
});
