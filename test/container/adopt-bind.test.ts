/** `[X-Usher] AdoptSockets=`: what else programs do about bind(), one by one. */

import { beforeAll, describe, expect, test } from "vitest";
import { adoptPrograms as files, says, serviceUnit, socketUnit } from "./harness/adopt.ts";
import { sharedUsher } from "./harness/usher.ts";

/** Docker's networks have no IPv6 by default; its loopback is enough here. */
const sysctls = { "net.ipv6.conf.all.disable_ipv6": "0" };
const env = { USHER_LOG_LEVEL: "debug" };

const nc = (host: string, port: number): string => `nc -N ${host} ${port} </dev/null`;

describe("IPv4, IPv6 and both", () => {
  const only = "BindIPv6Only=ipv6-only";
  // Name, the socket unit's lines, what the program binds, and what it adopts for that; null: the kernel's own answer.
  const pairs = [
    ["four-for-four", ["ListenStream=0.0.0.0:7101"], "0.0.0.0:7101", "0.0.0.0:7101"],
    ["four-for-local", ["ListenStream=0.0.0.0:7102"], "127.0.0.1:7102", "0.0.0.0:7102"],
    ["four-for-dual", ["ListenStream=0.0.0.0:7103"], "[::]:7103,dual", "0.0.0.0:7103"],
    ["four-for-six", ["ListenStream=0.0.0.0:7104"], "[::]:7104,v6only", null],
    ["dual-for-four", ["ListenStream=7105"], "0.0.0.0:7105", "[::]:7105"],
    ["dual-for-dual", ["ListenStream=7106"], "[::]:7106,dual", "[::]:7106"],
    ["dual-for-six", ["ListenStream=7107"], "[::]:7107,v6only", "[::]:7107"],
    ["dual-for-mapped", ["ListenStream=7108"], "[::ffff:127.0.0.1]:7108", "[::]:7108"],
    ["six-for-four", ["ListenStream=[::]:7109", only], "0.0.0.0:7109", null],
    ["six-for-six", ["ListenStream=[::]:7110", only], "[::]:7110,v6only", "[::]:7110"],
    ["six-for-dual", ["ListenStream=[::]:7111", only], "[::]:7111,dual", "[::]:7111"],
    ["local-for-all", ["ListenStream=127.0.0.1:7112"], "0.0.0.0:7112", "127.0.0.1:7112"],
    ["udp-four-for-six", ["ListenDatagram=0.0.0.0:7113"], "udp/[::]:7113,v6only", null],
    ["udp-dual-for-four", ["ListenDatagram=7114"], "udp/0.0.0.0:7114", "[::]:7114"],
  ] as const;
  const box = sharedUsher({
    units: {
      ...Object.fromEntries(
        pairs.flatMap(([name, listen, bind]) => [
          [`${name}.socket`, socketUnit(...listen)],
          [`${name}.service`, serviceUnit(`/opt/binds ${bind}`)],
        ]),
      ),
      "both.socket": socketUnit("ListenStream=0.0.0.0:7120", "ListenStream=[::]:7120", only),
      "both.service": serviceUnit("/opt/binds 0.0.0.0:7120 [::]:7120,v6only"),
      "go.socket": socketUnit("ListenStream=7121"),
      // As Go's net package looks for what the kernel has, and then listens.
      "go.service": serviceUnit(
        "/opt/binds [::1]:0,v6only [::ffff:127.0.0.1]:0,dual [::]:7121,dual,reuseaddr",
      ),
    },
    files,
    sysctls,
    env,
  });
  beforeAll(() => box().booted());

  test.each(pairs)("%s: %j, wanted %s: adopts %s", async (name, _, bind, adopted) => {
    await box().run(["usherctl", "start", `${name}.service`]);
    const address = bind.replace(/^udp\/|,.*$/g, "");
    await box().event(says(`${name}.service`, "ready"));
    expect(
      box()
        .log.records()
        .filter(says(`${name}.service`, "adopted "))
        .map(({ msg = "" }) => /adopted (\S+?);? ?(?:for .*)?$/.exec(msg)?.[1]),
    ).toEqual(adopted === null ? [] : [adopted]);
    expect(
      box()
        .log.records()
        .some(says(`${name}.service`, `${address}: bound`)),
    ).toBe(true);
  });

  test("a socket for each family, in the unit as in the program: each gets its own", async () => {
    expect(await box().run(nc("127.0.0.1", 7120))).toBe("0.0.0.0:7120\n");
    expect(await box().run(nc("::1", 7120))).toBe("[::]:7120 1\n");
  });

  test("Go's probes with port 0 are let through, and both families come by the one socket", async () => {
    expect(await box().run(nc("127.0.0.1", 7121))).toBe("[::]:7121 0 1\n");
    expect(await box().run(nc("::1", 7121))).toBe("[::]:7121 0 1\n");
    expect(box().log.records().filter(says("go.service", "adopted "))).toHaveLength(1);
  });
});

