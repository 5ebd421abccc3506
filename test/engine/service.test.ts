/** One service alone: types, failures, timeouts, stopping, restarting (systemd.service(5)). */
import { describe, expect, it } from "vitest";
import { command, SEC, service } from "./builders.ts";
import { exit, RUN, STUBBORN, simulate } from "./simulator.ts";

describe("Type=", () => {
  it("simple is up with its process", () => {
    const sim = simulate([service("a.service")]);
    expect(sim.start("a.service")).toBe("done");
    expect(sim.state("a.service")).toBe("active/running");
    expect(sim.states).toEqual(["a.service start", "a.service running"]);
  });

  it("simple is started although its program is missing, and fails then", () => {
    const sim = simulate([service("a.service")]);
    sim.behaviours["a.service/ExecStart"] = { kind: "fail", status: 203 };
    expect(sim.start("a.service")).toBe("done");
    expect(sim.state("a.service")).toBe("failed/failed");
    expect(sim.result("a.service")).toBe("exit-code");
  });

  it("exec fails to start when its program is missing", () => {
    const sim = simulate([service("a.service", { service: { type: "exec" } })]);
    sim.behaviours["a.service/ExecStart"] = { kind: "fail", status: 203 };
    expect(sim.start("a.service")).toBe("failed");
    expect(sim.result("a.service")).toBe("exit-code");
  });

  it("oneshot runs its commands one after the other and is dead again", () => {
    const execStart = [command("/bin/one"), command("/bin/two")];
    const sim = simulate([service("a.service", { service: { type: "oneshot", execStart } })]);
    expect(sim.start("a.service")).toBe("done");
    expect(sim.spawnsOf("a.service").map((one) => one.command.path)).toEqual(["/bin/one", "/bin/two"]);
    expect(sim.state("a.service")).toBe("inactive/dead");
  });

  it("oneshot stops at the first command that fails, unless it is marked with -", () => {
    const execStart = [command("/bin/one", true), command("/bin/two"), command("/bin/three")];
    const sim = simulate([service("a.service", { service: { type: "oneshot", execStart } })]);
    sim.behaviours["/bin/one"] = exit(1);
    sim.behaviours["/bin/two"] = exit(2);
    expect(sim.start("a.service")).toBe("failed");
    expect(sim.spawnsOf("a.service")).toHaveLength(2);
    expect(sim.result("a.service")).toBe("exit-code");
  });

  it("oneshot with RemainAfterExit= stays active/exited", () => {
    const sim = simulate([service("a.service", { service: { type: "oneshot", remainAfterExit: true } })]);
    expect(sim.start("a.service")).toBe("done");
    expect(sim.state("a.service")).toBe("active/exited");
    expect(sim.stop("a.service")).toBe("done");
    expect(sim.state("a.service")).toBe("inactive/dead");
  });

  it("notify is up when it says so", () => {
    const sim = simulate([service("a.service", { service: { type: "notify" } })]);
    const id = sim.request("a.service");
    expect(sim.outcome(id)).toBe("pending");
    expect(sim.state("a.service")).toBe("activating/start");
    sim.notify("a.service", "STATUS=Warm", "READY=1");
    expect(sim.outcome(id)).toBe("done");
    expect(sim.state("a.service")).toBe("active/running");
  });

  it("notify that exits before READY=1 has broken the protocol", () => {
    const sim = simulate([service("a.service", { service: { type: "notify" } })]);
    sim.behaviours["a.service/ExecStart"] = exit(0);
    expect(sim.start("a.service")).toBe("failed");
    expect(sim.result("a.service")).toBe("protocol");
  });

  it("notify that says nothing runs into TimeoutStartSec=", () => {
    const sim = simulate([service("a.service", { service: { type: "notify", timeoutStartUsec: 3 * SEC } })]);
    const id = sim.request("a.service");
    sim.advance(2 * SEC);
    expect(sim.outcome(id)).toBe("pending");
    sim.advance(2 * SEC);
    expect(sim.outcome(id)).toBe("failed");
    expect(sim.result("a.service")).toBe("timeout");
  });

  it("EXTEND_TIMEOUT_USEC= moves that timeout", () => {
    const sim = simulate([service("a.service", { service: { type: "notify", timeoutStartUsec: 3 * SEC } })]);
    const id = sim.request("a.service");
    for (let second = 0; second < 8; second++) {
      sim.advance(SEC);
      sim.notify("a.service", "EXTEND_TIMEOUT_USEC=3000000");
    }
    sim.notify("a.service", "READY=1");
    expect(sim.outcome(id)).toBe("done");
  });

  it("forking with PIDFile= takes the main process from it", () => {
    const unit = service("a.service", { service: { type: "forking", pidFile: "/run/a.pid" } });
    const sim = simulate([unit]);
    const daemon = sim.addStray("a.service");
    sim.pidFiles["a.service"] = daemon;
    expect(sim.start("a.service")).toBe("done");
    expect(sim.mainPid("a.service")).toBe(daemon);
    sim.pidFiles["a.service"] = null;
    sim.end(daemon, 3);
    expect(sim.state("a.service")).toBe("failed/failed");
    expect(sim.result("a.service")).toBe("exit-code");
  });

  it("forking waits for a PID file that comes late", () => {
    const sim = simulate([service("a.service", { service: { type: "forking", pidFile: "/run/a.pid" } })]);
    const daemon = sim.addStray("a.service");
    const id = sim.request("a.service");
    expect(sim.outcome(id)).toBe("pending");
    expect(sim.count("watch-pid-file", "a.service")).toBe(1);
    sim.send({ type: "pid-file-read", unit: "a.service", pid: daemon, message: null });
    expect(sim.outcome(id)).toBe("done");
    expect(sim.mainPid("a.service")).toBe(daemon);
  });

  it("forking without PIDFile= guesses", () => {
    const sim = simulate([service("a.service", { service: { type: "forking" } })]);
    sim.behaviours["a.service/ExecStart"] = { kind: "exit", status: 0, leaves: 1 };
    expect(sim.start("a.service")).toBe("done");
    expect(sim.state("a.service")).toBe("active/running");
    sim.end(sim.mainPid("a.service"), 0);
    expect(sim.state("a.service")).toBe("inactive/dead");
  });

  it("dbus is up when its name is there", () => {
    const sim = simulate([service("a.service", { service: { type: "dbus", busName: "org.a" } })]);
    const id = sim.request("a.service");
    expect(sim.outcome(id)).toBe("pending");
    sim.send({ type: "bus-name-changed", unit: "a.service", owned: true });
    expect(sim.outcome(id)).toBe("done");
    sim.send({ type: "bus-name-changed", unit: "a.service", owned: false });
    expect(sim.state("a.service")).toBe("inactive/dead");
  });
});

