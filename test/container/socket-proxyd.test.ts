/** systemd-socket-proxyd as a face of usher: real sockets, real backends, usher's own resolver. */

import { once } from "node:events";
import { beforeAll, describe, expect, test } from "vitest";
import type { UsherContainer } from "./harness/container.ts";
import { sharedUsher, startUsher } from "./harness/usher.ts";

const proxyd = "/usr/libexec/usher/systemd-socket-proxyd";

const socketUnit = (...listen: string[]): string =>
  `[Socket]\n${listen.map((address) => `ListenStream=${address}\n`).join("")}[Install]\nWantedBy=sockets.target\n`;

const proxyUnit = (args: string, more = ""): string =>
  `[Unit]\n${more}[Service]\nType=notify\nExecStart=${proxyd} ${args}\n`;

/** Answers with what it got, but only when it has got all of it: the client must half-close, and so must the proxy. */
const backend = `#!/usr/bin/python3
import os, socket, sys, threading
kind, address = sys.argv[1], sys.argv[2]
listener = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(address if kind == "unix" else ("127.0.0.1", int(address)))
listener.listen(500)
def serve(connection):
    data = b""
    while part := connection.recv(1 << 16):
        data += part
    connection.sendall(b"%s got %d: " % (address.encode(), len(data)) + data)
    connection.close()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],)).start()
`;

const backendUnit = (args: string): string => `[Service]\nExecStart=/opt/backend ${args}\n`;
const files = { "/opt/backend": backend };

const ended =
  (unit: string) =>
  ({ unit: of, msg }: { unit?: string; msg?: string }) =>
    of === unit && msg?.startsWith("Deactivated") === true;

describe("a proxy before a backend that knows no activation", () => {
  const box = sharedUsher({
    units: {
      "tcp.socket": socketUnit("7001", "/run/tcp.sock"),
      "tcp.service": proxyUnit("127.0.0.1:9001", "Requires=tcp-backend.service\nAfter=tcp-backend.service\n"),
      "tcp-backend.service": backendUnit("tcp 9001"),
      "unix.socket": socketUnit("7002"),
      "unix.service": proxyUnit("/run/backend/socket", "Requires=unix-backend.service\n"),
      "unix-backend.service":
        "[Service]\nRuntimeDirectory=backend\nExecStart=/opt/backend unix /run/backend/socket\n",
      "hosts.socket": socketUnit("7003"),
      "hosts.service": proxyUnit("localhost:9001", "Requires=tcp-backend.service\n"),
      "limit.socket": socketUnit("7004"),
      "limit.service": proxyUnit("--connections-max=1 127.0.0.1:9001", "Requires=tcp-backend.service\n"),
      "nobody.socket": socketUnit("7005"),
      "nobody.service": proxyUnit("--connect-timeout=50ms 127.0.0.1:1"),
    },
    files,
  });
  beforeAll(() => box().booted());

  test("passes bytes both ways and each half-close on, TCP to TCP", async () => {
    expect(await box().request(7001, "hello")).toBe("9001 got 5: hello");
  });

  test("serves every socket that it was passed", async () => {
    expect(await box().run("printf hello | nc -NU /run/tcp.sock")).toBe("9001 got 5: hello");
  });

  test("waits for a Unix backend that has only just been forked", async () => {
    expect(await box().request(7002, "hello")).toBe("/run/backend/socket got 5: hello");
  });

  test("finds names in /etc/hosts", async () => {
    expect(await box().request(7003, "hello")).toBe("9001 got 5: hello");
  });

  test("moves a megabyte without losing a byte", async () => {
    const data = Array.from({ length: 1 << 17 }, (_, index) => String(index).padStart(8, "0")).join("");
    expect(await box().request(7001, data)).toBe(`9001 got ${data.length}: ${data}`);
  });

  test("serves 200 connections at a time", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => box().request(7001, `no. ${index}`)),
    );
    expect(answers).toEqual(
      Array.from(answers, (_, index) => `9001 got ${`no. ${index}`.length}: no. ${index}`),
    );
  });

  test("closes connections above its limit, and only those", async () => {
    const first = await box().connect(7004);
    first.write("x");
    const position = box().log.position();
    expect(await box().request(7004)).toBe("");
    await box().event(
      ({ unit, msg }) => unit === "limit.service" && msg?.includes("connection limit") === true,
      {
        from: position,
      },
    );
    first.end();
    await once(first.resume(), "close");
    expect(await box().request(7004, "hello")).toBe("9001 got 5: hello");
  });

  test("gives up on a backend after the connect timeout and says why", async () => {
    expect(
      await box()
        .request(7005, "hello")
        .catch((error: NodeJS.ErrnoException) => error.code),
    ).toMatch(/^$|^ECONNRESET$/);
    await box().event(
      ({ unit, msg }) =>
        unit === "nobody.service" && msg === "Failed to connect to remote host: Connection refused",
    );
  });
});

test("a connection waits until the backend's socket is there", async () => {
  const box = await startUsher({
    units: {
      "app.socket": socketUnit("7001"),
      "app.service": proxyUnit("/run/late/socket"),
      "late.service": "[Service]\nRuntimeDirectory=late\nExecStart=/opt/backend unix /run/late/socket\n",
    },
    files,
  });
  await box.booted();
  const answer = box.request(7001, "early");
  await box.event(({ unit, msg }) => unit === "app.service" && msg?.startsWith("Started") === true);
  await box.run(["usherctl", "start", "late.service"]);
  expect(await answer).toBe("/run/late/socket got 5: early");
});

