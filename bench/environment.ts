/** Where a run took place, as far as it bears on the figures. */

import { type Box, run } from "./box.ts";

export type Environment = {
  readonly date: string;
  readonly commit: string;
  readonly kernel: string;
  readonly processors: string;
  readonly engine: string;
  /** One-minute load average when the run began. */
  readonly load: string;
  /** Debian's versions of those measured against. */
  readonly packages: string;
};

const peers = "tini dumb-init catatonit s6 runit supervisor systemd ucspi-tcp xinetd socat";

export async function readEnvironment(box: Box): Promise<Environment> {
  const inside = async (command: string): Promise<string> =>
    (await box.exec(["sh", "-c", command])).stdout.trim();
  const outside = async (command: readonly string[]): Promise<string> => (await run(command)).stdout.trim();
  const changed = (await outside(["git", "status", "--porcelain", "--", "src", "native"])) !== "";
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    commit: (await outside(["git", "rev-parse", "--short", "HEAD"])) + (changed ? " with changes" : ""),
    kernel: await inside("uname -sr"),
    processors: await inside("echo $(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"),
    engine: `Docker ${await outside(["docker", "version", "--format", "{{.Server.Version}}"])}`,
    load: await inside("cut -d' ' -f1 /proc/loadavg"),
    packages: await inside(`dpkg-query -W -f '\${Package} \${Version}, ' ${peers} | sed 's/, $//'`),
  };
}
