import { join } from "node:path";
import { ensureImage, imageTag } from "../../tools/images.ts";
import { type Output, root, run } from "../box.ts";
import { by, type Case } from "../case.ts";
import { type Figure, parseSamples, summarise } from "../figures.ts";

/** In a container of its own: the servers are Debian's, and usher is PID 1 as anywhere. */
async function docker(...args: readonly string[]): Promise<Output> {
  const output = await run(["docker", ...args]);
  if (output.exitCode !== 0) throw new Error(`docker ${args.join(" ")}: ${output.stderr}${output.stdout}`);
  return output;
}

async function measure(container: string, rounds: number, requests: number): Promise<readonly Figure[]> {
  await docker("cp", join(root, "bench/adopted"), `${container}:/bench`);
  await docker("start", container);
  const services = ["redis-direct", "nginx-direct", "haproxy-bench"].map((name) => `${name}.service`);
  await docker("exec", container, "usherctl", "start", ...services);
  let text = "";
  // The first round wakes what sleeps, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const output = await docker("exec", container, "sh", "/bench/measure.sh", `${requests}`, `${requests}`);
    if (round > 0) text += output.stdout;
  }
  return summarise("adopted", parseSamples(text), {
    "redis-rate": "per-second",
    "redis-p99": "ns",
    "nginx-rate": "per-second",
    "nginx-p99": "ns",
    call: "ns",
  });
}

export const adopted: Case = {
  name: "adopted",
  title: "Servers that know no activation: adopted, and behind proxies",
  method:
    "Debian's redis-server (redis-benchmark, GET) and nginx (ab, keep-alive) with 50 connections, by turns: by themselves, with the socket that usher put in the place of theirs, behind systemd-socket-proxyd (usher's face of it), behind HAProxy in TCP mode with one thread. *one call*: a byte of dd at bs=1, which is two system calls of nothing, by two: what the filter costs a loop that does nothing else.",
  columns: [
    { metric: "redis-rate", heading: "Redis, requests" },
    { metric: "redis-p99", heading: "Redis, p99" },
    { metric: "nginx-rate", heading: "nginx, requests" },
    { metric: "nginx-p99", heading: "nginx, p99" },
    { metric: "call", heading: "one call" },
  ],
  reference: "direct",
  async run(_, effort) {
    await ensureImage("usher-test:adopt");
    const created = await docker("create", imageTag("usher-test:adopt"), "--units", "/bench/units");
    const container = created.stdout.trim();
    try {
      const rounds = by(effort, { quick: 1, normal: 5, long: 11 });
      return await measure(container, rounds, by(effort, { quick: 20_000, normal: 50_000, long: 200_000 }));
    } finally {
      await docker("rm", "-f", container);
    }
  },
};
