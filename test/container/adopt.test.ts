/** `[X-Usher] AdoptSockets=`, ReadyCheck=, HoldUntilReady= and IdleTimeoutSec=, with programs that know of none of it. */

import { once } from "node:events";
import { beforeAll, describe, expect, test } from "vitest";
import type { LogRecord } from "./harness/log.ts";
import { sharedUsher, startUsher } from "./harness/usher.ts";

const socketUnit = (...lines: string[]): string =>
  `[Socket]\n${lines.map((line) => `${line}\n`).join("")}[Install]\nWantedBy=sockets.target\n`;

const serviceUnit = (command: string, usher = "", service = "User=alice"): string =>
  `[Unit]\nStartLimitIntervalSec=0\n[Service]\n${service}\nExecStart=${command}\n[X-Usher]\nAdoptSockets=yes\n${usher}\n`;

const says =
  (unit: string, text: string) =>
  (record: LogRecord): boolean =>
    record.unit === unit && record.msg?.includes(text) === true;

/** A server as people write them: unlinks, binds, listens, and answers with its process id and what it was asked. */
const server = `#!/usr/bin/python3
import os, selectors, signal, socket, sys, threading, time
how, address = sys.argv[1], sys.argv[2]
unix = address.startswith("/")
def make():
    s = socket.socket(socket.AF_UNIX if unix else socket.AF_INET6 if "[" in address else socket.AF_INET,
                      socket.SOCK_DGRAM if how == "datagram" else socket.SOCK_STREAM)
    if how == "workers":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return s
def bind(s):
    if unix:
        if os.path.exists(address):
            os.unlink(address)
        s.bind(address)
    else:
        host, _, port = address.rpartition(":")
        s.bind((host.strip("[]"), int(port)))
def answer(c):
    c.sendall(b"%d " % os.getpid() + c.recv(100))
    c.close()
def leave(*_):
    if unix:
        os.unlink(address)
    if how == "shuts":
        s.shutdown(socket.SHUT_RDWR)
    os._exit(0)
signal.signal(signal.SIGTERM, leave)
if how == "workers":
    os.fork()
if how == "slow":
    # Accepts from the first moment, and is of no use before that file is there.
    def answer(c):
        c.sendall(b"ready\\n" if os.path.exists("/tmp/ready") else b"starting up\\n")
        c.close()
s = make()
if how == "early":
    early = selectors.EpollSelector()
    early.register(s, selectors.EVENT_READ)
bind(s)
if how == "datagram":
    while True:
        data, peer = s.recvfrom(100)
        s.sendto(b"%d " % os.getpid() + data, peer)
s.listen(100)
print("listening", flush=True)
if how == "forking":
    os.fork()
while True:
    if how == "early":
        print("ready after", len(early.select(2)), flush=True)
    c, _ = s.accept()
    threading.Thread(target=answer, args=(c,)).start()
`;

const files = { "/opt/server": server };

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
      "other.service": serviceUnit("/opt/server plain 0.0.0.0:7002"),
    },
    files,
  });
  beforeAll(() => box().booted());

  test("slows only itself down: others are started and served meanwhile", async () => {
    const waiting = await box().connect(7001);
    await box().event(says("binder.service", "a thousand"));
    for (let round = 0; round < 5; round++) {
      const begun = performance.now();
      expect(await box().request(7002, "hello")).toMatch(/^\d+ hello$/);
      await box().run(["usherctl", "stop", "other.service"]);
      expect(performance.now() - begun).toBeLessThan(5000);
    }
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
    await box().event(
      says("yes.service", "cannot run /opt/server: adopt sockets: Operation not permitted (EPERM)"),
    );
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

describe("ReadyCheck=", () => {
  const check = (line: string, port: number): Record<string, string> => ({
    [`${line.slice(0, line.indexOf(":"))}.service`]: `[Service]\nExecStart=/opt/server slow 127.0.0.1:${port}\n[X-Usher]\nReadyCheck=${line}\n`,
  });
  const box = sharedUsher({
    units: {
      ...check("tcp:7011", 7011),
      ...check("log:^listen", 7012),
      ...check("exec:/usr/bin/test -e /tmp/exec-ready", 7013),
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
    "path.socket": socketUnit("ListenStream=/run/path.sock", "SocketMode=0600"),
    "path.service": serviceUnit("/opt/server slow /run/path.sock", usher, ""),
  };

  test("keeps clients waiting until the service is ready, then nobody is in between", async () => {
    const box = await startUsher({ units, files });
    await box.booted();
    const first = box.request(7001);
    await box.event(says("slow.service", "listening"));
    const second = box.request(7001);
    const probe = await box.connect(7001);
    await box.run("touch /tmp/ready");
    expect(await first).toBe("ready\n");
    expect(await second).toBe("ready\n");
    probe.destroy();
    expect(await box.request(7001)).toBe("ready\n");
  });

  test("does the same for a path", async () => {
    const box = await startUsher({ units, files });
    await box.booted();
    const client = "nc -U /run/path.sock";
    const first = box.run(client);
    await box.event(says("path.service", "listening"));
    const second = box.run(client);
    expect(await box.run(["stat", "-c", "%F %a", "/run/path.sock"])).toBe("socket 600\n");
    await box.run("touch /tmp/ready");
    expect([await first, await second]).toEqual(["ready\n", "ready\n"]);
    expect(await box.run(client)).toBe("ready\n");
  });

  test("clients that waited for a start that failed are served by the next", async () => {
    const box = await startUsher({ units, files });
    await box.booted();
    const first = box.request(7001);
    await box.event(says("slow.service", "listening"));
    const second = box.request(7001);
    const from = box.log.position();
    await box.run("pkill -KILL -x server");
    await box.event(says("slow.service", "listening"), { from });
    await box.run("touch /tmp/ready");
    expect([await first, await second]).toEqual(["ready\n", "ready\n"]);
  });
});

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

  test("what another unit requires is not idle", async () => {
    await box().run(["usherctl", "start", "needs.service"]);
    const from = box().log.position();
    await expect(box().event(stopped("needed.service"), { from, timeout: 2000 })).rejects.toThrow();
    await box().run(["usherctl", "stop", "needs.service"]);
    await box().event(stopped("needed.service"), { from });
  });
});