describe("commands around the start", () => {
  it("run in order", () => {
    const settings = {
      execCondition: [command("/bin/condition")],
      execStartPre: [command("/bin/pre1"), command("/bin/pre2")],
      execStartPost: [command("/bin/post")],
      execStop: [command("/bin/stop")],
      execStopPost: [command("/bin/stop-post")],
    };
    const sim = simulate([service("a.service", { service: settings })]);
    sim.start("a.service");
    sim.stop("a.service");
    const paths = sim.spawnsOf("a.service").map((one) => one.command.path);
    expect(paths).toEqual([
      "/bin/condition",
      "/bin/pre1",
      "/bin/pre2",
      "/bin/daemon",
      "/bin/post",
      "/bin/stop",
      "/bin/stop-post",
    ]);
  });

  it("ExecCondition= of 1 skips the service, of 255 fails it", () => {
    const settings = { execCondition: [command("/bin/condition")] };
    const sim = simulate([
      service("a.service", { service: settings }),
      service("b.service", { service: settings }),
    ]);
    sim.behaviours["a.service/ExecCondition"] = exit(1);
    sim.behaviours["b.service/ExecCondition"] = exit(255);
    expect(sim.start("a.service")).toBe("done");
    expect([sim.state("a.service"), sim.result("a.service")]).toEqual(["inactive/dead", "exec-condition"]);
    expect(sim.start("b.service")).toBe("failed");
    expect(sim.result("b.service")).toBe("exit-code");
  });

  it("a failing ExecStartPre= fails the start, and ExecStopPost= still runs", () => {
    const settings = { execStartPre: [command("/bin/pre")], execStopPost: [command("/bin/stop-post")] };
    const sim = simulate([service("a.service", { service: settings })]);
    sim.behaviours["/bin/pre"] = exit(7);
    expect(sim.start("a.service")).toBe("failed");
    const post = sim.spawnsOf("a.service").at(-1);
    expect(post?.role).toBe("ExecStopPost");
    expect(post?.environment).toContain("SERVICE_RESULT=exit-code");
  });

  it("ExecStopPost= hears how the main process ended", () => {
    const sim = simulate([service("a.service", { service: { execStopPost: [command("/bin/stop-post")] } })]);
    sim.start("a.service");
    sim.end(sim.mainPid("a.service"), 11, "dumped");
    const post = sim.spawnsOf("a.service").at(-1);
    expect(post?.environment).toEqual(
      expect.arrayContaining(["SERVICE_RESULT=core-dump", "EXIT_CODE=dumped", "EXIT_STATUS=SEGV"]),
    );
  });

  it("no process can be made: resources", () => {
    const sim = simulate([service("a.service")]);
    sim.behaviours["a.service/ExecStart"] = { kind: "impossible" };
    expect(sim.start("a.service")).toBe("failed");
    expect(sim.result("a.service")).toBe("resources");
  });
});

