/**
 * Cases that are easily thought to be otherwise. What is expected here was seen on systemd 257 itself, with the same
 * units and requests.
 */
import { describe, expect, it } from "vitest";
import { command, SEC, service, socket } from "./builders.ts";
import { exit, type Simulator, simulate } from "./simulator.ts";

const CONDITION = { kind: "PathExists", assert: false, trigger: false, negate: false, parameter: "/nope" };

function summary(sim: Simulator, name: string): string {
  return `${sim.state(name)} ${sim.result(name)}`;
}

describe("as systemd 257 does it", () => {
  it("a crash loop at its limit keeps the result of the crash, and counts five restarts", () => {
    const sim = simulate([service("a.service", { service: { restart: "always", restartUsec: SEC / 20 } })]);
    sim.behaviours["a.service/ExecStart"] = exit(1);
    sim.start("a.service");
    sim.advance(2 * SEC);
    expect(summary(sim, "a.service")).toBe("failed/failed exit-code");
    expect(sim.unit("a.service")).toMatchObject({ nRestarts: 5 });
  });

  it("OnFailure= runs at each failure of a crash loop, and once more at its limit", () => {
    const unit = { startLimit: { intervalUsec: 10 * SEC, burst: 3 } };
    const sim = simulate([
      service("a.service", { deps: { OnFailure: ["alarm.service"] }, unit, service: { restart: "always" } }),
      service("alarm.service", {
        service: { type: "oneshot" },
        unit: { startLimit: { intervalUsec: 0, burst: 0 } },
      }),
    ]);
    sim.behaviours["a.service/ExecStart"] = exit(1);
    sim.start("a.service");
    sim.advance(2 * SEC);
    expect(sim.spawnsOf("alarm.service")).toHaveLength(4);
  });

  it("a start cuts the wait for a restart short, and so does being required", () => {
    const sim = simulate([
      service("a.service", { service: { restart: "always", restartUsec: 30 * SEC } }),
      service("b.service", { deps: { Requires: ["a.service"] } }),
    ]);
    sim.start("a.service");
    sim.end(sim.mainPid("a.service"), 1);
    expect(sim.start("b.service")).toBe("done");
    expect(sim.state("a.service")).toBe("active/running");
    expect(sim.unit("a.service")).toMatchObject({ nRestarts: 1 });
  });

  it("what is bound to a oneshot goes down with it, started together or refused after it", () => {
    const sim = simulate([
      service("one.service", { service: { type: "oneshot" } }),
      service("after.service", { deps: { BindsTo: ["one.service"], After: ["one.service"] } }),
      service("beside.service", { deps: { BindsTo: ["one.service"] } }),
    ]);
    expect(sim.start("after.service")).toBe("dependency");
    expect(sim.start("beside.service")).toBe("done");
    expect(summary(sim, "beside.service")).toBe("inactive/dead success");
  });

  it("a skipped requirement is no failed one, by Condition… or ExecCondition=", () => {
    const sim = simulate([
      service("a.service", { unit: { conditions: [CONDITION] } }),
      service("b.service", { service: { execCondition: [command("/bin/false")] } }),
      service("c.service", {
        deps: { Requires: ["a.service", "b.service"], After: ["a.service", "b.service"] },
      }),
    ]);
    sim.unmetConditions.add("a.service");
    sim.behaviours["/bin/false"] = exit(1);
    expect(sim.start("c.service")).toBe("done");
    expect(sim.state("c.service")).toBe("active/running");
  });

  it("a failing ExecStop= fails the service, not the stop", () => {
    const sim = simulate([service("a.service", { service: { execStop: [command("/bin/false")] } })]);
    sim.behaviours["/bin/false"] = exit(1);
    sim.start("a.service");
    expect(sim.stop("a.service")).toBe("done");
    expect(summary(sim, "a.service")).toBe("failed/failed exit-code");
  });

  it("ExecStopPost= after a failed ExecStartPre= knows the result, and of no main process", () => {
    const settings = { execStartPre: [command("/bin/missing")], execStopPost: [command("/bin/post")] };
    const sim = simulate([service("a.service", { service: settings })]);
    sim.behaviours["/bin/missing"] = { kind: "fail", status: 203 };
    expect(sim.start("a.service")).toBe("failed");
    expect(sim.spawnsOf("a.service").at(-1)?.environment).toEqual(["SERVICE_RESULT=exit-code"]);
  });

  it("a socket whose service is always skipped ends with trigger-limit-hit, the service untouched", () => {
    const sim = simulate([socket("a.socket"), service("a.service", { unit: { conditions: [CONDITION] } })]);
    sim.unmetConditions.add("a.service");
    sim.start("a.socket");
    for (let i = 0; i < 21; i++) sim.incoming("a.socket");
    expect(summary(sim, "a.socket")).toBe("failed/failed trigger-limit-hit");
    expect(summary(sim, "a.service")).toBe("inactive/dead success");
  });
});
