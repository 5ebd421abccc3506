/** `[X-Usher] AdoptSockets=` with programs that know nothing of it: what most of them do. */

import { beforeAll, describe, expect, test } from "vitest";
import { adoptPrograms as files, says, serviceUnit, socketUnit } from "./harness/adopt.ts";
import { sharedUsher } from "./harness/usher.ts";

describe("a program's own bind()", () => {
  const box = sharedUsher({
    units: {
      "four.socket": socketUnit("ListenStream=0.0.0.0:7001"),
      "four.service": serviceUnit("/opt/server plain 0.0.0.0:7001"),
      "dual.socket": socketUnit("ListenStream=7002"),
      "dual.service": serviceUnit("/opt/server plain 0.0.0.0:7002"),
      "low.socket": socketUnit("ListenStream=0.0.0.0:81"),
      "low.service": serviceUnit("/opt/server plain 0.0.0.0:81", "", "User=bob\nCapabilityBoundingSet="),
      "path.socket": socketUnit("ListenStream=/run/path.sock", "SocketMode=0600", "SocketUser=bob"),
      "path.service": serviceUnit("/opt/server plain /run/path.sock", "", ""),
      "datagram.socket": socketUnit("ListenDatagram=0.0.0.0:7003"),
      "datagram.service": serviceUnit("/opt/server datagram 0.0.0.0:7003"),
      "workers.socket": socketUnit("ListenStream=0.0.0.0:7004"),
      "workers.service": serviceUnit("/opt/server workers 0.0.0.0:7004"),
      "forking.socket": socketUnit("ListenStream=0.0.0.0:7005"),
      "forking.service": serviceUnit("/opt/server forking 0.0.0.0:7005"),
      "early.socket": socketUnit("ListenStream=0.0.0.0:7006"),
      "early.service": serviceUnit("/opt/server early 0.0.0.0:7006"),
      "other.socket": socketUnit("ListenStream=0.0.0.0:7007"),
      "other.service": serviceUnit("/opt/server plain 127.0.0.1:7107"),
      "shuts.socket": socketUnit("ListenStream=0.0.0.0:7008"),
      "shuts.service": serviceUnit("/opt/server shuts 0.0.0.0:7008"),
    },
    files,
  });
  beforeAll(() => box().booted());

  const mainPid = async (unit: string): Promise<string> =>
    (await box().run(["usherctl", "show", "-P", "MainPID", unit])).trim();

  test("gets the socket that usher holds, with the connection that woke it", async () => {
    expect(await box().request(7001, "hello")).toBe(`${await mainPid("four.service")} hello`);
  });

  test("of a low port needs no privilege", async () => {
    expect(await box().request(81, "hello")).toBe(`${await mainPid("low.service")} hello`);
  });

  test("of another family is answered too, and said", async () => {
    expect(await box().request(7002, "hello")).toMatch(/^\d+ hello$/);
    await box().event(
      says("dual.service", "ListenStream=0.0.0.0:7002 in the socket unit would match it exactly"),
    );
  });

  test("of a path that the program has unlinked: the path is back, as it was", async () => {
    const client = ["sh", "-c", "printf hello | nc -NU /run/path.sock"];
    const look = ["stat", "-c", "%F %a %U", "/run/path.sock"];
    expect(await box().run(client)).toMatch(/^\d+ hello$/);
    expect(await box().run(look)).toBe("socket 600 bob\n");
    await box().run(["usherctl", "stop", "path.service"]);
    expect(await box().run(look)).toBe("socket 600 bob\n");
    expect(await box().run(client)).toMatch(/^\d+ hello$/);
  });

  test("of a datagram socket", async () => {
    expect(await box().run("printf hello | nc -u -w1 127.0.0.1 7003")).toMatch(/^\d+ hello$/);
  });

  test("by each of several workers with SO_REUSEPORT: all share the one socket", async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => box().request(7004, "hello")));
    expect(answers.filter((answer) => !/^\d+ hello$/.test(answer))).toEqual([]);
  });

  test("before a fork", async () => {
    expect(await box().request(7005, "hello")).toMatch(/^\d+ hello$/);
  });

  test("after the descriptor was registered with epoll: epoll still watches the old socket (a known limit)", async () => {
    expect(await box().request(7006, "hello")).toMatch(/^\d+ hello$/);
    await box().event(says("early.service", "ready after 0"));
  });

  test("is answered again after the program has shut the socket down for all", async () => {
    expect(await box().request(7008, "hello")).toMatch(/^\d+ hello$/);
    await box().run(["usherctl", "stop", "shuts.service"]);
    expect(await box().request(7008, "hello")).toMatch(/^\d+ hello$/);
  });

  test("of an address that no socket unit has is let through", async () => {
    const waiting = await box().connect(7007);
    await box().event(says("other.service", "listening"));
    expect(await box().run("printf hello | nc -N 127.0.0.1 7107")).toMatch(/^\d+ hello$/);
    waiting.destroy();
  });
});