describe("stopping", () => {
  it("sends SIGTERM, and that is a clean end", () => {
    const sim = simulate([service("a.service")]);
    sim.start("a.service");
    expect(sim.stop("a.service")).toBe("done");
    expect(sim.state("a.service")).toBe("inactive/dead");
    expect(sim.result("a.service")).toBe("success");
  });

  it("kills after TimeoutStopSec= and leaves nothing behind", () => {
    const sim = simulate([service("a.service", { service: { timeoutStopUsec: 5 * SEC } })]);
    sim.behaviours["a.service/ExecStart"] = STUBBORN;
    sim.start("a.service");
    sim.addStray("a.service", STUBBORN);
    const id = sim.request("a.service", "stop");
    sim.advance(4 * SEC);
    expect(sim.state("a.service")).toBe("deactivating/stop-sigterm");
    sim.advance(2 * SEC);
    expect(sim.outcome(id)).toBe("done");
    expect(sim.result("a.service")).toBe("timeout");
    expect(sim.pids("a.service")).toEqual([]);
  });

  it("with KillMode=mixed the rest is killed once the main process is gone", () => {
    const sim = simulate([service("a.service", { kill: { killMode: "mixed" } })]);
    sim.start("a.service");
    sim.addStray("a.service");
    sim.stop("a.service");
    const signals = sim.effects.flatMap((effect) =>
      effect.type === "kill" ? [[effect.signal, effect.rest]] : [],
    );
    expect(signals).toEqual([
      [15, false],
      [9, true],
    ]);
    expect(sim.pids("a.service")).toEqual([]);
  });

  it("with KillMode=process the rest stays", () => {
    const sim = simulate([service("a.service", { kill: { killMode: "process" } })]);
    sim.start("a.service");
    const stray = sim.addStray("a.service");
    sim.stop("a.service");
    expect(sim.state("a.service")).toBe("inactive/dead");
    expect(sim.pids("a.service")).toEqual([stray]);
  });

  it("sends RestartKillSignal= for a restart", () => {
    const sim = simulate([service("a.service", { kill: { restartKillSignal: 10 } })]);
    sim.start("a.service");
    const before = sim.mainPid("a.service");
    expect(sim.outcome(sim.request("a.service", "restart"))).toBe("done");
    expect(sim.mainPid("a.service")).not.toBe(before);
    expect(sim.effects.find((effect) => effect.type === "kill")).toMatchObject({ signal: 10 });
  });

  it("in the middle of a start", () => {
    const sim = simulate([service("a.service", { service: { type: "notify" } })]);
    const start = sim.request("a.service");
    expect(sim.stop("a.service")).toBe("done");
    expect(sim.outcome(start)).toBe("canceled");
    expect(sim.state("a.service")).toBe("inactive/dead");
  });
});

