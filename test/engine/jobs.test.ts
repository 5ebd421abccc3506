/** Jobs and transactions over several units: what is pulled in, in which order, what fails with what (scenarios E). */
import { describe, expect, it } from "vitest";
import { command, SEC, service, socket, target } from "./builders.ts";
import { exit, type Simulator, STUBBORN, simulate } from "./simulator.ts";

/** When each unit became active, or inactive, in order. */
function order(sim: Simulator, sub: string): string[] {
  return sim.states.flatMap((line) => (line.endsWith(` ${sub}`) ? [line.slice(0, -sub.length - 1)] : []));
}

describe("requirements", () => {
  it("Requires= and Wants= pull in, After= orders", () => {
    const sim = simulate([
      service("a.service", {
        deps: { Requires: ["b.service"], Wants: ["c.service"], After: ["b.service", "c.service"] },
      }),
      service("b.service", { service: { type: "notify" } }),
      service("c.service", { service: { type: "notify" } }),
    ]);
    const id = sim.request("a.service");
    expect(sim.state("a.service")).toBe("inactive/dead");
    sim.notify("b.service", "READY=1");
    expect(sim.state("a.service")).toBe("inactive/dead");
    sim.notify("c.service", "READY=1");
    expect(sim.outcome(id)).toBe("done");
  });

  it("without After= they start together (49)", () => {
    const sim = simulate([
      service("a.service", { deps: { Requires: ["b.service"] } }),
      service("b.service", { service: { type: "notify" } }),
    ]);
    expect(sim.start("a.service")).toBe("done");
    expect(sim.state("b.service")).toBe("activating/start");
  });

  it("a failed requirement fails what is ordered after it, a failed wish does not", () => {
    const sim = simulate([
      service("a.service", { deps: { Requires: ["bad.service"], After: ["bad.service"] } }),
      service("b.service", { deps: { Wants: ["bad.service"], After: ["bad.service"] } }),
      service("bad.service", { service: { type: "exec" } }),
    ]);
    sim.behaviours["bad.service/ExecStart"] = { kind: "fail", status: 203 };
    expect(sim.start("a.service")).toBe("dependency");
    expect(sim.messages()).toContain("Dependency failed for a.service.");
    expect(sim.start("b.service")).toBe("done");
  });

  it("goes through a chain of failures without recursion", () => {
    const length = 3000;
    const units = Array.from({ length }, (_, i) => {
      const deps = i === 0 ? {} : { Requires: [`u${i - 1}.service`], After: [`u${i - 1}.service`] };
      return service(`u${i}.service`, { deps, service: { type: "exec" } });
    });
    const sim = simulate(units);
    sim.behaviours["u0.service/ExecStart"] = { kind: "fail", status: 203 };
    expect(sim.start(`u${length - 1}.service`)).toBe("dependency");
    expect(sim.engine.jobs.size).toBe(0);
  });

  it("a missing requirement is refused at once; a missing wish is passed over", () => {
    const sim = simulate([
      service("a.service", { deps: { Requires: ["none.service"] } }),
      service("b.service", { deps: { Wants: ["none.service"] } }),
      service("c.service", { deps: { Wants: ["a.service"] } }),
    ]);
    expect(sim.start("a.service")).toBe("Unit none.service not found.");
    expect(sim.start("b.service")).toBe("done");
    expect(sim.start("c.service")).toBe("done");
    expect(sim.state("a.service")).toBe("inactive/dead");
  });

  it("Requisite= fails at once when the other is not up", () => {
    const sim = simulate([
      service("a.service", { deps: { Requisite: ["b.service"], After: ["b.service"] } }),
      service("b.service"),
    ]);
    expect(sim.start("a.service")).toBe("dependency");
    expect(sim.state("b.service")).toBe("inactive/dead");
    sim.start("b.service");
    expect(sim.start("a.service")).toBe("done");
  });

  it("of a unit that dies later BindsTo= ones stop, Requires= ones do not; its stop stops both (49)", () => {
    const units = [
      service("base.service"),
      service("bound.service", { deps: { BindsTo: ["base.service"], After: ["base.service"] } }),
      service("needs.service", { deps: { Requires: ["base.service"], After: ["base.service"] } }),
      service("wants.service", { deps: { Wants: ["base.service"], After: ["base.service"] } }),
    ];
    const names = ["bound.service", "needs.service", "wants.service"];
    const sim = simulate(units);
    for (const name of names) sim.start(name);
    sim.end(sim.mainPid("base.service"), 1);
    expect(names.map((name) => sim.unit(name).sub)).toEqual(["dead", "running", "running"]);
    for (const name of names) sim.start(name);
    sim.start("base.service");
    sim.start("bound.service");
    sim.stop("base.service");
    expect(names.map((name) => sim.unit(name).sub)).toEqual(["dead", "dead", "running"]);
  });

  it("BindsTo= with After= does not start when the other went by", () => {
    const sim = simulate([
      service("a.service", { deps: { BindsTo: ["b.service"], After: ["b.service"] } }),
      service("b.service", { service: { type: "oneshot" } }),
    ]);
    expect(sim.start("a.service")).toBe("dependency");
  });

  it("PartOf= hands on stop and restart, not start", () => {
    const sim = simulate([target("all.target"), service("a.service", { deps: { PartOf: ["all.target"] } })]);
    sim.start("all.target");
    expect(sim.state("a.service")).toBe("inactive/dead");
    sim.start("a.service");
    const before = sim.mainPid("a.service");
    sim.request("all.target", "restart");
    expect(sim.mainPid("a.service")).not.toBe(before);
    sim.stop("all.target");
    expect(sim.state("a.service")).toBe("inactive/dead");
  });

  it("Conflicts= stops the other one, before", () => {
    const sim = simulate([
      service("a.service", { deps: { Conflicts: ["b.service"], After: ["b.service"] } }),
      service("b.service"),
    ]);
    sim.start("b.service");
    expect(sim.start("a.service")).toBe("done");
    expect(sim.state("b.service")).toBe("inactive/dead");
    expect(sim.states.indexOf("b.service dead")).toBeLessThan(sim.states.indexOf("a.service start"));
  });

  it("Upholds= starts again what is down; StopWhenUnneeded= stops what nobody needs", () => {
    const sim = simulate([
      service("a.service", { deps: { Upholds: ["b.service"], Requires: ["c.service"] } }),
      service("b.service"),
      service("c.service", { unit: { stopWhenUnneeded: true } }),
    ]);
    sim.start("a.service");
    sim.end(sim.mainPid("b.service"), 0);
    expect(sim.state("b.service")).toBe("active/running");
    sim.stop("a.service");
    expect(sim.state("c.service")).toBe("inactive/dead");
    expect(sim.state("b.service")).toBe("active/running");
  });

  it("an upheld unit that can't stay up ends at a limit, not in a loop", () => {
    const limitless = { startLimit: { intervalUsec: 0, burst: 0 } };
    const sim = simulate([
      service("a.service", { deps: { Upholds: ["b.service"] } }),
      service("b.service", { service: { type: "oneshot" }, unit: limitless }),
    ]);
    sim.start("a.service");
    expect(sim.spawnsOf("b.service").length).toBeLessThan(20);
    expect(sim.engine.timers.has("check/b.service")).toBe(true);
  });

  it("OnFailure= hears who failed and how, OnSuccess= of a good end", () => {
    const sim = simulate([
      service("a.service", { deps: { OnFailure: ["alarm.service"], OnSuccess: ["cheer.service"] } }),
      service("alarm.service", { service: { type: "oneshot" } }),
      service("cheer.service", { service: { type: "oneshot" } }),
    ]);
    sim.start("a.service");
    sim.end(sim.mainPid("a.service"), 3);
    const environment = sim.spawnsOf("alarm.service")[0]?.environment;
    expect(environment).toEqual(
      expect.arrayContaining([
        "MONITOR_SERVICE_RESULT=exit-code",
        "MONITOR_EXIT_STATUS=3",
        "MONITOR_UNIT=a.service",
      ]),
    );
    expect(sim.spawnsOf("cheer.service")).toHaveLength(0);
    sim.start("a.service");
    sim.end(sim.mainPid("a.service"), 0);
    expect(sim.spawnsOf("cheer.service")).toHaveLength(1);
  });

  it("a unit that requires the one whose failure starts it is tried often, not for ever", () => {
    const sim = simulate([
      service("a.service", { deps: { OnFailure: ["b.service"], Requisite: ["down.service"] } }),
      service("b.service", { deps: { Requires: ["a.service"] } }),
      service("down.service"),
    ]);
    expect(sim.start("a.service")).toBe("dependency");
    expect(sim.messages()).toContain("Too many OnFailure= jobs in a short time, ignoring.");
    expect(sim.engine.jobs.size).toBe(0);
  });

  it("PropagatesStopTo= stops too", () => {
    const sim = simulate([
      service("a.service", { deps: { PropagatesStopTo: ["b.service"] } }),
      service("b.service"),
    ]);
    sim.start("a.service");
    sim.start("b.service");
    sim.stop("a.service");
    expect(sim.state("b.service")).toBe("inactive/dead");
  });

  it("PropagatesReloadTo= reloads too", () => {
    const reloads = { execReload: [command("/bin/reload")] };
    const sim = simulate([
      service("a.service", { deps: { PropagatesReloadTo: ["b.service"] }, service: reloads }),
      service("b.service", { service: reloads }),
    ]);
    sim.start("a.service");
    sim.start("b.service");
    sim.request("a.service", "reload");
    expect(sim.spawnsOf("b.service").at(-1)?.role).toBe("ExecReload");
  });

  it("an automatic restart takes what is bound to it along", () => {
    const sim = simulate([
      service("base.service", { service: { restart: "always" } }),
      service("needs.service", { deps: { Requires: ["base.service"], After: ["base.service"] } }),
    ]);
    sim.start("needs.service");
    const before = sim.mainPid("needs.service");
    sim.end(sim.mainPid("base.service"), 1);
    sim.advance(SEC);
    expect(sim.state("needs.service")).toBe("active/running");
    expect(sim.mainPid("needs.service")).not.toBe(before);
  });
});

