/**
 * The `System` of the tools, made from the C host.
 *
 * Descriptors opened here live as long as the tool does unless they are closed. Output is kept until the reader takes
 * it: a tool may wait, init may not.
 */
import { err, ok, type Result } from "../base/result.ts";
import type { Usec } from "../base/time.ts";
import type { Transport } from "../control/client.ts";
import { addressText } from "../host/address-text.ts";
import type { After } from "../host/dns-sockets.ts";
import { describe } from "../host/errno.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  type Code,
  type FileKind as HostFileKind,
  type Native,
  POLL_ERROR,
  POLL_HANGUP,
  POLL_IN,
  POLL_OUT,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  type SpawnRequest,
} from "../host/native.ts";
import type { SocketAddress } from "../unit/model.ts";
import { parseSocketAddress } from "../unit/value/socket-address.ts";
import type { Network } from "./proxy/network.ts";
import {
  type Clock,
  EINVAL,
  type Errno,
  type FileEntry,
  type FileKind,
  type Files,
  type ListenKind,
  type Output,
  type Processes,
  type RunRequest,
  type System,
  type UnitReader,
} from "./system.ts";

const SIGINT = 2;
const SIGCHLD = 17;
/** Signals that end a tool when nothing it runs wants them: HUP, INT, QUIT, TERM. */
const ENDING: readonly number[] = [1, SIGINT, 3, 15];
const EAGAIN = -11;
const EAFNOSUPPORT = -97;
const ENOBUFS = -105;
const ETIME = 62;
const FILE_MAX = 16 * 1024 * 1024;
const READ_MAX = 64 * 1024;
const OUTPUT_MAX = 256 * 1024 * 1024;
const DEFAULT_COLUMNS = 80;
const DRAIN_STEP_USEC: Usec = 10_000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const LISTEN_BACKLOG = 4096;

/** What the tools' entry gets besides: how to end when all output is taken. */
export interface NativeTool {
  readonly system: System;
  /** Waits until the reader has taken everything, then ends the process. */
  finish(status: number): Promise<void>;
}

/** What other layers give to the tools. */
export interface ToolParts {
  readonly openNetwork: (after: After) => Network;
  readonly unitReader: UnitReader | null;
}

export function createNativeTool(host: Native, parts: ToolParts): NativeTool {
  host.setScriptLimits(0, 0, 0);
  host.setOutLimit(OUTPUT_MAX);
  const after = createAlarms(host);
  const sleep: Sleep = (usec) => new Promise((resolve) => void after(usec, resolve));
  const children = createChildren(host);
  const { uid } = host.identity();
  const program = host.readlink("/proc/self/exe");
  return {
    system: {
      args: host.argv.slice(1),
      programPath: typeof program === "string" ? program : "/usr/bin/usher",
      environment: host.environ,
      uid,
      pid: host.pid,
      parentPid: host.getppid(),
      hostName: host.uname()[1] ?? "localhost",
      inheritedFds: host.inheritedFds,
      versions: host.versions,
      files: createFiles(host),
      clock: createClock(host),
      output: createOutput(host),
      processes: createProcesses(host, children, sleep),
      connect: (path) => connect(host, path),
      explain: (errno) => describe(-errno).replace(/ \([A-Z0-9]+\)$/, ""),
      openNetwork: () => parts.openNetwork(after),
      unitReader: parts.unitReader,
      sleep,
    },
    async finish(status) {
      while (host.outPending(1) + host.outPending(2) > 0) await sleep(DRAIN_STEP_USEC);
      host.exit(status);
    },
  };
}

/** A result code as a value. */
function result(code: Code): Result<number, Errno> {
  return code < 0 ? err(-code) : ok(code);
}

function done(code: Code): Result<null, Errno> {
  return code < 0 ? err(-code) : ok(null);
}

// -------------------------------------------------------------------------------------------------------------- files