test("an idle proxy ends, its backend is stopped when nothing needs it, and the next connection wakes both", async () => {
  const box = await startUsher({
    units: {
      "app.socket": socketUnit("7001"),
      "app.service": proxyUnit(
        "--exit-idle-time=100ms 127.0.0.1:9001",
        "Requires=backend.service\nAfter=backend.service\n",
      ),
      "backend.service": `[Unit]\nStopWhenUnneeded=yes\n${backendUnit("tcp 9001")}`,
    },
    files,
  });
  await box.booted();
  for (const data of ["one", "three", "fifteen"]) {
    const from = box.log.position();
    expect(await box.request(7001, data)).toBe(`9001 got ${data.length}: ${data}`);
    await box.event(ended("app.service"), { from });
    await box.event(({ unit, msg }) => unit === "backend.service" && msg?.startsWith("Stopped") === true, {
      from,
    });
  }
  expect(await box.processes()).toHaveLength(1);
});

/**
 * Knows db.test, and big.test by TCP alone: the answer by UDP is marked as cut. Answers go out twice, the first time
 * with a wrong id, as somebody would who wants to be believed.
 */
const nameServer = `#!/usr/bin/python3
import socket, struct, threading
def answer(query, cut):
    name = query[12:query.index(b"\\0", 12) + 1]
    kind = query[12 + len(name):14 + len(name)]
    known = name in (b"\\x02db\\x04test\\0", b"\\x03big\\x04test\\0")
    cut = cut and name.startswith(b"\\x03big")
    addresses = 1 if known and kind == b"\\0\\x01" and not cut else 0
    flags = 0x8180 | (0x200 if cut else 0) | (0 if known else 3)
    record = b"\\xc0\\x0c\\0\\x01\\0\\x01\\0\\0\\0\\x3c\\0\\x04\\x7f\\0\\0\\x01"
    return query[:2] + struct.pack(">HHHHH", flags, 1, addresses, 0, 0) + name + kind + b"\\0\\x01" + record * addresses
tcp = socket.create_server(("127.0.0.1", 53))
def serve():
    while True:
        connection, _ = tcp.accept()
        length, = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))
        reply = answer(connection.recv(length, socket.MSG_WAITALL), False)
        connection.sendall(struct.pack(">H", len(reply)) + reply)
        connection.close()
threading.Thread(target=serve).start()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 53))
while True:
    query, client = udp.recvfrom(512)
    reply = answer(query, True)
    udp.sendto(bytes([reply[0] ^ 1]) + reply[1:], client)
    udp.sendto(reply, client)
`;

describe("names that DNS knows", () => {
  const byName = (name: string): string =>
    proxyUnit(`${name}:9001`, "Requires=backend.service\nAfter=names.service\n");
  const box = sharedUsher({
    units: {
      "names.service":
        "[Service]\nExecStartPre=/bin/sh -c 'printf \"search test\\\\nnameserver 127.0.0.1\\\\n\" >/etc/resolv.conf'\n" +
        "ExecStart=/opt/names\n[Install]\nWantedBy=multi-user.target\n",
      "backend.service": backendUnit("tcp 9001"),
      "full.socket": socketUnit("7001"),
      "full.service": byName("db.test"),
      "short.socket": socketUnit("7002"),
      "short.service": byName("db"),
      "cut.socket": socketUnit("7003"),
      "cut.service": byName("big.test"),
      "unknown.socket": socketUnit("7004"),
      "unknown.service": byName("nobody.test"),
    },
    files: { ...files, "/opt/names": nameServer },
  });
  beforeAll(() => box().booted());

  test.each([
    ["by its full name", 7001],
    ["by the search list", 7002],
    ["by TCP, when the answer is too long for UDP", 7003],
  ])("are found %s", async (_, port) => {
    expect(await box().request(port, "hello")).toBe("9001 got 5: hello");
  });

  test("and one that doesn't exist is said so", async () => {
    await box()
      .request(7004, "hello")
      .catch(() => "");
    await box().event(
      ({ unit, msg }) =>
        unit === "unknown.service" && msg === "Failed to resolve host: Name or service not known",
    );
  });
});

describe("the command line is systemd's", () => {
  const box = sharedUsher({});
  const call = (args: string): ReturnType<UsherContainer["exec"]> => box().exec(`exec ${proxyd} ${args}`);

  test("--help", async () => {
    const { exitCode, stdout } = await call("--help");
    expect(exitCode).toBe(0);
    for (const option of ["-c --connections-max=", "--exit-idle-time=", "-h --help", "--version"]) {
      expect(stdout).toContain(option);
    }
  });

  test.each([
    ["", "Not enough parameters."],
    ["a b", "Too many parameters."],
    ["localhost:80", "Didn't get any sockets passed in."],
    ["-c 0 a", "Connection limit is too low."],
    ["-c x a", "Failed to parse --connections-max= argument: x"],
    ["--exit-idle-time=soon a", "Failed to parse --exit-idle-time= argument: soon"],
    ["-V", "systemd-socket-proxyd: invalid option -- 'V'"],
    ["--nonsense", "systemd-socket-proxyd: unrecognized option '--nonsense'"],
  ])("%j is refused as systemd refuses it", async (args, message) => {
    expect(await call(args)).toEqual({ exitCode: 1, stdout: "", stderr: `${message}\n` });
  });

  test("a socket that is no listening stream is refused", async () => {
    const script =
      "import os, socket; s = socket.socket(type=socket.SOCK_DGRAM); os.dup2(s.fileno(), 3); os.set_inheritable(3, True);" +
      `os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid())); os.execv('${proxyd}', ['systemd-socket-proxyd', 'x'])`;
    const { exitCode, stderr } = await box().exec(["python3", "-c", script]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: "Passed in socket is not a stream socket.\n",
    });
  });
});