describe("ordering", () => {
  it("stops in the reverse of the start order, a socket after its service", () => {
    const sim = simulate([
      target("all.target", {
        deps: { Wants: ["a.socket", "a.service", "b.service"], After: ["a.service", "b.service"] },
      }),
      socket("a.socket"),
      service("a.service", { deps: { After: ["a.socket"] } }),
      service("b.service", { deps: { After: ["a.service"] } }),
    ]);
    sim.start("all.target");
    expect(sim.state("all.target")).toBe("active/active");
    sim.send({ type: "shutdown-requested", kind: "exit", exitCode: null, budgetUsec: null });
    expect(order(sim, "dead")).toEqual(["all.target", "b.service", "a.service", "a.socket"]);
    expect(sim.exitCode).toBe(0);
  });

  it("breaks a cycle of units that are only wanted (51)", () => {
    const sim = simulate([
      target("all.target", { deps: { Wants: ["a.service", "b.service", "c.service"] } }),
      service("a.service", { deps: { After: ["b.service"] } }),
      service("b.service", { deps: { After: ["a.service"] } }),
      service("c.service"),
    ]);
    expect(sim.start("all.target")).toBe("done");
    const up = ["a.service", "b.service", "c.service"].filter((name) => sim.state(name) === "active/running");
    expect(up).toHaveLength(2);
    expect(up).toContain("c.service");
    expect(sim.messages().some((line) => /^Found ordering cycle on [ab]\.service\/start$/.test(line))).toBe(
      true,
    );
    expect(
      sim
        .messages()
        .some((line) =>
          /^Job [ab]\.service\/start deleted to break ordering cycle starting with [ab]\.service\/start$/.test(
            line,
          ),
        ),
    ).toBe(true);
  });

  it("refuses a cycle that is all required", () => {
    const sim = simulate([
      service("a.service", { deps: { Requires: ["b.service"], After: ["b.service"] } }),
      service("b.service", { deps: { Requires: ["a.service"], After: ["a.service"] } }),
    ]);
    expect(sim.start("a.service")).toBe("Transaction order is cyclic. See system logs for details.");
    expect(sim.spawnsOf("b.service")).toHaveLength(0);
  });

  it("a stop goes before a start, in both directions", () => {
    for (const deps of [{ After: ["b.service"] }, { Before: ["b.service"] }]) {
      const sim = simulate([
        service("a.service", { deps: { ...deps, Conflicts: ["b.service"] } }),
        service("b.service", { service: { timeoutStopUsec: SEC } }),
      ]);
      sim.behaviours["b.service/ExecStart"] = STUBBORN;
      sim.start("b.service");
      const id = sim.request("a.service");
      expect(sim.state("a.service")).toBe("inactive/dead");
      sim.advance(2 * SEC);
      expect(sim.outcome(id)).toBe("done");
    }
  });
});