describe("options, backlogs, several sockets, threads", () => {
  const threads = `#!/usr/bin/python3
import socket, sys, threading
ports, wrong, start = [int(port) for port in sys.argv[1:]], [], threading.Barrier(16)
def work(index):
    start.wait()
    for round in range(50):
        port = ports[(index + round) % len(ports)]
        s = socket.socket()
        s.bind(("0.0.0.0", port))
        if s.getsockname()[1] != port:
            wrong.append(port)
        s.close()
all = [threading.Thread(target=work, args=(index,)) for index in range(16)]
for one in all: one.start()
for one in all: one.join()
print("800 binds,", len(wrong), "wrong", flush=True)
`;
  const relative = `#!/usr/bin/python3
import os, socket
os.chdir("/run/own")
for count in range(2):
    if os.path.exists("own.sock"):
        os.unlink("own.sock")
    s = socket.socket(socket.AF_UNIX)
    s.bind("own.sock")
s.listen()
while True:
    c, _ = s.accept()
    c.sendall(b"own\\n")
    c.close()
`;
  const box = sharedUsher({
    units: {
      "options.socket": socketUnit("ListenStream=0.0.0.0:7201"),
      "options.service": serviceUnit("/opt/binds 0.0.0.0:7201,deferred,keepalive"),
      "datagrams.socket": socketUnit("ListenDatagram=0.0.0.0:7202"),
      "datagrams.service": serviceUnit("/opt/binds udp/0.0.0.0:7202,pktinfo"),
      "kept.socket": socketUnit("ListenStream=0.0.0.0:7203", "KeepAlive=yes"),
      "kept.service": serviceUnit("/opt/binds 0.0.0.0:7203,keepalive"),
      "backlog.socket": socketUnit("ListenStream=0.0.0.0:7204", "Backlog=300"),
      "backlog.service": serviceUnit("/opt/binds 0.0.0.0:7204", "", "User=alice\nEnvironment=BACKLOG=700"),
      "several.socket": socketUnit("ListenStream=0.0.0.0:7205", "ListenStream=0.0.0.0:7206"),
      "several-too.socket": socketUnit("ListenStream=0.0.0.0:7207", "Service=several.service"),
      "several.service": serviceUnit("/opt/binds 0.0.0.0:7207 0.0.0.0:7206 0.0.0.0:7205"),
      "threads.socket": socketUnit(...[7211, 7212, 7213, 7214].map((port) => `ListenStream=0.0.0.0:${port}`)),
      "threads.service": serviceUnit("/opt/threads 7211 7212 7213 7214"),
      // Debian's /var/run is a link to /run.
      "linked.socket": socketUnit("ListenStream=/var/run/linked.sock"),
      "linked.service": serviceUnit("/opt/fixtures/bindways plain /var/run/linked.sock", "", ""),
      "rooted.socket": socketUnit("ListenStream=/opt/root/run/rooted.sock"),
      "rooted.service": serviceUnit(
        "/bindways plain /run/rooted.sock",
        "",
        "RootDirectory=/opt/root\nRootDirectoryStartOnly=yes\nExecStartPre=/bin/cp /opt/fixtures/bindways /opt/root/",
      ),
      "own.socket": socketUnit("ListenStream=/run/own/own.sock", "SocketUser=alice"),
      "own.service": serviceUnit(
        "/opt/relative",
        "",
        "User=alice\nRuntimeDirectory=own\nRuntimeDirectoryPreserve=yes",
      ),
    },
    files: { ...files, "/opt/threads": threads, "/opt/relative": relative },
    env,
  });
  beforeAll(() => box().booted());

  test("what belongs before bind() is carried over; what connections inherit is not, the socket unit has it", async () => {
    expect(await box().run(nc("127.0.0.1", 7201))).toBe("0.0.0.0:7201 1 0\n");
    expect(await box().run(nc("127.0.0.1", 7203))).toBe("0.0.0.0:7203 1\n");
    expect(await box().run("printf x | nc -u -w1 127.0.0.1 7202")).toBe("udp/0.0.0.0:7202 1\n");
  });

  test("the program's backlog holds while it runs, the unit's while it sleeps", async () => {
    const backlog = async (): Promise<string> =>
      (await box().run("ss -Hltn sport = :7204")).split(/\s+/)[2] ?? "";
    expect(await backlog()).toBe("300");
    expect(await box().run(nc("127.0.0.1", 7204))).toBe("0.0.0.0:7204\n");
    expect(await backlog()).toBe("700");
    await box().run(["usherctl", "stop", "backlog.service"]);
    expect(await backlog()).toBe("300");
  });

  test("several sockets of several units, in whatever order", async () => {
    for (const port of [7206, 7205, 7207])
      expect(await box().run(nc("127.0.0.1", port))).toBe(`0.0.0.0:${port}\n`);
  });

  test("threads that bind at once get what each asked for", async () => {
    await box().run(["usherctl", "start", "threads.service"]);
    await box().event(says("threads.service", "800 binds, 0 wrong"));
    const adopted = box().log.records().filter(says("threads.service", "adopted "));
    expect(adopted).toHaveLength(800);
  });

  test("a relative path, bound twice, by a user who owns the folder", async () => {
    const client = "nc -NU /run/own/own.sock </dev/null";
    for (let round = 0; round < 3; round++) {
      expect(await box().run(client)).toBe("own\n");
      await box().run(["usherctl", "stop", "own.service"]);
    }
    expect(await box().run(["stat", "-c", "%F %U", "/run/own/own.sock"])).toBe("socket alice\n");
  });

  test.each([
    ["with a symbolic link in it", "/var/run/linked.sock"],
    ["below the service's own root", "/opt/root/run/rooted.sock"],
  ])("a path %s, twice", async (_, path) => {
    for (let round = 0; round < 2; round++) {
      expect(await box().run(`nc -NU ${path} </dev/null`)).toBe("plain\n");
      await box().run(["usherctl", "stop", "linked.service", "rooted.service"]);
    }
  });
});

