/**
 * Containers with usher (or another init) as PID 1, started through Testcontainers and watched through dockerode.
 * Tests use `startUsher` of usher.ts, which also removes the container; here is what does not depend on vitest.
 */

import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import type Docker from "dockerode";
import { GenericContainer, Wait } from "testcontainers";
import { imageTag } from "../../../tools/images.ts";
import { archiveLinks, type Link, readFirstFile } from "./archive.ts";
import { type ExecOptions, type ExecResult, engine, exec, follow, runLabel } from "./engine.ts";
import { Log, type LogLine, type LogRecord, type WaitOptions } from "./log.ts";

/** A file put into a container before it starts: its text, or text or bytes with a mode. */
export type FileSpec = string | { readonly content: string | Buffer; readonly mode?: number };

/** What a container is started with. */
export type StartOptions = {
  /** Unit files by name, put into /etc/usher/units. A name may hold a path ("app.service.d/10-more.conf"). */
  readonly units?: Readonly<Record<string, FileSpec>>;
  /** A folder below test/container/cases: `units/` goes to `unitDir`, `root/` to /. */
  readonly case?: string;
  /** The same for a folder anywhere, as an absolute path. */
  readonly folder?: string;
  /** Where unit files go. Default /etc/usher/units. */
  readonly unitDir?: string;
  /** Further files by absolute path. */
  readonly files?: Readonly<Record<string, FileSpec>>;
  /** Default usher-test:base; usher-test:scratch has nothing but usher and /opt/fixtures. */
  readonly image?: string;
  /** Arguments for usher. */
  readonly cmd?: readonly string[];
  /** Instead of the image's: for what is started otherwise than as `usher …`. */
  readonly entrypoint?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDir?: string;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly securityOpt?: readonly string[];
  /** Mount points with their options: { "/run": "" }. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly binds?: readonly {
    readonly source: string;
    readonly target: string;
    readonly mode?: "ro" | "rw";
  }[];
  /** Mapped to the host. Rarely needed: `connect` reaches a container by its own address. */
  readonly ports?: readonly number[];
  readonly networkMode?: string;
  readonly hostname?: string;
  readonly readOnly?: boolean;
  readonly tty?: boolean;
  readonly memoryBytes?: number;
  readonly pidsLimit?: number;
  /** In the UTS and IPC namespaces of the machine itself, as what is started outside of any container. */
  readonly machineNamespaces?: boolean;
  readonly ulimits?: Readonly<Record<string, { readonly soft: number; readonly hard: number }>>;
  /** Namespaced kernel settings, e.g. { "net.ipv6.bindv6only": "1" }. */
  readonly sysctls?: Readonly<Record<string, string>>;
};

/** How a container ended. */
export type Exit = {
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Milliseconds from the container's start to its end, by the engine's clock. */
  readonly ranMs: number;
  /** Milliseconds from the last `kill` to the end as seen from here, undefined without one. */
  readonly sinceKillMs: number | undefined;
};

