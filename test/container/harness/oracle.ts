/**
 * One scenario under two inits: usher, and Debian's systemd as the reference. A scenario is a folder:
 *
 *   units/        unit files, the same bytes for both; those with [Install] are enabled
 *   root/         further files, optional
 *   client.sh     run inside by a POSIX shell once the boot has settled; what it prints is the result
 *   expected      what it should print, optional: then systemd need not be asked
 *   options.json  what the container is started with beyond the usual (see StartOptions), optional
 *
 * client.sh says what can be observed from outside an init: connections, files, processes, and what systemctl shows
 * (usher's own face of that name under usher). What differs between two runs of the same init (process ids, times) it
 * must not print. What clients share lies in harness/scenario/, inside at /opt/scenario/.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type StartOptions, startContainer, type UsherContainer } from "./container.ts";
import type { ExecResult } from "./engine.ts";

/** Which init ran. */
export type Side = "usher" | "systemd";

/** What a scenario's client printed and ended with, and the init's log to explain it. */
export type Outcome = ExecResult & { readonly side: Side; readonly log: string };

/** What systemd needs in order to run as PID 1 in a container that is not privileged. */
const systemdOptions: StartOptions = {
  image: "usher-oracle",
  unitDir: "/etc/systemd/system",
  capAdd: ["SYS_ADMIN"],
  securityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
  env: { container: "docker", SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE: "1" },
  tmpfs: { "/run": "", "/tmp": "exec" },
  binds: [{ source: "/sys/fs/cgroup", target: "/sys/fs/cgroup", mode: "rw" }],
};

/** Starts a container with one of the two as PID 1; everything else in `options` is the same for both. */
export async function startSide(side: Side, options: StartOptions): Promise<UsherContainer> {
  if (side === "usher") {
    const box = await startContainer(options);
    await box.booted();
    return box;
  }
  const box = await startContainer({
    ...options,
    ...systemdOptions,
    env: { ...options.env, ...systemdOptions.env },
    capAdd: [...(options.capAdd ?? []), ...(systemdOptions.capAdd ?? [])],
  });
  // Exits with 1 for "degraded" too, which a scenario with a failing unit means to be. Before systemd has made its
  // socket the command fails at once, so it waits for that first.
  await box.run(
    "while ! [ -S /run/systemd/private ]; do sleep 0.02; done; systemctl is-system-running --wait >/dev/null; true",
  );
  return box;
}

const clientFiles = Object.fromEntries(
  readdirSync(join(import.meta.dirname, "scenario")).map((name) => [
    `/opt/scenario/${name}`,
    readFileSync(join(import.meta.dirname, "scenario", name), "utf8"),
  ]),
);

function ownOptions(folder: string): StartOptions {
  const path = join(folder, "options.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as StartOptions) : {};
}

/** The image that usher runs a scenario in. */
export function scenarioImage(folder: string): string {
  return ownOptions(folder).image ?? "usher-test:base";
}

/** Runs a scenario's client under one init. */
export async function runScenario(folder: string, side: Side, options: StartOptions = {}): Promise<Outcome> {
  const client = readFileSync(join(folder, "client.sh"), "utf8");
  await using box = await startSide(side, {
    ...ownOptions(folder),
    ...options,
    folder,
    files: { ...clientFiles, "/opt/scenario/client.sh": client, ...options.files },
  });
  const result = await box.exec(["sh", "/opt/scenario/client.sh"]);
  const log =
    side === "usher" ? box.log.text() : await box.run("journalctl --no-pager --output=short-monotonic");
  return { ...result, side, log };
}

/** What the scenario says should be printed, where it says so. */
export function expectedOutput(folder: string): string | undefined {
  const path = join(folder, "expected");
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
