/** `[X-Usher] ReadyCheck=` and HoldUntilReady=, with programs that say nothing of being ready. */

import { beforeAll, describe, expect, test } from "vitest";
import { adoptPrograms as files, says, serviceUnit, socketUnit } from "./harness/adopt.ts";
import type { UsherContainer } from "./harness/container.ts";
import { sharedUsher, startUsher } from "./harness/usher.ts";

describe("ReadyCheck=", () => {
  const check = (line: string, port: number): Record<string, string> => ({
    [`${line.slice(0, line.indexOf(":"))}.service`]: `[Service]\nExecStart=/opt/server slow 127.0.0.1:${port}\n[X-Usher]\nReadyCheck=${line}\n`,
  });
  const box = sharedUsher({
    units: {
      ...check("tcp:7011", 7011),
      ...check("log:^listen", 7012),
      ...check("exec:/usr/bin/test -e /tmp/exec-ready", 7013),
      "tried.service":
        "[Service]\nExecStart=/usr/bin/sleep infinity\n[X-Usher]\n" +
        "ReadyCheck=exec:/bin/sh -c 'date +%%s%%N >>/tmp/tries; test -e /tmp/tried-ready'\n",
      "unix.service":
        "[Service]\nExecStart=/opt/server plain /tmp/unix.sock\n[X-Usher]\nReadyCheck=unix:/tmp/unix.sock\n",
      "http.service":
        "[Service]\nExecStart=/usr/bin/python3 -m http.server -d /srv 7014\n[X-Usher]\nReadyCheck=http:7014/ready\n",
      "gone.service": "[Service]\nExecStart=/bin/sh -c 'exit 0'\n[X-Usher]\nReadyCheck=tcp:7999\n",
      "never.service":
        "[Service]\nTimeoutStartSec=300ms\nExecStart=/usr/bin/sleep 100\n[X-Usher]\nReadyCheck=tcp:7999\n",
      "after.service":
        "[Unit]\nRequires=exec.service\nAfter=exec.service\n[Service]\nType=oneshot\nExecStart=/bin/echo after\n",
    },
    files,
  });
  beforeAll(() => box().booted());

  test.each(["tcp", "log", "unix"])("%s: the start is over when the program listens", async (name) => {
    await box().run(["usherctl", "start", `${name}.service`]);
    expect(await box().run(["usherctl", "is-active", `${name}.service`])).toBe("active\n");
  });

  test("exec: After= waits until the command succeeds", async () => {
    const started = box().run(["usherctl", "start", "after.service"]);
    await box().event(says("exec.service", "listening"));
    expect((await box().exec(["usherctl", "is-active", "exec.service"])).stdout).toBe("activating\n");
    await box().run("touch /tmp/exec-ready");
    await started;
    await box().event(says("after.service", "after"));
  });

  test("http: an answer of 404 is not yet it", async () => {
    const started = box().run(["usherctl", "start", "http.service"]);
    await box().event(says("http.service", "404"));
    expect((await box().exec(["usherctl", "is-active", "http.service"])).stdout).toBe("activating\n");
    await box().run("touch /srv/ready");
    await started;
  });

  test("tries begin at short intervals, which grow, and end with the first success", async () => {
    const started = box().run(["usherctl", "start", "tried.service"]);
    const tries = async (): Promise<number[]> =>
      (await box().run("cat /tmp/tries 2>/dev/null || true")).split("\n").filter(Boolean).map(Number);
    while ((await tries()).length < 14);
    await box().run("touch /tmp/tried-ready");
    await started;
    const times = await tries();
    const waits = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1e6);
    // 10 ms and half as much again each time, and beside that what a try takes.
    expect(Math.min(...waits.slice(0, 5))).toBeLessThan(200);
    expect(waits[12]).toBeGreaterThan(800);
    // Twice the longest interval, in which another try would come.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await tries()).toHaveLength(times.length);
  });

  test("a program that ends before it is ready has failed", async () => {
    expect((await box().exec(["usherctl", "start", "gone.service"])).exitCode).not.toBe(0);
    await box().event(says("gone.service", "Failed with result 'protocol'"));
  });

  test("one that never gets ready times out", async () => {
    expect((await box().exec(["usherctl", "start", "never.service"])).exitCode).not.toBe(0);
    await box().event(says("never.service", "Failed with result 'timeout'"));
  });
});

