/** Sockets and what they start (systemd.socket(5); scenarios D). */
import { describe, expect, it } from "vitest";
import { command, SEC, service, socket } from "./builders.ts";
import { exit, type Simulator, STUBBORN, simulate } from "./simulator.ts";

function pair(
  parts: Parameters<typeof socket>[1] = {},
  serviceParts: Parameters<typeof service>[1] = {},
): Simulator {
  const sim = simulate([socket("a.socket", parts), service("a.service", serviceParts)]);
  expect(sim.start("a.socket")).toBe("done");
  return sim;
}

describe("Accept=no", () => {
  it("listens with its service down, and hands it the socket at the first traffic", () => {
    const sim = pair();
    expect([sim.state("a.socket"), sim.state("a.service")]).toEqual(["active/listening", "inactive/dead"]);
    sim.incoming("a.socket");
    expect([sim.state("a.socket"), sim.state("a.service")]).toEqual(["active/running", "active/running"]);
    expect(sim.spawnsOf("a.service")[0]).toMatchObject({ role: "ExecStart", passSockets: ["a.socket"] });
    expect(sim.count("unwatch-socket", "a.socket")).toBe(1);
  });

  it("listens again when the service is done, on the same descriptors (33)", () => {
    const sim = pair();
    sim.incoming("a.socket");
    sim.end(sim.mainPid("a.service"), 0);
    expect(sim.state("a.socket")).toBe("active/listening");
    sim.incoming("a.socket");
    expect(sim.state("a.service")).toBe("active/running");
    expect(sim.count("open-socket", "a.socket")).toBe(1);
    expect(sim.count("watch-socket", "a.socket")).toBe(2);
  });

  it("flushes before it listens again with FlushPending= (35)", () => {
    const sim = pair({ socket: { flushPending: true } });
    sim.incoming("a.socket");
    const before = sim.count("flush-socket", "a.socket");
    sim.end(sim.mainPid("a.service"), 0);
    expect(sim.count("flush-socket", "a.socket")).toBe(before + 1);
  });

  it("fails with the service's start limit, and can be had back (37)", () => {
    const sim = pair();
    sim.behaviours["a.service/ExecStart"] = exit(1);
    for (let i = 0; i < 6; i++) sim.incoming("a.socket");
    expect(sim.state("a.service")).toBe("failed/failed");
    expect([sim.state("a.socket"), sim.result("a.socket")]).toEqual([
      "failed/failed",
      "service-start-limit-hit",
    ]);
    expect(sim.count("close-socket", "a.socket")).toBe(1);
    sim.send({ type: "reset-failed", requestId: 900, unit: null });
    expect(sim.start("a.socket")).toBe("done");
    expect(sim.state("a.socket")).toBe("active/listening");
  });

  it("triggers again and again for a service with an unmet condition, until the trigger limit", () => {
    const sim = pair(
      {},
      {
        unit: {
          conditions: [{ kind: "PathExists", assert: false, trigger: false, negate: false, parameter: "/x" }],
        },
      },
    );
    sim.unmetConditions.add("a.service");
    for (let i = 0; i < 20; i++) {
      sim.incoming("a.socket");
      expect(sim.state("a.socket")).toBe("active/listening");
    }
    sim.incoming("a.socket");
    expect([sim.state("a.socket"), sim.result("a.socket")]).toEqual(["failed/failed", "trigger-limit-hit"]);
  });

  it("pauses with OnTriggerLimit=pause, longer each time, and goes on", () => {
    const sim = pair({ usher: { onTriggerLimit: "pause" } });
    sim.behaviours["a.service/ExecStart"] = exit(1);
    for (let i = 0; i < 6; i++) sim.incoming("a.socket");
    expect(sim.state("a.socket")).toBe("active/listening");
    expect(sim.engine.timers.get("pause/a.socket")).toBe(sim.now + 2 * SEC);
    const starts = sim.spawnsOf("a.service").length;
    sim.incoming("a.socket");
    expect(sim.spawnsOf("a.service")).toHaveLength(starts);
    sim.advance(2 * SEC);
    for (let i = 0; i < 6; i++) sim.incoming("a.socket");
    expect(sim.spawnsOf("a.service")).toHaveLength(starts + 5);
    expect(sim.engine.timers.get("pause/a.socket")).toBe(sim.now + 4 * SEC);
  });

  it("is not hastened by traffic while the service waits for its restart", () => {
    const sim = pair({}, { service: { restart: "always", restartUsec: 5 * SEC } });
    sim.incoming("a.socket");
    sim.end(sim.mainPid("a.service"), 1);
    expect(sim.state("a.socket")).toBe("active/listening");
    sim.incoming("a.socket");
    expect([sim.state("a.socket"), sim.unit("a.service").sub]).toEqual(["active/running", "auto-restart"]);
    sim.advance(4 * SEC);
    expect(sim.unit("a.service").sub).toBe("auto-restart");
    sim.advance(2 * SEC);
    expect(sim.state("a.service")).toBe("active/running");
  });

  it("begins the poll limit anew with every watch, so that the trigger limit is what stops a service that takes nothing", () => {
    const sim = pair({}, { unit: { startLimit: { intervalUsec: 0, burst: 0 } } });
    sim.behaviours["a.service/ExecStart"] = exit(0);
    for (let i = 0; i < 21; i++) sim.incoming("a.socket");
    expect(sim.count("pause-listener", "a.socket")).toBe(0);
    expect(sim.result("a.socket")).toBe("trigger-limit-hit");
  });

  it("can't be started while its service runs, but its service's stop and start do not touch it", () => {
    const sim = simulate([socket("a.socket"), service("a.service")]);
    sim.start("a.service");
    expect(sim.start("a.socket")).toBe("failed");
    expect(sim.messages()).toContain("Socket service a.service already active, refusing.");
    sim.stop("a.service");
    expect(sim.start("a.socket")).toBe("done");
    sim.start("a.service");
    expect(sim.spawnsOf("a.service").at(-1)?.passSockets).toEqual(["a.socket"]);
    expect(sim.state("a.socket")).toBe("active/running");
    sim.stop("a.service");
    expect(sim.state("a.socket")).toBe("active/listening");
  });

  it("stops without its service, unless that requires it (39)", () => {
    const sim = pair();
    sim.incoming("a.socket");
    expect(sim.stop("a.socket")).toBe("done");
    expect(sim.state("a.service")).toBe("active/running");
    const bound = pair({}, { deps: { Requires: ["a.socket"], After: ["a.socket"] } });
    bound.incoming("a.socket");
    expect(bound.stop("a.socket")).toBe("done");
    expect(bound.state("a.service")).toBe("inactive/dead");
  });

  it("refuses to start without its service (43)", () => {
    const sim = simulate([socket("a.socket")]);
    expect(sim.start("a.socket")).toBe("failed");
    expect(sim.messages()).toContain("Socket service a.service not loaded, refusing.");
    expect(sim.count("open-socket", "a.socket")).toBe(0);
  });

  it("fails with `resources` when it can't be opened, and its OnFailure= runs once (45)", () => {
    const sim = simulate([
      socket("a.socket", { deps: { OnFailure: ["alarm.service"] } }),
      service("a.service"),
      service("alarm.service", { service: { type: "oneshot" } }),
    ]);
    sim.failedSockets.add("a.socket");
    expect(sim.start("a.socket")).toBe("failed");
    expect(sim.result("a.socket")).toBe("resources");
    expect(sim.spawnsOf("alarm.service")).toHaveLength(1);
  });

  it("drops traffic while a stop is pending (41)", () => {
    const sim = simulate([
      socket("a.socket", { deps: { After: ["slow.service"] } }),
      service("a.service"),
      service("slow.service", { deps: { After: ["a.socket"] } }),
    ]);
    sim.start("a.socket");
    sim.start("slow.service");
    sim.behaviours["slow.service/ExecStart"] = STUBBORN;
    expect(sim.state("a.socket")).toBe("active/listening");
  });

  it("passes several sockets in Sockets= order, then by name", () => {
    const sim = simulate([
      socket("z.socket", { socket: { service: "a.service" } }),
      socket("m.socket", { socket: { service: "a.service" } }),
      socket("b.socket", { socket: { service: "a.service" } }),
      service("a.service", { service: { sockets: ["z.socket"] } }),
    ]);
    for (const name of ["m.socket", "b.socket", "z.socket"]) sim.start(name);
    sim.incoming("b.socket");
    expect(sim.spawnsOf("a.service")[0]?.passSockets).toEqual(["z.socket", "b.socket", "m.socket"]);
    for (const name of ["m.socket", "b.socket", "z.socket"]) expect(sim.state(name)).toBe("active/running");
  });
});

