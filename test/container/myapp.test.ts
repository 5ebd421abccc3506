/** The pair myapp.socket and myapp.service, with programs written as people write them, on TCP and on a Unix path. */

import { expect, test } from "vitest";
import type { FileSpec } from "./harness/container.ts";
import { startUsher } from "./harness/usher.ts";

/** By name: what lies at /opt/myapp/myapp, and what it answers. */
const programs: readonly { readonly name: string; readonly file: FileSpec; readonly answer: string }[] = [
  {
    name: "C with libsystemd",
    file: "#!/bin/sh\nexec /opt/fixtures/myapp-libsystemd\n",
    answer: "hello from libsystemd\n",
  },
  {
    name: "Python with systemd.daemon",
    file: `#!/usr/bin/python3
import socket
from systemd import daemon

[fd] = daemon.listen_fds()
assert daemon.is_socket(fd, type=socket.SOCK_STREAM, listening=1)
listener = socket.socket(fileno=fd)
while True:
    connection, _ = listener.accept()
    connection.sendall(b"hello from Python\\n")
    connection.close()
`,
    answer: "hello from Python\n",
  },
  {
    name: "Node with listen({ fd: 3 })",
    file: `#!/usr/bin/node
require("node:net")
  .createServer((connection) => connection.end("hello from Node\\n"))
  .listen({ fd: 3 });
`,
    answer: "hello from Node\n",
  },
];

test.for(programs)("$name answers on TCP, started by the first connection", async ({ file, answer }) => {
  const box = await startUsher({ case: "myapp-tcp", files: { "/opt/myapp/myapp": file } });
  await box.booted();
  expect(await box.run("ss -Hltn 'sport = :8080'")).toContain("0.0.0.0:8080");
  expect(await box.processes()).toHaveLength(1);
  expect(await box.request(8080)).toBe(answer);
  expect(await box.request(8080)).toBe(answer);
  await box.kill("SIGTERM");
  expect((await box.exited()).exitCode).toBe(0);
});

test.for(programs)(
  "$name answers on a Unix path, started by the first connection",
  async ({ file, answer }) => {
    const box = await startUsher({ case: "myapp-unix", files: { "/opt/myapp/myapp": file } });
    await box.booted();
    expect(await box.processes()).toHaveLength(1);
    expect(await box.run("nc -U /run/myapp.sock </dev/null")).toBe(answer);
  },
);

test("a comment behind a value is part of the value, and a warning says so", async () => {
  const [program] = programs;
  const box = await startUsher({
    case: "myapp-unix-comment",
    files: { "/opt/myapp/myapp": program?.file ?? "" },
  });
  await box.booted();
  // As under systemd: no comment can follow a value, so this is the socket's whole name.
  expect(await box.run("ls /run | grep myapp")).toBe("myapp.sock # Unix socket\n");
  await box.event(({ msg, level }) => level === 40 && msg?.includes("myapp.socket:5") === true);
});