/** A running (or ended) container. */
export type UsherContainer = AsyncDisposable & {
  readonly id: string;
  readonly name: string;
  readonly log: Log;
  /** dockerode's handle, for what has no method here. */
  readonly docker: Docker.Container;
  /** The address in the container's network; empty with networkMode "none" or "host". */
  readonly address: string;
  /** Resolves when usher says that its boot is done. */
  booted(): Promise<void>;
  /** The first log record that matches, also one already written. Fails when the container ends before. */
  event(matches: (record: LogRecord) => boolean, options?: WaitOptions): Promise<LogRecord>;
  /** The first output line, record or not, that matches. */
  line(matches: (line: LogLine) => boolean, options?: WaitOptions): Promise<LogLine>;
  exec(command: string | readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Runs a command that must succeed; its stdout. */
  run(command: string | readonly string[], options?: ExecOptions): Promise<string>;
  kill(signal: string | number): Promise<void>;
  /** `docker stop`: SIGTERM (or the image's signal), and SIGKILL after that many seconds. */
  stop(seconds: number): Promise<Exit>;
  /** Waits for the end; the log is complete then. */
  exited(): Promise<Exit>;
  /** An open connection to a TCP port. Fails at once when nobody listens. */
  connect(port: number): Promise<Socket>;
  /** Connects, sends (if anything), and reads until the other side closes. */
  request(port: number, data?: string | Buffer, timeout?: number): Promise<string>;
  /** The port on the host that a port of `StartOptions.ports` is mapped to. */
  mappedPort(port: number): Promise<number>;
  readFile(path: string): Promise<string>;
  /** Reads a file that holds JSON; the dumper's output has the type `Dump`. */
  readJson<T>(path: string): Promise<T>;
  /** Process ids, parents and command lines as seen from inside. */
  processes(): Promise<Process[]>;
  remove(): Promise<void>;
};

/** The record by which usher says that every unit wanted at boot has been started or has failed. */
function isBootFinished(record: LogRecord): boolean {
  return record.msg?.toLowerCase().startsWith("startup finished") === true;
}

/** One row of `processes()`. */
export type Process = {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly user: string;
  readonly args: string;
};

type Content = { content: string | Buffer; target: string; mode: number };

function contentOf(target: string, spec: FileSpec, mode: number): Content {
  return typeof spec === "string"
    ? { content: spec, target, mode }
    : { content: spec.content, target, mode: spec.mode ?? mode };
}

/** Every file below a folder, symbolic links as such (unit files are enabled, aliased and masked by them). */
function folder(path: string, target: string): (Content | Link)[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" }).flatMap((name): (Content | Link)[] => {
    const file = join(path, name);
    const status = lstatSync(file);
    if (status.isDirectory()) return [];
    if (status.isSymbolicLink()) return [{ link: join(target, name), to: readlinkSync(file) }];
    return [{ content: readFileSync(file), target: join(target, name), mode: status.mode & 0o777 }];
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function contents(options: StartOptions): (Content | Link)[] {
  const unitDir = options.unitDir ?? "/etc/usher/units";
  const all: (Content | Link)[] = [];
  const cases = options.case === undefined ? [] : [join(import.meta.dirname, "../cases", options.case)];
  for (const path of [...cases, ...(options.folder === undefined ? [] : [options.folder])]) {
    if (!isFolder(path)) throw new Error(`no such folder: ${path}`);
    if (isFolder(join(path, "units"))) all.push(...folder(join(path, "units"), unitDir));
    if (isFolder(join(path, "root"))) all.push(...folder(join(path, "root"), "/"));
  }
  for (const [name, spec] of Object.entries(options.units ?? {})) {
    all.push(contentOf(join(unitDir, name), spec, 0o644));
  }
  for (const [target, spec] of Object.entries(options.files ?? {})) {
    // A script is meant to be run.
    all.push(contentOf(target, spec, typeof spec === "string" && spec.startsWith("#!") ? 0o755 : 0o644));
  }
  return all;
}

/** Sets what Testcontainers has no method for. Its fields are open to subclasses only. */
class PlainContainer extends GenericContainer {
  constructor(image: string, options: StartOptions) {
    super(image);
    Object.assign(this.createOpts, { Tty: options.tty ?? false, OpenStdin: options.tty ?? false });
    Object.assign(this.hostConfig, {
      ...(options.readOnly === undefined ? {} : { ReadonlyRootfs: options.readOnly }),
      ...(options.machineNamespaces === true ? { UTSMode: "host", IpcMode: "host" } : {}),
      ...(options.pidsLimit === undefined ? {} : { PidsLimit: options.pidsLimit }),
      ...(options.memoryBytes === undefined
        ? {}
        : { Memory: options.memoryBytes, MemorySwap: options.memoryBytes }),
      ...(options.sysctls === undefined ? {} : { Sysctls: options.sysctls }),
    });
  }
}

function configure(options: StartOptions, run: string): GenericContainer {
  const container = new PlainContainer(imageTag(options.image ?? "usher-test:base"), options)
    // No wait for ports: a probe would be the first connection and start the service. No wait for output either.
    .withWaitStrategy(Wait.forAll([]))
    .withLabels({ [runLabel]: run })
    .withEnvironment({ USHER_LOG_FORMAT: "json", ...options.env });
  const all = contents(options);
  const files = all.filter((file) => "content" in file);
  const links = all.filter((file) => "link" in file);
  if (files.length > 0) container.withCopyContentToContainer(files);
  if (links.length > 0) {
    container.withCopyArchivesToContainer([{ tar: Readable.from(archiveLinks(links)), target: "/" }]);
  }
  if (options.cmd !== undefined) container.withCommand([...options.cmd]);
  if (options.entrypoint !== undefined) container.withEntrypoint([...options.entrypoint]);
  if (options.user !== undefined) container.withUser(options.user);
  if (options.workingDir !== undefined) container.withWorkingDir(options.workingDir);
  if (options.capAdd !== undefined) container.withAddedCapabilities(...options.capAdd);
  if (options.capDrop !== undefined) container.withDroppedCapabilities(...options.capDrop);
  if (options.securityOpt !== undefined) container.withSecurityOpt(...options.securityOpt);
  if (options.tmpfs !== undefined) container.withTmpFs(options.tmpfs);
  if (options.binds !== undefined) container.withBindMounts([...options.binds]);
  if (options.ports !== undefined) container.withExposedPorts(...options.ports);
  if (options.networkMode !== undefined) container.withNetworkMode(options.networkMode);
  if (options.hostname !== undefined) container.withHostname(options.hostname);
  if (options.ulimits !== undefined) container.withUlimits(options.ulimits);
  return container;
}

/** The text of a regular file, taken out through the engine, so that it works without a shell inside. */
async function readFileOut(container: Docker.Container, path: string): Promise<string> {
  const archive = await container.getArchive({ path });
  return readFirstFile(await buffer(archive)).toString();
}

function openConnection(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/** Starts a container. It runs when this resolves; what it does then is to be waited for with `event`. */
export async function startContainer(options: StartOptions = {}): Promise<UsherContainer> {
  // Set by the global set-up of the container tests; a container started by hand belongs to no run.
  const run = process.env["USHER_TEST_RUN"] ?? "none";
  const started = await configure(options, run).start();
  return watchContainer(started.getId(), started.getName(), options.tty ?? false);
}

/** The same for a container that somebody else has started, Compose for instance. */
export async function watchContainer(id: string, name: string, tty: boolean): Promise<UsherContainer> {
  const docker = (await engine()).getContainer(id);
  const log = new Log();
  let killedAt: number | undefined;
  let removed: Promise<void> | undefined;
  const remove = (): Promise<void> => {
    // Also when it is already gone.
    removed ??= docker.remove({ force: true, v: true }).then(undefined, (error: { statusCode?: number }) => {
      if (error.statusCode !== 404) throw error;
    });
    return removed;
  };
  await follow(docker, log, tty);
  const inspected = await docker.inspect();
  const networks = Object.values(inspected.NetworkSettings.Networks);
  const address = networks.map((network) => network.IPAddress).find((ip) => ip !== "") ?? "";

  const exited = async (): Promise<Exit> => {
    const { StatusCode } = (await docker.wait()) as { StatusCode: number };
    const sinceKillMs = killedAt === undefined ? undefined : performance.now() - killedAt;
    await log.ended;
    const { State } = await docker.inspect();
    const ranMs = Date.parse(State.FinishedAt) - Date.parse(State.StartedAt);
    return { exitCode: StatusCode, oomKilled: State.OOMKilled, ranMs, sinceKillMs };
  };
  const runOrThrow = async (command: string | readonly string[], how?: ExecOptions): Promise<string> => {
    const result = await exec(docker, command, how);
    if (result.exitCode !== 0) {
      throw new Error(
        `${JSON.stringify(command)} ended with ${result.exitCode}: ${result.stderr}${result.stdout}`,
      );
    }
    return result.stdout;
  };
  const open = (port: number): Promise<Socket> => openConnection(address, port);

  return {
    id,
    name,
    log,
    docker,
    address,
    booted: async () => {
      await log.record(isBootFinished, { timeout: 20_000 });
    },
    event: (matches, how) => log.record(matches, how),
    line: (matches, how) => log.line(matches, how),
    exec: (command, how) => exec(docker, command, how),
    run: runOrThrow,
    kill: async (signal) => {
      killedAt = performance.now();
      await docker.kill({ signal });
    },
    stop: async (seconds) => {
      killedAt = performance.now();
      await docker.stop({ t: seconds });
      return exited();
    },
    exited,
    connect: open,
    request: async (port, data, timeout = 15_000) => {
      const socket = await open(port);
      socket.setTimeout(timeout, () =>
        socket.destroy(new Error(`no answer from port ${port} in ${timeout} ms`)),
      );
      if (data !== undefined) socket.end(data);
      return text(socket);
    },
    mappedPort: async (port) => {
      const { NetworkSettings } = await docker.inspect();
      return Number(NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort);
    },
    readFile: (path) => readFileOut(docker, path),
    readJson: async <T>(path: string) => JSON.parse(await readFileOut(docker, path)) as T,
    processes: async () => {
      const table = await runOrThrow(["ps", "-eo", "pid=,ppid=,stat=,user:32=,args="]);
      return [...table.matchAll(/^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.*)$/gm)]
        .map(([, pid, ppid, state = "", user = "", args = ""]) => {
          return { pid: Number(pid), ppid: Number(ppid), state, user, args };
        })
        .filter(({ args }) => !args.startsWith("ps -eo"));
    },
    remove,
    [Symbol.asyncDispose]: remove,
  };
}