const KINDS: Readonly<Partial<Record<HostFileKind, FileKind>>> = {
  file: "file",
  directory: "directory",
  link: "link",
};

function createFiles(host: Native): Files {
  const data = <T extends object | string>(value: T | number): Result<T, Errno> =>
    typeof value === "number" ? err(-value) : ok(value);
  return {
    read: (path) => data(host.readFile(path, FILE_MAX)),
    list(path) {
      const entries = host.listDirectory(path);
      if (typeof entries === "number") return err(-entries);
      const known = entries.map(({ name, kind }): FileEntry => ({ name, kind: KINDS[kind] ?? "other" }));
      return ok(known.sort((a, b) => (a.name < b.name ? -1 : 1)));
    },
    kind(path) {
      const status = host.lstat(path);
      return typeof status === "number" ? err(-status) : ok(KINDS[status.kind] ?? "other");
    },
    exists: (path) => host.access(path, 0) >= 0,
    isExecutable: (path) => host.access(path, 1) >= 0,
    readLink: (path) => data(host.readlink(path)),
    resolve: (path) => data(host.realpath(path)),
    symlink: (target, path) => done(host.symlink(target, path)),
    unlink: (path) => done(host.unlink(path)),
    makeDirectory: (path) => done(host.mkdir(path, 0o755)),
    removeDirectory: (path) => done(host.rmdir(path)),
  };
}

function createClock(host: Native): Clock {
  return {
    realtime: () => host.realtime(),
    monotonic: () => host.monotonic(),
    zone: (at) => ({ minutes: host.utcOffset(at), name: host.zoneName(at) }),
  };
}

function createOutput(host: Native): Output {
  const write = (stream: number, text: string): void => {
    const code = host.writeOut(stream, text);
    // Nobody reads any more ("usherctl logs -f | head"): there is nothing left to do.
    if (code < 0 && code !== ENOBUFS) host.exit(0);
  };
  const outIsTerminal = host.isatty(1);
  return {
    write: (text) => write(1, text),
    writeError: (text) => write(2, text),
    // An error on the writing end of a pipe: its reader has gone. A regular file can't be watched and needn't.
    endWithReader: () => void host.watch(1, POLL_ERROR, () => host.exit(0)),
    outIsTerminal,
    errorIsTerminal: host.isatty(2),
    columns: outIsTerminal ? terminalColumns(host) : null,
  };
}

function terminalColumns(host: Native): number {
  const given = host.environ.find((one) => one.startsWith("COLUMNS="))?.slice("COLUMNS=".length) ?? "";
  return /^[1-9]\d{0,3}$/.test(given) ? Number(given) : DEFAULT_COLUMNS;
}

// ------------------------------------------------------------------------------------------------------------ sockets

function connect(host: Native, path: string): Result<Transport, Errno> {
  const fd = host.socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return err(-fd);
  const connected = host.connect(fd, { family: "unix", path });
  if (connected < 0) {
    host.close(fd);
    return err(-connected);
  }
  host.setNonblock(fd, true);
  return ok(createTransport(host, fd));
}

function createTransport(host: Native, fd: number): Transport {
  let waiting = "";
  let open = true;
  let receive: (bytes: string | null) => void = () => undefined;
  const close = (): void => {
    if (!open) return;
    open = false;
    host.unwatch(fd);
    host.close(fd);
  };
  const flush = (): void => {
    const sent = host.sendBytes(fd, waiting);
    if (sent > 0) waiting = waiting.slice(sent);
    host.rewatch(fd, waiting === "" ? POLL_IN : POLL_IN | POLL_OUT);
  };
  const read = (): void => {
    const bytes = host.receiveBytes(fd, READ_MAX);
    if (bytes === EAGAIN) return;
    const ended = typeof bytes === "number" || bytes === "";
    if (ended) close();
    receive(ended ? null : bytes);
  };
  host.watch(fd, POLL_IN, (events) => {
    if ((events & POLL_OUT) !== 0) flush();
    if (open && (events & ~POLL_OUT) !== 0) read();
  });
  return {
    write(bytes) {
      waiting += bytes;
      flush();
    },
    onData(callback) {
      receive = callback;
    },
    close,
  };
}