describe("job modes", () => {
  it("fail does not replace what is queued, replace does", () => {
    const sim = simulate([service("a.service", { service: { type: "notify" } })]);
    const start = sim.request("a.service");
    expect(sim.outcome(sim.request("a.service", "stop", "fail"))).toMatch(
      /is destructive \(a\.service has 'start' job queued, but 'stop'/,
    );
    expect(sim.outcome(sim.request("a.service", "stop", "replace"))).toBe("done");
    expect(sim.outcome(start)).toBe("canceled");
  });

  it("replace-irreversibly is not replaced by replace", () => {
    const sim = simulate([service("a.service", { service: { type: "notify" } })]);
    sim.request("a.service", "start", "replace-irreversibly");
    expect(sim.outcome(sim.request("a.service", "stop"))).toMatch(/is destructive/);
  });

  it("isolate stops everything else", () => {
    const sim = simulate([
      target("rescue.target", { unit: { allowIsolate: true }, deps: { Requires: ["a.service"] } }),
      service("a.service"),
      service("b.service"),
      service("c.service", { unit: { ignoreOnIsolate: true } }),
    ]);
    for (const name of ["b.service", "c.service"]) sim.start(name);
    expect(sim.outcome(sim.request("rescue.target", "start", "isolate"))).toBe("done");
    expect(["a.service", "b.service", "c.service"].map((name) => sim.unit(name).sub)).toEqual([
      "running",
      "dead",
      "running",
    ]);
    expect(sim.outcome(sim.request("a.service", "start", "isolate"))).toBe(
      "Operation refused, unit may not be isolated.",
    );
  });

  it("ignore-dependencies starts just the one", () => {
    const sim = simulate([
      service("a.service", { deps: { Requires: ["b.service"], After: ["b.service"] } }),
      service("b.service"),
    ]);
    expect(sim.outcome(sim.request("a.service", "start", "ignore-dependencies"))).toBe("done");
    expect(sim.state("b.service")).toBe("inactive/dead");
  });

  it("triggering stops the socket with its service", () => {
    const sim = simulate([socket("a.socket"), service("a.service")]);
    sim.start("a.socket");
    sim.incoming("a.socket");
    expect(sim.outcome(sim.request("a.service", "stop", "triggering"))).toBe("done");
    expect(sim.state("a.socket")).toBe("inactive/dead");
  });

  it("try-restart and reload-or-restart take the unit as it is", () => {
    const sim = simulate([
      service("a.service"),
      service("b.service", { service: { execReload: [command("/bin/reload")] } }),
    ]);
    expect(sim.outcome(sim.request("a.service", "try-restart"))).toBe("done");
    expect(sim.spawnsOf("a.service")).toHaveLength(0);
    sim.start("a.service");
    sim.start("b.service");
    const before = [sim.mainPid("a.service"), sim.mainPid("b.service")];
    expect(sim.outcome(sim.request("a.service", "reload-or-restart"))).toBe("done");
    expect(sim.outcome(sim.request("b.service", "reload-or-restart"))).toBe("done");
    expect(sim.mainPid("a.service")).not.toBe(before[0]);
    expect(sim.mainPid("b.service")).toBe(before[1]);
  });
});

describe("a job's own time", () => {
  it("JobTimeoutSec= ends the job, not the unit", () => {
    const sim = simulate([
      service("a.service", { service: { type: "notify" }, unit: { jobTimeoutUsec: SEC } }),
    ]);
    const id = sim.request("a.service");
    sim.advance(2 * SEC);
    expect(sim.outcome(id)).toBe("timeout");
    expect(sim.state("a.service")).toBe("activating/start");
  });

  it("two requests for the same are one job, and both are answered", () => {
    const sim = simulate([service("a.service", { service: { type: "notify" } })]);
    const ids = [sim.request("a.service"), sim.request("a.service")];
    sim.notify("a.service", "READY=1");
    expect(ids.map((id) => sim.outcome(id))).toEqual(["done", "done"]);
  });

  it("can be canceled", () => {
    const sim = simulate([service("a.service", { service: { type: "notify" } })]);
    const id = sim.request("a.service");
    sim.send({ type: "job-canceled", requestId: 900, job: null });
    expect(sim.outcome(id)).toBe("canceled");
  });
});

describe("conditions", () => {
  const conditions = [{ kind: "PathExists", assert: false, trigger: false, negate: false, parameter: "/x" }];

  it("that are not met skip the unit; the job is done, and nobody after it waits", () => {
    const sim = simulate([
      service("a.service", { unit: { conditions } }),
      service("b.service", { deps: { Requires: ["a.service"], After: ["a.service"] } }),
    ]);
    sim.unmetConditions.add("a.service");
    expect(sim.start("b.service")).toBe("done");
    expect(sim.state("a.service")).toBe("inactive/dead");
    expect(sim.messages()).toContain(
      "a.service was skipped because of an unmet condition check (ConditionPathExists=/x).",
    );
  });

  it("do not count against the start limit", () => {
    const sim = simulate([service("a.service", { unit: { conditions } })]);
    sim.unmetConditions.add("a.service");
    for (let i = 0; i < 10; i++) expect(sim.start("a.service")).toBe("done");
    sim.unmetConditions.clear();
    expect(sim.start("a.service")).toBe("done");
    expect(sim.state("a.service")).toBe("active/running");
  });
});

describe("a chain of 500", () => {
  it("starts in order, counts its transaction once, and stops in reverse", () => {
    const length = 500;
    const name = (i: number) => `u${i}.service`;
    const units = Array.from({ length }, (_, i) => {
      const deps = i === 0 ? {} : { Requires: [name(i - 1)], After: [name(i - 1)] };
      return service(name(i), { deps });
    });
    const sim = simulate(units);
    expect(sim.start(name(length - 1))).toBe("done");
    expect(order(sim, "running")).toEqual(units.map((unit) => unit.name));
    expect(sim.stop(name(0))).toBe("done");
    expect(order(sim, "dead")).toEqual(units.map((unit) => unit.name).reverse());
  });
});

describe("reloading the units", () => {
  it("keeps what runs, takes new settings, and forgets what is gone once it is down", () => {
    const sim = simulate([service("a.service"), service("b.service")]);
    sim.start("a.service");
    const pid = sim.mainPid("a.service");
    sim.send({ type: "units-loaded", units: [service("c.service")], complete: true, stubs: [] });
    expect(sim.mainPid("a.service")).toBe(pid);
    expect(sim.unit("a.service").loadState).toBe("not-found");
    expect(sim.start("b.service")).toBe("Unit b.service not found.");
    expect(sim.stop("a.service")).toBe("done");
    expect(sim.start("a.service")).toMatch(/not found/);
  });

  it("in two steps: a socket listens for a service that is read later", () => {
    const sim = simulate([]);
    sim.send({ type: "units-loaded", units: [socket("a.socket")], complete: false, stubs: ["a.service"] });
    expect(sim.start("a.socket")).toBe("done");
    sim.send({ type: "units-loaded", units: [service("a.service")], complete: false, stubs: [] });
    sim.incoming("a.socket");
    expect(sim.state("a.service")).toBe("active/running");
  });

  it("knows units by their aliases", () => {
    const sim = simulate([
      service("real.service", { aliases: ["nick.service"] }),
      service("a.service", { deps: { Requires: ["nick.service"] } }),
    ]);
    sim.start("a.service");
    expect(sim.state("nick.service")).toBe("active/running");
  });
});

describe("what a program leaves", () => {
  it("is ended with the service, and an exit is waited for", () => {
    const sim = simulate([service("a.service")]);
    sim.behaviours["a.service/ExecStart"] = { ...exit(0), leaves: 3 } as ReturnType<typeof exit>;
    expect(sim.start("a.service")).toBe("done");
    expect(sim.pids("a.service")).toEqual([]);
    expect(sim.state("a.service")).toBe("inactive/dead");
  });
});