describe("a socket's own commands", () => {
  const commands = {
    execStartPre: [command("/bin/start-pre")],
    execStartPost: [command("/bin/start-post")],
    execStopPre: [command("/bin/stop-pre")],
    execStopPost: [command("/bin/stop-post")],
  };

  it("run in order; all but the first see the descriptors (21)", () => {
    const sim = pair({ socket: { ...commands, passFileDescriptorsToExec: true } });
    sim.stop("a.socket");
    expect(sim.spawnsOf("a.socket").map((one) => [one.command.path, one.passSockets.length])).toEqual([
      ["/bin/start-pre", 0],
      ["/bin/start-post", 1],
      ["/bin/stop-pre", 1],
      ["/bin/stop-post", 1],
    ]);
  });

  it("decide: a failing one fails the socket", () => {
    const sim = simulate([socket("a.socket", { socket: commands }), service("a.service")]);
    sim.behaviours["/bin/start-post"] = exit(1);
    expect(sim.start("a.socket")).toBe("failed");
    expect(sim.result("a.socket")).toBe("exit-code");
  });

  it("have TimeoutSec=", () => {
    const sim = simulate([
      socket("a.socket", { socket: { ...commands, timeoutUsec: SEC } }),
      service("a.service"),
    ]);
    sim.behaviours["/bin/start-pre"] = STUBBORN;
    const id = sim.request("a.socket");
    sim.advance(5 * SEC);
    expect(sim.outcome(id)).toBe("failed");
    expect(sim.result("a.socket")).toBe("timeout");
    expect(sim.pids("a.socket")).toEqual([]);
  });
});