describe("Restart=", () => {
  const cases: readonly [string, number, "exited" | "killed" | "dumped", boolean][] = [
    ["no", 1, "exited", false],
    ["always", 0, "exited", true],
    ["on-success", 0, "exited", true],
    ["on-success", 1, "exited", false],
    ["on-failure", 1, "exited", true],
    ["on-failure", 0, "exited", false],
    ["on-failure", 15, "killed", false],
    ["on-failure", 9, "killed", true],
    ["on-abnormal", 1, "exited", false],
    ["on-abnormal", 9, "killed", true],
    ["on-abort", 6, "dumped", true],
    ["on-abort", 1, "exited", false],
    ["on-watchdog", 9, "killed", false],
  ];
  it.each(cases)("%s after %i %s: %s", (restart, status, code, restarts) => {
    const sim = simulate([service("a.service", { service: { restart: restart as "always" } })]);
    sim.start("a.service");
    sim.end(sim.mainPid("a.service"), status, code);
    expect(sim.unit("a.service").sub).toBe(
      restarts ? "auto-restart" : status === 0 || status === 15 ? "dead" : "failed",
    );
    sim.advance(SEC);
    expect(sim.state("a.service") === "active/running").toBe(restarts);
  });

  it("waits RestartSec=, growing by RestartSteps= up to RestartMaxDelaySec=", () => {
    const settings = {
      restart: "always",
      restartUsec: SEC,
      restartSteps: 2,
      restartMaxDelayUsec: 9 * SEC,
    } as const;
    const unit = service("a.service", {
      service: settings,
      unit: { startLimit: { intervalUsec: 0, burst: 0 } },
    });
    const sim = simulate([unit]);
    sim.start("a.service");
    const delays: number[] = [];
    for (let i = 0; i < 4; i++) {
      sim.end(sim.mainPid("a.service"), 1);
      const before = sim.now;
      const at = sim.engine.timers.get("state/a.service") ?? 0;
      delays.push(at - before);
      sim.advance(at - before);
    }
    expect(delays).toEqual([SEC, 3 * SEC, 9 * SEC, 9 * SEC]);
  });

  it("gives up at the start limit", () => {
    const sim = simulate([service("a.service", { service: { restart: "always" } })]);
    sim.behaviours["a.service/ExecStart"] = exit(1);
    sim.start("a.service");
    sim.advance(5 * SEC);
    expect(sim.spawnsOf("a.service")).toHaveLength(5);
    expect(sim.state("a.service")).toBe("failed/failed");
    expect(sim.messages()).toContain("Start request repeated too quickly.");
    sim.send({ type: "reset-failed", requestId: 900, unit: "a.service" });
    sim.behaviours["a.service/ExecStart"] = RUN;
    expect(sim.start("a.service")).toBe("done");
  });

  it("does not happen after a stop, nor for RestartPreventExitStatus=", () => {
    const prevent = { codes: [42], signals: [] };
    const sim = simulate([
      service("a.service", { service: { restart: "always", restartPreventExitStatus: prevent } }),
    ]);
    sim.start("a.service");
    sim.stop("a.service");
    expect(sim.state("a.service")).toBe("inactive/dead");
    sim.start("a.service");
    sim.end(sim.mainPid("a.service"), 42);
    expect(sim.state("a.service")).toBe("failed/failed");
  });

  it("can be cut short by a start and called off by a stop", () => {
    const sim = simulate([service("a.service", { service: { restart: "always", restartUsec: 60 * SEC } })]);
    sim.start("a.service");
    sim.end(sim.mainPid("a.service"), 1);
    expect(sim.start("a.service")).toBe("done");
    expect(sim.state("a.service")).toBe("active/running");
    sim.end(sim.mainPid("a.service"), 1);
    expect(sim.stop("a.service")).toBe("done");
    expect(sim.state("a.service")).toBe("inactive/dead");
  });
});

