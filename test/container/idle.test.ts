/** `[X-Usher] IdleTimeoutSec=`: scale to zero. */

import { once } from "node:events";
import { beforeAll, describe, expect, test } from "vitest";
import { adoptPrograms as files, says, serviceUnit, socketUnit } from "./harness/adopt.ts";
import { sharedUsher, startUsher } from "./harness/usher.ts";

describe("IdleTimeoutSec=", () => {
  const stopped = (unit: string) => says(unit, `Stopped ${unit}.`);
  const box = sharedUsher({
    units: {
      "tcp.socket": socketUnit("ListenStream=0.0.0.0:7001"),
      "tcp.service": serviceUnit("/opt/server plain 0.0.0.0:7001", "IdleTimeoutSec=1s"),
      "six.socket": socketUnit("ListenStream=7002"),
      "six.service": serviceUnit("/opt/server plain 0.0.0.0:7002", "IdleTimeoutSec=1s"),
      "path.socket": socketUnit("ListenStream=/run/path.sock"),
      "path.service": serviceUnit("/opt/server plain /run/path.sock", "IdleTimeoutSec=1s", ""),
      "lingers.socket": socketUnit("ListenStream=0.0.0.0:7004"),
      "lingers.service": serviceUnit("/opt/server lingers 0.0.0.0:7004", "IdleTimeoutSec=500ms"),
      "passed.socket": socketUnit("ListenStream=0.0.0.0:7005"),
      "passed.service": "[Service]\nExecStart=/opt/server passed 3\n[X-Usher]\nIdleTimeoutSec=1s\n",
      "needed.socket": socketUnit("ListenStream=0.0.0.0:7003"),
      "needed.service": serviceUnit("/opt/server plain 0.0.0.0:7003", "IdleTimeoutSec=500ms"),
      "needs.service": "[Unit]\nRequires=needed.service\n[Service]\nExecStart=/usr/bin/sleep infinity\n",
    },
    files,
  });
  beforeAll(() => box().booted());

  test.each([
    ["tcp.service", 7001],
    ["six.service", 7002],
  ])("%s is stopped once nobody is connected, and not before", async (unit, port) => {
    const open = await box().connect(port);
    const from = box().log.position();
    // Three times the timeout with a connection that says nothing.
    await expect(box().event(stopped(unit), { from, timeout: 3000 })).rejects.toThrow();
    open.end("hello");
    await once(open.resume(), "close");
    await box().event(stopped(unit), { from });
    expect(await box().request(port, "hello")).toMatch(/^\d+ hello$/);
  });

  test("a program that takes its socket by itself scales to zero as well", async () => {
    const from = box().log.position();
    expect(await box().request(7005)).toBe("starting up\n");
    await box().event(stopped("passed.service"), { from });
  });

  test("a Unix socket's connections count as well", async () => {
    const from = box().log.position();
    const client = box().run("(sleep 3; printf hello) | nc -NU /run/path.sock");
    expect(await client).toMatch(/^\d+ hello$/);
    expect(box().log.records().some(stopped("path.service"))).toBe(false);
    await box().event(stopped("path.service"), { from });
  });

  test("short connections count, although no look ever meets one", async () => {
    await box().request(7001, "hello");
    const from = box().log.position();
    const until = performance.now() + 3000;
    while (performance.now() < until) {
      await box().request(7001, "hello");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const before = box().log.lines.slice(from);
    expect(before.some(({ record }) => record !== undefined && stopped("tcp.service")(record))).toBe(false);
    await box().event(stopped("tcp.service"), { from });
  });

  test("a connection that comes while it stops is served by its next start", async () => {
    expect(await box().request(7004, "hello")).toMatch(/^\d+ hello$/);
    const [before] = (await box().run(["usherctl", "show", "-P", "MainPID", "lingers.service"])).split("\n");
    const from = box().log.position();
    await box().event(says("lingers.service", "leaving"));
    const answer = box().request(7004, "hello");
    expect(await box().run("usherctl is-active lingers.service || true")).toBe("deactivating\n");
    await box().run("touch /tmp/leave");
    const [now] = (await answer).split(" ");
    expect(Number(now)).toBeGreaterThan(Number(before));
    expect(
      box()
        .log.lines.slice(from)
        .filter(({ record }) => record?.msg?.includes("Failed")),
    ).toEqual([]);
  });

  test("what another unit requires is not idle", async () => {
    await box().run(["usherctl", "start", "needs.service"]);
    const from = box().log.position();
    await expect(box().event(stopped("needed.service"), { from, timeout: 2000 })).rejects.toThrow();
    await box().run(["usherctl", "stop", "needs.service"]);
    await box().event(stopped("needed.service"), { from });
  });
});

test("PID 1 has no work at all while services sleep", async () => {
  const box = await startUsher({
    units: {
      "asleep.socket": socketUnit("ListenStream=0.0.0.0:7001"),
      "asleep.service": serviceUnit("/opt/server plain 0.0.0.0:7001", "IdleTimeoutSec=200ms"),
    },
    files,
  });
  await box.booted();
  expect(await box.request(7001, "hello")).toMatch(/^\d+ hello$/);
  await box.event(says("asleep.service", "Stopped asleep.service."));
  // Every turn of the event loop ends in a voluntary switch.
  const turns = async (): Promise<string | undefined> =>
    /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(await box.run(["cat", "/proc/1/status"]))?.[1];
  await turns();
  const before = await turns();
  // Ten timeouts, in which a timer that ticks would show.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(await turns()).toBe(before);
});
