/** The demo's container, driven by the docker command alone: run, look inside, follow the log, stop. */

import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { ComposeService } from "../compose.ts";
import { imageTag } from "../images.ts";

/** A record of usher's log; one without `pid` is usher speaking, about `unit` if that is set. */
export type LogRecord = {
  readonly time: number;
  readonly msg: string;
  readonly unit?: string;
  readonly pid?: number;
};

type Output = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

function run(args: readonly string[]): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn("docker", args, { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ exitCode: code ?? 1, stdout, stderr }));
  });
}

/** Runs docker; what it printed, without the end of the last line. Throws when it fails. */
async function docker(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(args);
  if (exitCode !== 0) throw new Error(`docker ${args.join(" ")} ended with ${exitCode}\n${stderr}${stdout}`);
  return stdout.trimEnd();
}

/** The arguments of `docker run` that say the same as a service of compose.yaml. */
export function runArguments(service: ComposeService): string[] {
  const ports = service.ports.flatMap(({ address, hostPort, containerPort }) => [
    "--publish",
    `${address}:${hostPort === 0 ? "" : hostPort}:${containerPort}`,
  ]);
  const environment = Object.entries(service.environment).flatMap(([name, value]) => [
    "--env",
    `${name}=${value}`,
  ]);
  return [...ports, ...environment, imageTag(service.image)];
}

/** A container that runs. */
export class DemoContainer {
  readonly #id: string;
  readonly #logs: ChildProcess;
  readonly #ended: Promise<void>;
  readonly records: LogRecord[] = [];
  readonly #waiters = new Set<() => void>();
  #over = false;

  static async start(service: ComposeService): Promise<DemoContainer> {
    return new DemoContainer(await docker("run", "--detach", ...runArguments(service)));
  }

  private constructor(id: string) {
    this.#id = id;
    this.#logs = spawn("docker", ["logs", "--follow", id], { stdio: ["ignore", "pipe", "inherit"] });
    this.#ended = new Promise((resolve) => this.#logs.on("close", () => resolve()));
    this.#logs.on("close", () => {
      this.#over = true;
      this.#wake();
    });
    if (this.#logs.stdout === null) throw new Error("docker logs has no output");
    createInterface({ input: this.#logs.stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return;
      this.records.push(JSON.parse(line) as LogRecord);
      this.#wake();
    });
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** The first record from position `from` on that matches, as soon as it is there. */
  until(what: string, matches: (record: LogRecord) => boolean, from = 0): Promise<LogRecord> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.records.slice(from).find(matches);
        if (found === undefined && !this.#over) return;
        this.#waiters.delete(look);
        clearTimeout(timer);
        if (found !== undefined) resolve(found);
        else reject(new Error(`the container ended before ${what}`));
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(look);
        reject(new Error(`${what}: not within 30 s`));
      }, 30_000);
      this.#waiters.add(look);
      look();
    });
  }

  /** Milliseconds since 1970 at which the engine says that the container started. */
  async startedAt(): Promise<number> {
    return Date.parse(await docker("inspect", "--format", "{{.State.StartedAt}}", this.#id));
  }

  /** Where a port of the container is offered on this host. */
  async publishedPort(containerPort: number): Promise<{ host: string; port: number }> {
    const format = `{{with index .NetworkSettings.Ports "${containerPort}/tcp"}}{{with index . 0}}{{.HostIp}} {{.HostPort}}{{end}}{{end}}`;
    const [host = "", port = ""] = (await docker("inspect", "--format", format, this.#id)).split(" ");
    return { host, port: Number(port) };
  }

  /** Runs a command inside; its output, whatever its exit status says. */
  async exec(...command: string[]): Promise<string> {
    const { stdout, stderr } = await run(["exec", this.#id, ...command]);
    return (stdout + stderr).trimEnd();
  }

  /** `docker stop`; resolves when the log is complete, with the exit status and the time of the end. */
  async stop(): Promise<{ exitCode: number; finishedAt: number }> {
    await docker("stop", "-t", "20", this.#id);
    await this.#ended;
    const state = await docker("inspect", "--format", "{{.State.ExitCode}} {{.State.FinishedAt}}", this.#id);
    const [exitCode = "", finishedAt = ""] = state.split(" ");
    return { exitCode: Number(exitCode), finishedAt: Date.parse(finishedAt) };
  }

  async remove(): Promise<void> {
    await run(["rm", "--force", "--volumes", this.#id]);
    await this.#ended;
  }
}

/** An answer, and how long it took from before the connection to its last byte. */
export type Answer = {
  readonly status: string;
  readonly body: string;
  readonly sentAt: number;
  readonly ms: number;
};

/** One HTTP request on a connection of its own. */
export function request(
  address: { host: string; port: number },
  method: string,
  path: string,
  body = "",
): Promise<Answer> {
  const sentAt = Date.now();
  const started = performance.now();
  const socket = connect(address);
  const lines = [
    `${method} ${path} HTTP/1.0`,
    "Host: demo",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ];
  socket.write(lines.join("\r\n"));
  return new Promise((resolve, reject) => {
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("error", reject);
    socket.on("end", () => {
      const ms = performance.now() - started;
      const [head = "", ...rest] = answer.split("\r\n\r\n");
      const status = head.split(" ")[1] ?? "";
      resolve({ status, body: rest.join("\r\n\r\n").trimEnd(), sentAt, ms });
    });
  });
}
