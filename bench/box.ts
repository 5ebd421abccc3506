/**
 * The one container that all is measured in. The driver makes a room of its own in it (namespaces, an init as
 * PID 1) for every sample, which is why the container may make namespaces; nothing in it is reachable from outside.
 * It ends by itself after half an hour whatever happens to this program.
 */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureImage } from "../tools/images.ts";
import { parseSamples, type Sample } from "./figures.ts";
import { writeFixtures } from "./fixtures.ts";

export const root: string = join(import.meta.dirname, "..");

/** The product, and the same as a dynamic program for valgrind. */
export const product: string = join(root, "dist/usher");
const dynamicProduct = join(root, "dist/usher-dynamic");

export type Output = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** A command line with what it is called in the results. */
export type Contender = { readonly subject: string; readonly command: string };

/** Options of the driver, by its option letters; see driver/main.c. */
export type DriverOptions = {
  readonly rounds: number;
  readonly count?: number;
  readonly live?: number;
  readonly atOnce?: number;
  readonly milliseconds?: number;
};

export type Box = AsyncDisposable & {
  /** Whether dist/usher was there; without it only the others are measured. */
  readonly hasUsher: boolean;
  readonly hasDynamicUsher: boolean;
  /** Measures contenders in turn; those that fail are reported and missing in the samples. */
  drive(name: string, options: DriverOptions, contenders: readonly Contender[]): Promise<Sample[]>;
  /** Runs a command in the container; the caller looks at the exit code. */
  exec(command: readonly string[]): Promise<Output>;
  /** Copies a file into the container. */
  put(source: string, target: string): Promise<void>;
};

/** Runs a command of this machine to its end. */
export function run(command: readonly string[]): Promise<Output> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output.stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      output.stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ exitCode: code ?? 1, ...output }));
  });
}

async function must(command: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command);
  if (exitCode !== 0) throw new Error(`cannot run ${command.join(" ")}: ${stderr}`);
  return stdout.trim();
}

const lifetimeSeconds = 1800;

/** What the driver needs in order to make rooms, and systemd in order to be PID 1 in one. */
const privileges = [
  ...["--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN"],
  ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"],
  ...["-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw"],
];

function driverArguments(name: string, options: DriverOptions, contenders: readonly Contender[]): string[] {
  const letters: readonly (readonly [string, number | undefined])[] = [
    ["-r", options.rounds],
    ["-n", options.count],
    ["-k", options.live],
    ["-c", options.atOnce],
    ["-t", options.milliseconds],
  ];
  return [
    name,
    ...letters.flatMap(([letter, value]) => (value === undefined ? [] : [letter, String(value)])),
    ...contenders.flatMap(({ subject, command }) => [subject, command]),
  ];
}

/** Starts the container, with the product and the fixtures in it. */
export async function openBox(): Promise<Box> {
  await ensureImage("usher-bench");
  const id = await must([
    ...["docker", "run", "--detach", "--rm", "--network", "none"],
    // No mistake in a measurement may use up the machine's process ids.
    ...["--pids-limit", "14000", "--memory", "8g", "--memory-swap", "8g"],
    ...privileges,
    ...["usher-bench", "tini", "--", "sleep", String(lifetimeSeconds)],
  ]);
  const exec = (command: readonly string[]): Promise<Output> => run(["docker", "exec", id, ...command]);
  const put = async (source: string, target: string): Promise<void> => {
    await must(["docker", "cp", "--follow-link", source, `${id}:${target}`]);
  };
  const close = async (): Promise<void> => {
    await run(["docker", "rm", "--force", "--volumes", id]);
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => void close().then(() => process.exit(130)));
  }
  const hasUsher = existsSync(product);
  const hasDynamicUsher = existsSync(dynamicProduct);
  try {
    await put(`${writeFixtures(join(root, ".cache/bench"))}/.`, "/bench");
    if (hasUsher) await put(product, "/usr/bin/usher");
    if (hasDynamicUsher) await put(dynamicProduct, "/opt/bench/usher-dynamic");
  } catch (error) {
    await close();
    throw error;
  }
  const drive: Box["drive"] = async (name, options, contenders) => {
    const able = contenders.filter(({ subject }) => hasUsher || !subject.startsWith("usher"));
    if (able.length === 0) return [];
    const { stdout, stderr } = await exec(["/opt/bench/driver", ...driverArguments(name, options, able)]);
    if (!stdout.endsWith("end\n"))
      throw new Error(`cannot measure ${name}: the driver was cut off: ${stderr}`);
    // A contender that fails does so in every round; once is enough to know why.
    const lines = [...new Set(stderr.split("\n"))].filter((line) => line !== "");
    if (lines.length > 0) process.stderr.write(`${lines.map((line) => `  ! ${line}\n`).join("")}`);
    return parseSamples(stdout);
  };
  return { hasUsher, hasDynamicUsher, drive, exec, put, [Symbol.asyncDispose]: close };
}