describe("Accept=yes", () => {
  function accepting(parts: Parameters<typeof socket>[1] = {}): Simulator {
    const sim = simulate([socket("c.socket", { ...parts, socket: { accept: true, ...parts.socket } })]);
    sim.template = (name) => service(name);
    sim.start("c.socket");
    return sim;
  }

  it("starts an instance for each connection and goes on listening (23)", () => {
    const sim = accepting();
    sim.connect("c.socket", 1);
    sim.connect("c.socket", 2);
    const names = [
      "c@0-127.0.0.1:7001-127.0.0.1:40001.service",
      "c@1-127.0.0.1:7001-127.0.0.1:40002.service",
    ];
    expect(names.map((name) => sim.state(name))).toEqual(["active/running", "active/running"]);
    expect(sim.state("c.socket")).toBe("active/listening");
    const spawn = sim.spawnsOf(names[1] ?? "")[0];
    expect(spawn).toMatchObject({ passConnection: 2, passSockets: [] });
    expect(spawn?.environment).toEqual(
      expect.arrayContaining(["REMOTE_ADDR=127.0.0.1", "REMOTE_PORT=40002"]),
    );
  });

  it("pauses a listener at the poll limit until its window is over", () => {
    const sim = accepting({ socket: { pollLimit: { intervalUsec: 2 * SEC, burst: 15 } } });
    for (let i = 0; i < 15; i++) sim.connect("c.socket", i);
    expect(sim.count("pause-listener", "c.socket")).toBe(1);
    sim.advance(2 * SEC);
    expect(sim.count("resume-listener", "c.socket")).toBe(1);
    expect(sim.state("c.socket")).toBe("active/listening");
  });

  it("keeps the connection and the slot until the instance is dead, then forgets both", () => {
    const sim = accepting({ socket: { maxConnections: 1 } });
    sim.connect("c.socket", 1);
    sim.connect("c.socket", 2);
    const closed = () =>
      sim.effects.flatMap((effect) => (effect.type === "close-connection" ? [effect.connection] : []));
    expect(closed()).toEqual([2]);
    expect(sim.unit("c.socket")).toMatchObject({ connections: 1, refused: 1, accepted: 1 });
    const name = "c@0-127.0.0.1:7001-127.0.0.1:40001.service";
    sim.end(sim.mainPid(name), 0);
    expect(closed()).toEqual([2, 1]);
    expect(sim.count("unit-removed", name)).toBe(1);
    sim.connect("c.socket", 3);
    expect(sim.state("c@1-127.0.0.1:7001-127.0.0.1:40003.service")).toBe("active/running");
  });

  it("counts sources with MaxConnectionsPerSource= (27)", () => {
    const sim = accepting({ socket: { maxConnectionsPerSource: 1 } });
    sim.connect("c.socket", 1, "127.0.0.1");
    sim.connect("c.socket", 2, "127.0.0.1");
    sim.connect("c.socket", 3, "127.0.0.2");
    expect(sim.unit("c.socket")).toMatchObject({
      connections: 2,
      refused: 1,
      perSource: { "127.0.0.1": 1, "127.0.0.2": 1 },
    });
  });

  it("fails with the first connection when there is no template (29)", () => {
    const sim = accepting();
    sim.template = null;
    sim.connect("c.socket", 1);
    expect([sim.state("c.socket"), sim.result("c.socket")]).toEqual(["failed/failed", "resources"]);
    expect(sim.effects).toContainEqual({ type: "close-connection", connection: 1 });
  });

  it("keeps a failed instance until it is reset", () => {
    const sim = accepting();
    sim.behaviours["/bin/daemon"] = exit(1);
    sim.connect("c.socket", 1);
    const name = "c@0-127.0.0.1:7001-127.0.0.1:40001.service";
    expect(sim.state(name)).toBe("failed/failed");
    expect(sim.unit("c.socket")).toMatchObject({ connections: 0 });
    sim.send({ type: "reset-failed", requestId: 900, unit: name });
    expect(sim.count("unit-removed", name)).toBe(1);
  });

  it("stops for good at its trigger limit of 200", () => {
    const sim = accepting({
      socket: { maxConnections: 1000, triggerLimit: { intervalUsec: 2 * SEC, burst: 200 } },
    });
    for (let i = 0; i < 200; i++) sim.connect("c.socket", i);
    expect(sim.state("c.socket")).toBe("active/listening");
    sim.connect("c.socket", 200);
    expect(sim.result("c.socket")).toBe("trigger-limit-hit");
    expect(sim.effects).toContainEqual({ type: "close-connection", connection: 200 });
  });

  it("leaves nothing behind of a thousand connections", () => {
    const sim = accepting({
      socket: { maxConnections: 10_000, triggerLimit: { intervalUsec: 0, burst: 0 } },
    });
    sim.behaviours["/bin/daemon"] = exit(0);
    const units = sim.engine.graph.units.size;
    for (let i = 0; i < 1000; i++) sim.connect("c.socket", i);
    expect(sim.engine.graph.units.size).toBe(units);
    expect(sim.engine.graph.links.size).toBeLessThanOrEqual(units);
    expect(sim.unit("c.socket")).toMatchObject({ connections: 0, accepted: 1000, perSource: {} });
  });
});