describe("other ways to bind", () => {
  const bindways = (name: string, port: number): Record<string, string> => ({
    [`${name}.socket`]: socketUnit(`ListenStream=0.0.0.0:${port}`),
    [`${name}.service`]: serviceUnit(`/opt/fixtures/bindways ${name} ${port}`),
  });
  const mortal = `#!/usr/bin/python3
import os, signal, socket
def bind_on():
    while True:
        s = socket.socket()
        s.bind(("0.0.0.0", 7310))
        s.close()
for count in range(300):
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            bind_on()
        children.append(child)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
print("all dead", flush=True)
signal.pause()
`;
  const dropper = `#!/usr/bin/python3
import os, sys
os.setgroups([])
os.setgid(990)
os.setuid(990)
sys.argv[1:] = ["0.0.0.0:7311"]
exec(open("/opt/binds").read())
`;
  const units = {
    ...bindways("int80", 7301),
    ...bindways("x32", 7302),
    ...bindways("uring", 7303),
    ...bindways("filter", 7304),
    ...bindways("listener", 7305),
    ...bindways("forbid", 7306),
    ...bindways("absent", 7312),
    "liar.socket": socketUnit("ListenStream=0.0.0.0:7307"),
    "liar.service": serviceUnit("/opt/fixtures/bindways liar 7307 7308"),
    "victim.socket": socketUnit("ListenStream=0.0.0.0:7308"),
    "victim.service": serviceUnit("/opt/fixtures/bindways plain 7308"),
    "filtered.socket": socketUnit("ListenStream=0.0.0.0:7309"),
    "filtered.service": serviceUnit(
      "/opt/fixtures/bindways plain 7309",
      "",
      "User=alice\nSystemCallFilter=~bind\nSystemCallArchitectures=native",
    ),
    "mortal.socket": socketUnit("ListenStream=0.0.0.0:7310"),
    "mortal.service": serviceUnit("/opt/mortal"),
    "dropper.socket": socketUnit("ListenStream=0.0.0.0:7311"),
    "dropper.service": serviceUnit("/opt/dropper", "", ""),
  };
  const programs = { ...files, "/opt/mortal": mortal, "/opt/dropper": dropper };
  // What an engine's profile says of io_uring and the like is not the matter here.
  const box = sharedUsher({ units, files: programs, securityOpt: ["seccomp=unconfined"] });
  beforeAll(() => box().booted());

  const start = (name: string): Promise<string> => box().run(["usherctl", "start", `${name}.service`]);
  /** How bindways says that its bind() came out. */
  const outcome = async (name: string): Promise<string> => {
    await start(name);
    const isOutcome = ({ unit, msg = "" }: { unit?: string; msg?: string }): boolean =>
      unit === `${name}.service` && /^(bound|E[A-Z]+)$/.test(msg);
    return (await box().event(isOutcome)).msg ?? "";
  };

  test("through the 32-bit call table passes by: the address is in use", async () => {
    // ENOSYS: a kernel or machine without that table.
    expect(["EADDRINUSE", "ENOSYS"]).toContain(await outcome("int80"));
    expect(["EADDRINUSE", "ENOSYS"]).toContain(await outcome("x32"));
  });

  test("through io_uring passes by: the address is in use", async () => {
    const [major = 0, minor = 0] = (await box().run(["uname", "-r"])).split(".").map(Number);
    // Older kernels don't know the operation.
    const hasBind = major > 6 || (major === 6 && minor >= 11);
    const expected = hasBind ? ["EADDRINUSE", "ENOSYS", "EPERM"] : ["EINVAL", "ENOSYS", "EPERM"];
    expect(expected).toContain(await outcome("uring"));
  });

  test("with a seccomp filter of its own beside usher's", async () => {
    expect(await outcome("filter")).toBe("bound");
    expect(await box().request(7304)).toBe("filter\n");
  });

  test("that its own filter forbids stays forbidden", async () => {
    expect(await outcome("forbid")).toBe("EPERM");
  });

  test("of a program that wants to be asked by seccomp itself: it is told that somebody is already (a known limit)", async () => {
    expect(await outcome("listener")).toBe("bound");
    expect(box().log.records().some(says("listener.service", "listener of its own: EBUSY"))).toBe(true);
  });

  test("with SystemCallFilter=, which is not enforced and says so", async () => {
    expect(await box().request(7309)).toBe("plain\n");
    expect(box().log.records().some(says("filtered.service", "SystemCallFilter="))).toBe(true);
  });

  test("of a program that changes the address meanwhile: it only ever gets its own socket", async () => {
    expect(await outcome("liar")).toBe("bound");
    expect(box().log.records().some(says("liar.service", "own some, refused some, stolen 0"))).toBe(true);
    expect(await box().request(7307)).toBe("liar\n");
    expect(await box().request(7308)).toBe("plain\n");
  });

  test("with memory that never comes: PID 1 does not wait for it", async () => {
    // The others: a kernel without userfaultfd, or where only root may have one.
    expect(["EFAULT", "ENOSYS", "EPERM"]).toContain(await outcome("absent"));
    expect(await box().request(7308)).toBe("plain\n");
  });

  test("of processes that are killed meanwhile", async () => {
    await start("mortal");
    await box().event(says("mortal.service", "all dead"), { timeout: 30_000 });
    expect(await outcome("victim")).toBe("bound");
    expect(box().log.records().filter(says("mortal.service", "cannot"))).toEqual([]);
  });

  test("of a program that has given up root by itself can't be looked at, and the log says what to do", async () => {
    await start("dropper");
    await box().event(says("dropper.service", "0.0.0.0:7311: EADDRINUSE"));
    const told = box().log.records().filter(says("dropper.service", "cannot look at a bind()"));
    expect(told.map(({ msg }) => msg)).toEqual([
      "cannot look at a bind(): Permission denied (EACCES), letting it through; let User= change its user, not the program itself",
    ]);
  });

  describe("with CAP_SYS_PTRACE", () => {
    const able = sharedUsher({ units, files: programs, capAdd: ["SYS_PTRACE"] });
    beforeAll(() => able().booted());

    test("that one is adopted as well", async () => {
      expect(await able().request(7311, "hello")).toBe("0.0.0.0:7311\n");
    });
  });
});