describe("a program that binds without end", () => {
  const box = sharedUsher({
    units: {
      "binder.socket": socketUnit("ListenStream=0.0.0.0:7001"),
      "binder.service": serviceUnit("/opt/fixtures/binder"),
      "other.socket": socketUnit("ListenStream=0.0.0.0:7002"),
      "other.service": serviceUnit("/opt/fixtures/bindways plain 7002"),
    },
  });
  beforeAll(() => box().booted());

  /** Milliseconds from a connection to the answer of a service that has to be started for it: the median of nine. */
  const latency = async (): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 9; round++) {
      const begun = performance.now();
      expect(await box().request(7002)).toBe("plain\n");
      times.push(performance.now() - begun);
      await box().run(["usherctl", "stop", "other.service"]);
    }
    return times.toSorted((a, b) => a - b)[4] ?? Number.NaN;
  };

  test("slows only itself down: others are started and served meanwhile", async () => {
    const alone = await latency();
    const waiting = await box().connect(7001);
    await box().event(says("binder.service", "a thousand"));
    // Four processes that bind on two processors leave less of these for everybody; what must not be is a queue.
    const meanwhile = await latency();
    expect(meanwhile).toBeLessThan(alone + 100);
    expect(await box().run(["usherctl", "is-active", "binder.service"])).toBe("active\n");
    waiting.destroy();
  });
});

describe("where the filter is refused", () => {
  // The engine's profile as far as it matters here: everything is allowed but seccomp(2).
  const profile = JSON.stringify({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["seccomp"], action: "SCMP_ACT_ERRNO" }],
  });
  const box = sharedUsher({
    units: {
      "yes.socket": socketUnit("ListenStream=0.0.0.0:7001"),
      "yes.service": serviceUnit("/opt/server plain 0.0.0.0:7001"),
      "try.service": serviceUnit("/opt/server plain 0.0.0.0:7002", "AdoptSockets=try"),
      "try.socket": socketUnit("ListenStream=0.0.0.0:7102"),
    },
    files,
    securityOpt: [`seccomp=${profile}`],
  });
  beforeAll(() => box().booted());

  test("the start fails with 228/SECCOMP, and one line says why", async () => {
    const waiting = await box().connect(7001);
    const line =
      "cannot run /opt/server: adopt sockets: Operation not permitted (EPERM); " +
      "kernel or seccomp profile refuse the filter, AdoptSockets=try runs it without";
    await box().event(says("yes.service", line));
    await box().event(says("yes.service", "status=228/SECCOMP"));
    waiting.destroy();
  });

  test("AdoptSockets=try runs the program without", async () => {
    const waiting = await box().connect(7102);
    await box().event(says("try.service", "listening"));
    expect(await box().request(7002, "hello")).toMatch(/^\d+ hello$/);
    waiting.destroy();
  });
});