describe("HoldUntilReady=", () => {
  const usher = "ReadyCheck=exec:/usr/bin/test -e /tmp/ready\nHoldUntilReady=yes";
  const units = {
    "slow.socket": socketUnit("ListenStream=0.0.0.0:7001"),
    "slow.service": serviceUnit("/opt/server slow 0.0.0.0:7001", usher),
    "dual.socket": socketUnit("ListenStream=7002"),
    "dual.service": serviceUnit("/opt/server slow [::]:7002", usher),
    "path.socket": socketUnit("ListenStream=/run/path.sock", "SocketMode=0600"),
    "path.service": serviceUnit("/opt/server slow /run/path.sock", usher, ""),
    "peer.socket": socketUnit("ListenStream=0.0.0.0:7003"),
    "peer.service": serviceUnit("/opt/server peer 0.0.0.0:7003", usher),
    "http.socket": socketUnit("ListenStream=0.0.0.0:7004"),
    "http.service": serviceUnit(
      "/usr/bin/python3 -m http.server -d /srv 7004",
      "ReadyCheck=http:127.0.0.1:7004/ready\nHoldUntilReady=yes",
      "",
    ),
    "passed.socket": socketUnit("ListenStream=0.0.0.0:7006"),
    "passed.service": `[Service]\nExecStart=/opt/server passed 3\n[X-Usher]\n${usher}\n`,
    "mute.socket": socketUnit("ListenDatagram=0.0.0.0:7005", "ListenStream=@mute"),
    "mute.service": serviceUnit("/opt/server datagram 0.0.0.0:7005", usher),
  };
  const sysctls = { "net.ipv6.conf.all.disable_ipv6": "0" };
  const start = async (): Promise<UsherContainer> => {
    const box = await startUsher({ units, files, sysctls });
    await box.booted();
    return box;
  };

  test.each([
    ["an IPv4 socket", "slow", 7001],
    ["a dual-stack socket", "dual", 7002],
  ])("keeps clients of %s waiting until the service is ready, in every life", async (_, name, port) => {
    const box = await start();
    let from = 0;
    for (let life = 0; life < 3; life++) {
      const restarted = life > 0 && box.run(["usherctl", "restart", `${name}.service`]);
      if (life > 0) await box.event(says(`${name}.service`, "Stopping"), { from });
      const first = box.request(port);
      await box.event(says(`${name}.service`, "listening"), { from });
      const second = box.request(port);
      const probe = await box.connect(port);
      await box.run("touch /tmp/ready");
      expect(await first).toBe("ready\n");
      expect(await second).toBe("ready\n");
      await restarted;
      probe.destroy();
      expect(await box.request(port)).toBe("ready\n");
      await box.run("rm /tmp/ready");
      from = box.log.position();
    }
  });

  test("once it is ready nobody is in between", async () => {
    const box = await start();
    const early = box.request(7003);
    await box.event(says("peer.service", "listening"));
    await box.run("touch /tmp/ready");
    // Who came too early is passed through usher, and comes from the container's own address for that.
    expect(await early).toBe(`${box.address}\n`);
    const gateway = (await box.run("ip -4 route show default")).split(" ")[2];
    expect(await box.request(7003)).toBe(`${gateway}\n`);
  });

  test("does the same for a path, in every life", async () => {
    const box = await start();
    const client = "nc -U /run/path.sock";
    let from = 0;
    for (let life = 0; life < 2; life++) {
      const first = box.run(client);
      await box.event(says("path.service", "listening"), { from });
      const second = box.run(client);
      expect(await box.run(["stat", "-c", "%F %a", "/run/path.sock"])).toBe("socket 600\n");
      await box.run("touch /tmp/ready");
      expect([await first, await second]).toEqual(["ready\n", "ready\n"]);
      expect(await box.run(client)).toBe("ready\n");
      await box.run("rm /tmp/ready");
      await box.run(["usherctl", "stop", "path.service"]);
      from = box.log.position();
    }
  });

  test("clients that waited for a start that failed are served by the next", async () => {
    const box = await start();
    const first = box.request(7001);
    await box.event(says("slow.service", "listening"));
    const second = box.request(7001);
    const from = box.log.position();
    await box.run("pkill -KILL -x server");
    await box.event(says("slow.service", "listening"), { from });
    await box.run("touch /tmp/ready");
    expect([await first, await second]).toEqual(["ready\n", "ready\n"]);
  });

  test("clients in the program's own queue when it dies are served by its next life", async () => {
    const box = await start();
    await box.run("touch /tmp/ready");
    expect(await box.request(7001)).toBe("ready\n");
    const pid = (await box.run(["usherctl", "show", "-P", "MainPID", "slow.service"])).trim();
    await box.run(["kill", "-STOP", pid]);
    const clients = [box.request(7001), box.request(7001), box.request(7001)];
    // They are in the queue of the program's socket, and not in the other one's.
    const queue = async (): Promise<string[]> =>
      (await box.run("ss -Hltn sport = :7001")).split("\n").map((line) => line.split(/\s+/)[1] ?? "");
    while (!(await queue()).includes("3"));
    await box.run(["kill", "-KILL", pid]);
    expect(await Promise.all(clients)).toEqual(["ready\n", "ready\n", "ready\n"]);
  });

  test("checks of 127.0.0.1 get through while everybody else waits", async () => {
    const box = await start();
    const client = box.request(7004, "GET /ready HTTP/1.0\r\n\r\n");
    await box.event(says("http.service", "404"));
    await box.run("touch /srv/ready");
    expect(await client).toMatch(/^HTTP\/1\.0 200 /);
  });

  test("sockets that the program takes by itself are held back as well", async () => {
    const box = await start();
    const first = box.request(7006);
    await box.event(says("passed.service", "listening"));
    const second = box.request(7006);
    await box.run("touch /tmp/ready");
    expect([await first, await second]).toEqual(["ready\n", "ready\n"]);
  });

  test("datagrams and abstract names can't be held back, and it says so", async () => {
    const box = await start();
    await box.run("touch /tmp/ready");
    expect(await box.run("printf hello | nc -u -w1 127.0.0.1 7005")).toMatch(/^\d+ hello$/);
    const told = box.log
      .records()
      .filter(says("mute.service", "HoldUntilReady=: cannot hold connections back"));
    expect(told).toHaveLength(2);
  });
});
