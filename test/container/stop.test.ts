/** The container's end: in order, within its budget, by usher's own hand. */

import { describe, expect, test } from "vitest";
import { startUsher } from "./harness/usher.ts";

const install = "[Install]\nWantedBy=multi-user.target\n";

/** Says that it is up, and does not stop when asked. */
const stuck = `[Service]\nType=notify\nExecStart=/opt/fixtures/dumper ignore 15 notify READY=1 pause\n${install}`;

describe.concurrent("the end", () => {
  test("services that do not stop when asked are ended within eight seconds by default, and named", async (context) => {
    const box = await startUsher({ units: { "stuck.service": stuck } }, context);
    await box.booted();
    await box.kill("SIGTERM");
    const { exitCode, sinceKillMs } = await box.exited();
    // 137 would be the engine's KILL after ten seconds.
    expect(exitCode).toBe(0);
    expect(sinceKillMs).toBeGreaterThan(5_000);
    expect(sinceKillMs).toBeLessThan(9_500);
    const last = box.log.records().filter(({ level = 0 }) => level >= 40);
    expect(last.map(({ msg }) => msg)).toContain("Had to be killed: stuck.service");
  });

  test.for([
    { name: "--stop-timeout", cmd: ["--stop-timeout=1"], env: {} },
    { name: "USHER_STOP_TIMEOUT", cmd: [], env: { USHER_STOP_TIMEOUT: "1" } },
  ])("$name sets the budget", async ({ cmd, env }, context) => {
    const box = await startUsher({ units: { "stuck.service": stuck }, cmd, env }, context);
    await box.booted();
    await box.kill("SIGTERM");
    const { exitCode, sinceKillMs } = await box.exited();
    expect(exitCode).toBe(0);
    expect(sinceKillMs).toBeLessThan(3_000);
  });

  test("a longer time that a unit allows itself is fitted into the budget", async (context) => {
    const slow = `[Service]\nType=exec\nTimeoutStopSec=60\nExecStart=/opt/fixtures/dumper pause\nExecStop=/opt/fixtures/dumper pause\n${install}`;
    const box = await startUsher({ units: { "slow.service": slow }, cmd: ["--stop-timeout=1"] }, context);
    await box.booted();
    await box.kill("SIGTERM");
    const { exitCode, sinceKillMs } = await box.exited();
    expect(exitCode).toBe(0);
    expect(sinceKillMs).toBeLessThan(3_000);
  });

  test("a stuck service does not take the time of those that stop after it", async (context) => {
    const box = await startUsher(
      {
        units: {
          "database.service": `[Service]\nType=exec\nExecStart=/opt/fixtures/dumper trap /tmp/database pause\n${install}`,
          "app.service": `[Unit]\nRequires=database.service\nAfter=database.service\n${stuck}`,
        },
        cmd: ["--stop-timeout=2"],
      },
      context,
    );
    await box.booted();
    await box.kill("SIGTERM");
    const { exitCode, sinceKillMs } = await box.exited();
    expect(exitCode).toBe(0);
    expect(sinceKillMs).toBeLessThan(4_000);
    // It was asked, which comes after the stuck one has been dealt with, and had time to answer.
    expect(await box.readFile("/tmp/database")).toContain("signal 15\n");
  });

  test("a second SIGTERM hastens", async (context) => {
    const box = await startUsher({ units: { "stuck.service": stuck }, cmd: ["--stop-timeout=30"] }, context);
    await box.booted();
    await box.kill("SIGTERM");
    await box.event(({ msg }) => msg?.startsWith("signal 15") === true);
    await box.kill("SIGTERM");
    const { exitCode, sinceKillMs } = await box.exited();
    expect(exitCode).toBe(0);
    expect(sinceKillMs).toBeLessThan(3_000);
  });

  test.for(["SIGINT", "SIGRTMIN+3", "SIGPWR"])("%s is a stop too", async (signal, context) => {
    const box = await startUsher(
      {
        units: {
          "app.service": `[Service]\nType=exec\nExecStart=/opt/fixtures/dumper trap /tmp/app pause\n${install}`,
        },
      },
      context,
    );
    await box.booted();
    await box.kill(signal);
    const { exitCode, sinceKillMs } = await box.exited();
    expect(exitCode).toBe(0);
    expect(sinceKillMs).toBeLessThan(2_000);
    expect(await box.readFile("/tmp/app")).toContain("signal 15\n");
  });

  test("what left its service, session and parent is ended too, and asked first", async (context) => {
    const box = await startUsher(
      {
        units: {
          "escapes.service": `[Service]\nType=oneshot\nKillMode=none\nExecStart=/bin/sh -c 'env -i setsid /opt/fixtures/dumper trap /tmp/escaped append /tmp/up up pause >/dev/null 2>&1 & while ! [ -e /tmp/up ]; do sleep 0.02; done'\n${install}`,
        },
      },
      context,
    );
    await box.booted();
    await box.kill("SIGTERM");
    const { exitCode, sinceKillMs } = await box.exited();
    expect(exitCode).toBe(0);
    expect(sinceKillMs).toBeLessThan(3_000);
    expect(await box.readFile("/tmp/escaped")).toContain("signal 15\n");
  });

  test("a stop that comes during the boot is a stop", async (context) => {
    const box = await startUsher(
      {
        units: {
          "first.service": `[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper print "boots" pause\n${install}`,
          "second.service": `[Unit]\nAfter=first.service\n[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper print "too late"\n${install}`,
        },
      },
      context,
    );
    await box.event(({ msg }) => msg === "boots");
    await box.kill("SIGTERM");
    const { exitCode, sinceKillMs } = await box.exited();
    expect(exitCode).toBe(0);
    expect(sinceKillMs).toBeLessThan(2_000);
    expect(box.log.text()).not.toContain("too late");
  });
});
