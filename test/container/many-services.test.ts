/** Many services at once: activation under load, long chains, circles of connections, crash loops. */

import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { startUsher } from "./harness/usher.ts";

test("500 connections opened while the service still starts are all answered, by one process", async () => {
  const box = await startUsher({
    units: {
      "slow.socket": "[Socket]\nListenStream=7001\n[Install]\nWantedBy=sockets.target\n",
      "slow.service":
        "[Service]\nExecStart=/opt/fixtures/dumper append /tmp/runs run wait-file /tmp/go accept-all\n",
    },
  });
  await box.booted();
  const connections = await Promise.all(Array.from({ length: 500 }, () => box.connect(7001)));
  const answers = Promise.all(connections.map((connection) => text(connection)));
  await box.run("touch /tmp/go");
  const pids = await answers;
  expect(pids[0]).toMatch(/^\d+\n$/);
  expect(new Set(pids).size).toBe(1);
  expect(await box.readFile("/tmp/runs")).toBe("run\n");
});

test("a chain of 50 services starts in order and stops in reverse", async () => {
  const count = 50;
  const units = Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const needs = index === 0 ? "" : `Requires=link${index - 1}.service\nAfter=link${index - 1}.service\n`;
      const install = index === count - 1 ? "[Install]\nWantedBy=multi-user.target\n" : "";
      return [
        `link${index}.service`,
        `[Unit]\n${needs}[Service]\nType=oneshot\nRemainAfterExit=yes\n` +
          `ExecStart=/opt/fixtures/dumper append /tmp/started ${index}\n` +
          `ExecStop=/opt/fixtures/dumper append /tmp/stopped ${index}\n${install}`,
      ];
    }),
  );
  const box = await startUsher({ units });
  await box.booted();
  const numbers = Array.from({ length: count }, (_, index) => `${index}\n`);
  expect(await box.readFile("/tmp/started")).toBe(numbers.join(""));
  await box.kill("SIGTERM");
  expect((await box.exited()).exitCode).toBe(0);
  expect(await box.readFile("/tmp/stopped")).toBe(numbers.reverse().join(""));
});

test("20 services that all connect to each other's sockets at boot succeed without one retry", async () => {
  const count = 20;
  const program = `#!/usr/bin/python3
"""Connects to everybody once, then answers everybody, then waits for all answers: nobody can be first."""
import socket, sys
own, count = sys.argv[1], int(sys.argv[2])
others = [str(number) for number in range(count) if str(number) != own]
connections = []
for other in others:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(f"/run/peer{other}.sock")
    connection.sendall(own.encode() + b"\\n")
    connections.append(connection)
listener = socket.socket(fileno=3)
for _ in others:
    accepted, _ = listener.accept()
    name = accepted.makefile().readline().strip()
    accepted.sendall(f"{own} answers {name}".encode())
    accepted.close()
for other, connection in zip(others, connections):
    assert connection.recv(100).decode() == f"{other} answers {own}"
print("has heard from all", flush=True)
`;
  const units = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      [
        `peer${index}.socket`,
        `[Socket]\nListenStream=/run/peer${index}.sock\n[Install]\nWantedBy=sockets.target\n`,
      ],
      [
        `peer${index}.service`,
        `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/opt/peer ${index} ${count}\n` +
          "[Install]\nWantedBy=multi-user.target\n",
      ],
    ]).flat(),
  );
  const box = await startUsher({ units, files: { "/opt/peer": program } });
  await box.booted();
  const heard = box.log.records().filter(({ msg }) => msg === "has heard from all");
  expect(new Set(heard.map(({ unit }) => unit)).size).toBe(count);
  expect(heard).toHaveLength(count);
});

test("a service in a crash loop reaches its limit and leaves all others alone", async () => {
  const box = await startUsher({
    units: {
      "crash.service":
        "[Service]\nRestart=always\nRestartSec=0\n" +
        "ExecStart=/opt/fixtures/dumper append /tmp/runs run exit 3\n[Install]\nWantedBy=multi-user.target\n",
      "echo.socket": "[Socket]\nListenStream=7001\n[Install]\nWantedBy=sockets.target\n",
      "echo.service": "[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",
    },
  });
  const limit = await box.event(
    ({ unit, msg }) => unit === "crash.service" && /repeated too quickly|start-limit/i.test(msg ?? ""),
  );
  expect(limit.level).toBeGreaterThanOrEqual(40);
  // systemd's default: five starts in ten seconds.
  expect(await box.readFile("/tmp/runs")).toBe("run\n".repeat(5));
  expect(await box.request(7001)).toMatch(/^\d+\n$/);
});