const SOCKET_TYPES: Readonly<Record<ListenKind, number>> = {
  stream: SOCK_STREAM,
  datagram: SOCK_DGRAM,
  seqpacket: SOCK_SEQPACKET,
};

function listen(host: Native, text: string, kind: ListenKind): Result<number, Errno> {
  const parsed = parseSocketAddress(text);
  if (parsed === undefined) return err(EINVAL);
  const first = tryListen(host, bindAddress(parsed, "inet6"), kind);
  const withoutIpv6 = !first.ok && parsed.family === "any" && -first.error === EAFNOSUPPORT;
  return withoutIpv6 ? tryListen(host, bindAddress(parsed, "inet"), kind) : first;
}

function bindAddress(address: SocketAddress, anyFamily: "inet" | "inet6"): Address {
  switch (address.family) {
    case "any":
      return { family: anyFamily, host: anyFamily === "inet" ? "0.0.0.0" : "::", port: address.port };
    case "inet":
      return { family: "inet", host: address.host, port: address.port };
    case "inet6":
      return { family: "inet6", host: address.host, port: address.port };
    case "unix":
      return { family: "unix", path: address.path };
    case "unix-abstract":
      return { family: "unix", path: `@${address.name}` };
    case "vsock":
      return address;
  }
}

function tryListen(host: Native, address: Address, kind: ListenKind): Result<number, Errno> {
  const domain = address.family === "unix" ? AF_UNIX : address.family === "inet" ? AF_INET : AF_INET6;
  const fd = host.socket(domain, SOCKET_TYPES[kind], 0);
  if (fd < 0) return err(-fd);
  host.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // A path that a dead server left is taken over, as systemd does.
  if (address.family === "unix" && address.path.startsWith("/")) host.unlink(address.path);
  const bound = host.bind(fd, address);
  const code = bound < 0 || kind === "datagram" ? bound : host.listen(fd, LISTEN_BACKLOG);
  if (code >= 0) return ok(fd);
  host.close(fd);
  return err(-code);
}

function nameOf(address: Address | Code): string {
  return typeof address === "number" ? "" : addressText(address);
}

// ---------------------------------------------------------------------------------------------------------- processes

type Sleep = (usec: Usec) => Promise<void>;

interface Alarm {
  readonly at: Usec;
  readonly ring: () => void;
}

/** Any number of alarms on the loop's one timer; the function returned takes one back. */
function createAlarms(host: Native): After {
  let alarms: readonly Alarm[] = [];
  const arm = (): void => {
    host.setTimer(alarms.length === 0 ? 0 : Math.min(...alarms.map(({ at }) => at)));
  };
  host.onTimer(() => {
    const now = host.monotonic();
    const due = alarms.filter(({ at }) => at <= now);
    alarms = alarms.filter(({ at }) => at > now);
    for (const { ring } of due) ring();
    arm();
  });
  return (usec, ring) => {
    const alarm: Alarm = { at: host.monotonic() + usec, ring };
    alarms = [...alarms, alarm];
    arm();
    return () => {
      alarms = alarms.filter((one) => one !== alarm);
    };
  };
}

type OnEnd = (pid: number, status: number, signal: number | null) => void;

interface Children {
  onEnd(callback: OnEnd): void;
  /** Signals go to this child instead of ending the tool. */
  passSignalsTo(pid: number): void;
}

const CLD_EXITED = 1;
const SIGNAL_EXIT_BASE = 128;