describe("a socket unit that is stopped while the program runs on", () => {
  const again = `#!/usr/bin/python3
import os, signal, socket
def bind():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", 7501))
    s.listen()
    print("bound", s.getsockname()[1], flush=True)
    return s
s = bind()
def reload(*_):
    global s
    s.close()
    s = bind()
signal.signal(signal.SIGHUP, reload)
while True:
    signal.pause()
`;
  const box = sharedUsher({
    units: {
      "again.socket": socketUnit("ListenStream=0.0.0.0:7501"),
      "again.service": serviceUnit("/opt/again"),
      // Takes the number of the descriptor that has become free.
      "next.socket": "[Socket]\nListenStream=0.0.0.0:7502\n",
      "next.service": serviceUnit("/opt/fixtures/bindways plain 7502"),
    },
    files: { "/opt/again": again },
  });
  beforeAll(() => box().booted());

  test("is given no more: the next bind() is the kernel's", async () => {
    await box().run(["usherctl", "start", "again.service"]);
    await box().event(says("again.service", "bound 7501"));
    await box().run(["usherctl", "stop", "again.socket"]);
    await box().run(["usherctl", "start", "next.socket"]);
    const from = box().log.position();
    await box().run(["usherctl", "kill", "--signal=HUP", "again.service"]);
    await box().event(says("again.service", "bound"), { from });
    expect(
      box()
        .log.records()
        .filter(says("again.service", "bound"))
        .map(({ msg }) => msg),
    ).toEqual(["bound 7501", "bound 7501"]);
    expect(await box().request(7502)).toBe("plain\n");
  });
});

describe("usher that is not root", () => {
  const box = sharedUsher({
    units: {
      "plain.socket": socketUnit("ListenStream=7401"),
      "plain.service": serviceUnit("/opt/binds [::]:7401,dual", "", ""),
    },
    files,
    sysctls,
    user: "alice",
  });
  beforeAll(() => box().booted());

  test("adopts for its services, which are of the same user", async () => {
    expect(await box().request(7401, "hello")).toBe("[::]:7401 0\n");
  });
});
