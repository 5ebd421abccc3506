/** The Docker engine, reached directly where Testcontainers does not reach: signals, waiting, statistics, archives. */

import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { getContainerRuntimeClient } from "testcontainers";
import type { Log } from "./log.ts";

/** Set on every container of a test run, so that none outlives it. */
export const runLabel = "io.github.usher.test-run";

let connection: Promise<Docker> | undefined;

/** The engine that Testcontainers found, so that both speak to the same one. */
export function engine(): Promise<Docker> {
  connection ??= getContainerRuntimeClient().then((client) => client.container.dockerode);
  return connection;
}

/** Follows a container's output from its first byte until its end. */
export async function follow(container: Docker.Container, log: Log, tty: boolean): Promise<void> {
  const stream = await container.logs({ follow: true, stdout: true, stderr: true });
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  stdout.setEncoding("utf8").on("data", (chunk: string) => log.push("stdout", chunk));
  stderr.setEncoding("utf8").on("data", (chunk: string) => log.push("stderr", chunk));
  if (tty) {
    stream.on("data", (chunk: Buffer) => stdout.write(chunk));
  } else {
    container.modem.demuxStream(stream, stdout, stderr);
  }
  const finish = (): void => {
    stdout.end();
    stderr.end();
    stdout.on("end", () => log.end());
  };
  stream.on("end", finish);
  stream.on("error", finish);
}

/** What a command in a container wrote and ended with. */
export type ExecResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** How a command in a container is run. */
export type ExecOptions = {
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
};

/** Runs a command in a container to its end. A string is given to `sh -c`. */
export async function exec(
  container: Docker.Container,
  command: string | readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const started = await container.exec({
    Cmd: typeof command === "string" ? ["sh", "-c", command] : [...command],
    AttachStdout: true,
    AttachStderr: true,
    Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
    ...(options.user === undefined ? {} : { User: options.user }),
    ...(options.workingDir === undefined ? {} : { WorkingDir: options.workingDir }),
  });
  const stream = await started.start({});
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const sinks = { stdout: new PassThrough(), stderr: new PassThrough() };
  sinks.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
  sinks.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
  container.modem.demuxStream(stream, sinks.stdout, sinks.stderr);
  await new Promise<void>((resolve, reject) => {
    stream.on("end", resolve);
    stream.on("error", reject);
  });
  const { ExitCode } = await started.inspect();
  return {
    exitCode: ExitCode ?? -1,
    stdout: Buffer.concat(output.stdout).toString(),
    stderr: Buffer.concat(output.stderr).toString(),
  };
}

/** Removes what a run left behind; for the end of the whole run. */
export async function removeContainersOfRun(run: string): Promise<number> {
  const docker = await engine();
  const left = await docker.listContainers({ all: true, filters: { label: [`${runLabel}=${run}`] } });
  await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  return left.length;
}
