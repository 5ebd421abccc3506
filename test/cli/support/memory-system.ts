/** A `System` in memory, its usher a `ControlBackend` behind the real server. */
import { err, ok, type Result } from "../../../src/base/result.ts";
import type { Datagram, Errno, RunRequest, System } from "../../../src/cli/system.ts";
import { ENOENT } from "../../../src/cli/system.ts";
import type { ControlBackend } from "../../../src/control/backend.ts";
import type { Transport } from "../../../src/control/client.ts";
import { type ControlSession, createControlServer } from "../../../src/control/server.ts";
import { sectionDirectives } from "../../../src/unit/directive/directive-table.ts";
import { createLoader } from "../../../src/unit/load/loader.ts";
import { FACTS } from "../../unit/facts.ts";
import { createMemoryFiles, type MemoryNode } from "./memory-files.ts";

export interface MemoryOptions {
  readonly args?: readonly string[];
  readonly environment?: readonly string[];
  readonly content?: Readonly<Record<string, MemoryNode>>;
  readonly readOnly?: boolean;
  /** null: usher doesn't run. */
  readonly backend?: ControlBackend | null;
  /** Who asks; usher itself runs as root. */
  readonly uid?: number;
  readonly columns?: number;
  readonly now?: number;
}

export interface MemorySystem {
  readonly system: System;
  out(): string;
  errors(): string;
  tree(): Readonly<Record<string, string>>;
  readonly datagrams: readonly Datagram[];
  readonly runs: readonly RunRequest[];
}

export const NOW: number = Date.UTC(2026, 10, 23, 12, 0, 0) * 1000;

export function createMemorySystem(options: MemoryOptions = {}): MemorySystem {
  let out = "";
  let errors = "";
  const datagrams: Datagram[] = [];
  const runs: RunRequest[] = [];
  const { files, tree } = createMemoryFiles(options.content ?? {}, { readOnly: options.readOnly === true });
  const uid = options.uid ?? 0;
  const server =
    options.backend == null ? null : createControlServer(options.backend, { ownUid: 0, version: "1.2.3" });
  const connect = (path: string): Result<Transport, Errno> => {
    if (server === null || path !== "/run/usher/control") return err(ENOENT);
    return ok(connectTo(server, uid));
  };
  const unsupported = (): never => {
    throw new Error("not in this test");
  };
  const system: System = {
    args: options.args ?? [],
    programPath: "/usr/bin/usher",
    environment: options.environment ?? ["PATH=/usr/bin:/bin"],
    uid,
    pid: 100,
    parentPid: 99,
    hostName: "box",
    inheritedFds: [],
    versions: { usher: "1.2.3", quickjs: "2025-04-26", toolchain: "gcc", arch: "x86_64", flavour: "release" },
    files,
    clock: {
      realtime: () => options.now ?? NOW,
      monotonic: () => 5_000_000,
      zone: () => ({ minutes: 0, name: "UTC" }),
    },
    output: {
      write: (text) => {
        out += text;
      },
      writeError: (text) => {
        errors += text;
      },
      outIsTerminal: options.columns !== undefined,
      endWithReader: () => {},
      errorIsTerminal: false,
      columns: options.columns ?? null,
    },
    processes: {
      runInstead: (request) => {
        runs.push(request);
        return Promise.resolve(ok(0));
      },
      spawn: unsupported,
      onChildEnd: unsupported,
      sendDatagram: (datagram) => {
        datagrams.push(datagram);
        return ok(null);
      },
      barrier: (to) => {
        datagrams.push({ text: "BARRIER=1", to, fds: [], asPid: 0 });
        return Promise.resolve(ok(null));
      },
      listen: (address) => (address.startsWith("bad") ? err(22) : ok(7 + Number(address.slice(-1)))),
      accept: unsupported,
      peerName: () => "",
      readable: (fds) => Promise.resolve(fds[0] ?? -1),
      close: unsupported,
    },
    openNetwork: unsupported,
    unitReader: {
      createLoader,
      specifierFacts: () => FACTS,
      directiveNames: (section) => sectionDirectives(section).map(([name]) => name),
    },
    connect,
    explain: (errno) => (errno === ENOENT ? "No such file or directory" : `error ${errno}`),
    sleep: () => Promise.resolve(),
  };
  return { system, out: () => out, errors: () => errors, tree, datagrams, runs };
}

/** Bytes straight from the client to the server and back. */
export function connectTo(server: ReturnType<typeof createControlServer>, uid: number): Transport {
  let receive: (bytes: string | null) => void = () => undefined;
  const arrived: (string | null)[] = [];
  const deliver = (bytes: string | null): void => {
    arrived.push(bytes);
    queueMicrotask(() => {
      const next = arrived.shift();
      if (next !== undefined) receive(next);
    });
  };
  let session: ControlSession | null = null;
  session = server.open({
    peer: { uid, gid: uid, pid: 4321 },
    write: (bytes) => {
      deliver(bytes);
      return bytes.length;
    },
    wantWritable: () => undefined,
    close: () => deliver(null),
  });
  return {
    write: (bytes) => session?.onData(bytes),
    onData: (callback) => {
      receive = callback;
    },
    close: () => session?.onClose(),
  };
}
