/**
 * Docker with its own docker.socket and docker.service in a container: its engine is woken by its client. What a
 * container's engine may do depends on the rights of the container; how far it comes with which is said here.
 */

import { expect, test } from "vitest";
import { startUsher } from "../container/harness/usher.ts";

const image = "usher-test:packages";
/** It takes seconds to fail, three times. */
const patience = { timeout: 60_000 };
const version = "docker version --format '{{.Server.Version}}'";

test("with NET_ADMIN, `docker version` wakes the engine, and again after its stop", async () => {
  const box = await startUsher({ image, capAdd: ["NET_ADMIN"] });
  await box.booted();
  await box.run("systemctl enable --now docker.socket 2>&1");
  expect(await box.run("stat -c '%U:%G %a' /run/docker.sock")).toBe("root:docker 660\n");
  expect((await box.exec("systemctl is-active docker.service")).stdout).toBe("inactive\n");
  expect(await box.run(version)).toBe("26.1.5+dfsg1\n");
  await box.run("systemctl stop docker.service 2>&1");
  expect(await box.run(version)).toBe("26.1.5+dfsg1\n");
  // As far as it comes: to unpack an image takes CAP_SYS_ADMIN, to run it a writable tree of cgroups.
  const imported = await box.exec("tar -C /usr/bin -c usher | docker import -");
  expect(imported.stderr).toMatch(/unshare: operation not permitted/);
});

test("without any right, the engine starts, says what it lacks, and is given up in time", async () => {
  const box = await startUsher({ image });
  await box.booted();
  await box.run("systemctl enable --now docker.socket 2>&1");
  expect((await box.exec(version)).exitCode).not.toBe(0);
  await box.line(({ text }) => /failed to create NAT chain DOCKER.*Permission denied/.test(text), patience);
  await box.event(
    ({ unit, msg }) => unit === "docker.socket" && /service-start-limit-hit/.test(msg ?? ""),
    patience,
  );
});
