import { join } from "node:path";
import { ensureImage, imageTag } from "../../tools/images.ts";
import { type Output, root, run } from "../box.ts";
import { by, type Case } from "../case.ts";
import { type Figure, pairWith, parseRounds, summarise, type Unit } from "../figures.ts";

const units: Readonly<Record<string, Unit>> = {
  "redis-rate": "per-second",
  "redis-p99": "ns",
  "redis-cpu": "ns",
  "nginx-rate": "per-second",
  "nginx-p99": "ns",
  "nginx-cpu": "ns",
  call: "ns",
};

/** In a container of its own: the servers are Debian's, and usher is PID 1 as anywhere. */
async function docker(...args: readonly string[]): Promise<Output> {
  const output = await run(["docker", ...args]);
  if (output.exitCode !== 0) throw new Error(`docker ${args.join(" ")}: ${output.stderr}${output.stdout}`);
  return output;
}

/**
 * All the weight there is, against whatever else the machine does; with groups that the engine makes itself, against what
 * runs beside the engine, too.
 */
async function weight(): Promise<readonly string[]> {
  const driver = (await docker("info", "--format", "{{.CgroupDriver}}")).stdout.trim();
  return ["--cpu-shares", "262144", ...(driver === "cgroupfs" ? ["--cgroup-parent", "/"] : [])];
}

async function measure(container: string, rounds: number, requests: number): Promise<readonly Figure[]> {
  await docker("cp", join(root, "bench/adopted"), `${container}:/bench`);
  await docker("start", container);
  await docker("exec", container, "usherctl", "start", "haproxy-bench.service");
  const words = ["exec", container, "node", "/bench/measure.js", `${rounds}`, `${requests}`];
  const samples = parseRounds((await docker(...words)).stdout);
  return pairWith("direct", samples, summarise("adopted", samples, units));
}

export const adopted: Case = {
  name: "adopted",
  title: "Servers that know no activation: adopted, and behind proxies",
  method:
    "Debian's redis-server (redis-benchmark, GET) and nginx (ab, keep-alive) with 50 connections: by themselves, with the socket that usher put in the place of theirs, behind systemd-socket-proxyd (usher's face of it), behind HAProxy in TCP mode with one thread. Short rounds, in each of which all are measured one after the other, the first two in turn first and second, and started anew every five rounds; servers and clients on a processor each. The ratios are not those of the medians but the medians of the ratios, one a round. *CPU*: processor time of the server and of what stands before it, a request; it hardly depends on what else the machine does. *One call*: processor time of dd at bs=1, a call: what the filter costs a loop of system calls that do nothing.",
  columns: [
    { metric: "redis-rate", heading: "Redis, requests" },
    { metric: "redis-p99", heading: "p99" },
    { metric: "redis-cpu", heading: "CPU" },
    { metric: "nginx-rate", heading: "nginx, requests" },
    { metric: "nginx-p99", heading: "p99" },
    { metric: "nginx-cpu", heading: "CPU" },
    { metric: "call", heading: "one call" },
  ],
  reference: "direct",
  async run(_, effort) {
    await ensureImage("usher-test:adopt");
    const image = imageTag("usher-test:adopt");
    const created = await docker("create", ...(await weight()), image, "--units", "/bench/units");
    const container = created.stdout.trim();
    try {
      return await measure(container, by(effort, { quick: 10, normal: 60, long: 200 }), 5000);
    } finally {
      await docker("rm", "-f", container);
    }
  },
};