describe("the watchdog", () => {
  it("ends a service that is silent, and only that", () => {
    const sim = simulate([
      service("a.service", { service: { watchdogUsec: 2 * SEC, restart: "on-watchdog" } }),
    ]);
    sim.start("a.service");
    expect(sim.spawnsOf("a.service")[0]).toMatchObject({ watchdogUsec: 2 * SEC, notifySocket: true });
    for (let i = 0; i < 3; i++) {
      sim.advance(SEC);
      sim.notify("a.service", "WATCHDOG=1");
    }
    expect(sim.state("a.service")).toBe("active/running");
    sim.advance(2 * SEC);
    expect(sim.effects.find((effect) => effect.type === "kill")).toMatchObject({ signal: 6 });
    expect(sim.unit("a.service").sub).toBe("auto-restart");
    expect(sim.states).toContain("a.service failed-before-auto-restart");
  });
});

describe("reloading", () => {
  it("runs ExecReload= with MAINPID", () => {
    const sim = simulate([service("a.service", { service: { execReload: [command("/bin/reload")] } })]);
    sim.start("a.service");
    expect(sim.outcome(sim.request("a.service", "reload"))).toBe("done");
    expect(sim.spawnsOf("a.service").at(-1)?.environment).toContain(`MAINPID=${sim.mainPid("a.service")}`);
    expect(sim.state("a.service")).toBe("active/running");
  });

  it("fails without harm to the service", () => {
    const sim = simulate([service("a.service", { service: { execReload: [command("/bin/reload")] } })]);
    sim.behaviours["/bin/reload"] = exit(1);
    sim.start("a.service");
    expect(sim.outcome(sim.request("a.service", "reload"))).toBe("failed");
    expect(sim.state("a.service")).toBe("active/running");
  });

  it("of Type=notify-reload is a signal, RELOADING=1 after it, and READY=1", () => {
    const sim = simulate([service("a.service", { service: { type: "notify-reload" } })]);
    sim.behaviours["a.service/ExecStart"] = STUBBORN;
    const start = sim.request("a.service");
    sim.notify("a.service", "READY=1");
    expect(sim.outcome(start)).toBe("done");
    sim.advance(SEC);
    const reload = sim.request("a.service", "reload");
    expect(sim.state("a.service")).toBe("reloading/reload-signal");
    sim.notify("a.service", "RELOADING=1", "MONOTONIC_USEC=1");
    expect(sim.state("a.service")).toBe("reloading/reload-signal");
    sim.notify("a.service", "RELOADING=1", `MONOTONIC_USEC=${sim.now}`);
    expect(sim.state("a.service")).toBe("reloading/reload-notify");
    sim.notify("a.service", "READY=1");
    expect(sim.outcome(reload)).toBe("done");
  });

  it("is refused for a service that can't", () => {
    const sim = simulate([service("a.service")]);
    sim.start("a.service");
    expect(sim.outcome(sim.request("a.service", "reload"))).toBe(
      "Job type reload is not applicable for unit a.service.",
    );
  });
});

describe("requests that are refused", () => {
  it("say what systemctl says", () => {
    const sim = simulate([
      service("masked.service", { loadState: "masked" }),
      service("bad.service", { loadState: "bad-setting" }),
      service("shy.service", { unit: { refuseManualStart: true } }),
    ]);
    expect(sim.start("none.service")).toBe("Unit none.service not found.");
    expect(sim.stop("none.service")).toBe("Unit none.service not loaded.");
    expect(sim.start("masked.service")).toBe("Unit masked.service is masked.");
    expect(sim.start("bad.service")).toBe("Unit bad.service has a bad unit file setting.");
    expect(sim.start("shy.service")).toMatch(/may be requested by dependency only/);
  });
});