function createChildren(host: Native): Children {
  const callbacks: OnEnd[] = [];
  let heir = 0;
  host.onSignal((signal) => {
    if (signal === SIGCHLD) {
      host.reap((pid, code, status) => {
        const exited = code === CLD_EXITED;
        for (const callback of callbacks)
          callback(pid, exited ? status : SIGNAL_EXIT_BASE + status, exited ? null : status);
      });
    } else if (heir > 0) host.kill(heir, signal);
    else if (ENDING.includes(signal)) host.exit(SIGNAL_EXIT_BASE + signal);
  });
  return {
    onEnd: (callback) => void callbacks.push(callback),
    passSignalsTo(pid) {
      heir = pid;
    },
  };
}

function createProcesses(host: Native, children: Children, sleep: Sleep): Processes {
  return {
    spawn: (request) => spawn(host, request),
    onChildEnd: (callback) => children.onEnd(callback),
    runInstead(request) {
      const started = spawn(host, request);
      if (!started.ok) return Promise.resolve(started);
      children.passSignalsTo(started.value);
      return new Promise((resolve) => {
        children.onEnd((pid, status) => {
          if (pid === started.value) resolve(ok(status));
        });
      });
    },
    sendDatagram: (datagram) => sendTo(host, datagram.to, datagram.text, datagram.fds, datagram.asPid),
    barrier: (to, timeout) => waitForBarrier(host, sleep, to, timeout),
    listen: (address, kind) => listen(host, address, kind),
    accept: (fd) => result(host.accept(fd, false)),
    peerName: (fd) => nameOf(host.peerAddress(fd)),
    readable: (fds) => waitReadable(host, fds),
    close: (fd) => void host.close(fd),
  };
}

function spawn(host: Native, request: RunRequest): Result<number, Errno> {
  const [file = ""] = request.argv;
  const path = request.environment.find((one) => one.startsWith("PATH="))?.slice("PATH=".length);
  const standard = request.standard;
  const fds = standard === null ? [0, 1, 2, ...request.passed] : [standard, standard, 2];
  const call: SpawnRequest = {
    file,
    argv: request.argv,
    env: request.environment,
    pidEnv: request.pidVariables,
    fds,
    leader: "none",
    inheritSignals: true,
    ...(path === undefined ? {} : { searchPath: path }),
  };
  const started = host.spawn(call);
  if (started.pid < 0) return err(-started.pid);
  return started.stage === 0 ? ok(started.pid) : err(started.errno);
}

function sendTo(
  host: Native,
  to: string,
  text: string,
  fds: readonly number[],
  asPid: number,
): Result<null, Errno> {
  const fd = host.socket(AF_UNIX, SOCK_DGRAM, 0);
  if (fd < 0) return err(-fd);
  const sent = host.sendMessage(fd, text, { family: "unix", path: to }, fds, asPid);
  host.close(fd);
  return done(sent);
}

/** The manager closes the pipe's end that BARRIER=1 carries when it has read everything before it. */
async function waitForBarrier(
  host: Native,
  sleep: Sleep,
  to: string,
  timeout: Usec,
): Promise<Result<null, Errno>> {
  const pipe = host.pipe();
  if (typeof pipe === "number") return err(-pipe);
  const [reader, writer] = pipe;
  const sent = sendTo(host, to, "BARRIER=1", [writer], 0);
  host.close(writer);
  if (!sent.ok) return sent;
  const closed = new Promise<boolean>((resolve) => {
    host.watch(reader, POLL_IN | POLL_HANGUP, () => {
      host.unwatch(reader);
      resolve(true);
    });
  });
  const inTime = await Promise.race([closed, sleep(timeout).then(() => false)]);
  return inTime ? ok(null) : err(ETIME);
}

function waitReadable(host: Native, fds: readonly number[]): Promise<number> {
  return new Promise((resolve) => {
    for (const fd of fds) {
      host.watch(fd, POLL_IN, () => {
        for (const one of fds) host.unwatch(one);
        resolve(fd);
      });
    }
  });
}
