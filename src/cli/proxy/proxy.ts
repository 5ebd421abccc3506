/**
 * The proxy at work: each connection that a listening socket gets is joined to a new one to the backend.
 *
 * A connection is `connecting` (its client waits, the backend is looked for), `waiting` (the backend was not there yet
 * and is tried again), or `spliced` (the kernel moves the bytes; nothing is left to decide). It ends when both sides
 * have, when its client goes away, or when the backend was not there in time.
 *
 * A backend that still starts is waited for: a Unix one by inotify on its folder, since the file appears when it is
 * bound; all others, and the moment between bind() and listen(), by a timer that backs off. All waiting connections
 * share both.
 */
import { err, ok, type Result } from "../../base/result.ts";
import { USEC_INFINITY, USEC_PER_MSEC, type Usec } from "../../base/time.ts";
import { ECONNREFUSED, ENOENT, type Errno } from "../system.ts";
import type { Backend } from "./backend.ts";
import type { Cancel, Network, Target } from "./network.ts";

export interface ProxySettings {
  readonly backend: Backend;
  readonly connectionsMax: number;
  /** How long there may be no connection; infinite: for ever. */
  readonly idleUsec: Usec;
  /** How long a connection waits for the backend; 0: not at all. */
  readonly connectUsec: Usec;
}

export interface ProxyEvents {
  /** No connection for `idleUsec`. */
  readonly onIdle: () => void;
  readonly report: (message: string) => void;
  readonly explain: (errno: Errno) => string;
}

/** Why a backend could not be connected to, and whether it makes sense to try again. */
interface Failure {
  readonly message: string;
  readonly again: boolean;
}

interface Connection {
  readonly client: number;
  /** What must be taken back when it ends before it is spliced. */
  readonly cancels: Cancel[];
  ended: boolean;
  /** Why it still waits. */
  lastFailure: string;
}

/** Nobody there yet: not bound, bound but not listening, or (a Unix socket only) its queue is full. */
const EAGAIN: Errno = 11;
const NOT_YET: readonly Errno[] = [ECONNREFUSED, ENOENT, EAGAIN];

const FIRST_DELAY: Usec = USEC_PER_MSEC;
const LONGEST_DELAY: Usec = 200 * USEC_PER_MSEC;

const TIMED_OUT = "Failed to connect to remote host: Connection timed out";

/** Connections taken at a time, so that a flood leaves time for those that are there. */
const ACCEPT_BATCH = 32;

const EMFILE: Errno = 24;
const ENFILE: Errno = 23;
const ENOBUFS: Errno = 105;
const ENOMEM: Errno = 12;
const NO_ROOM: readonly Errno[] = [EMFILE, ENFILE, ENOBUFS, ENOMEM];
const ROOM_DELAY: Usec = 1000 * USEC_PER_MSEC;

/** What a connection may end with that is nobody's fault: EPIPE, ECONNRESET. */
const HUNG_UP: readonly Errno[] = [32, 104];

interface Proxy {
  readonly network: Network;
  readonly settings: ProxySettings;
  readonly events: ProxyEvents;
  readonly connections: Set<Connection>;
  readonly retry: Retry;
  cancelIdle: Cancel;
  /** Connections were refused since there was room last; said once. */
  full: boolean;
}

export function runProxy(
  network: Network,
  listeners: readonly number[],
  settings: ProxySettings,
  events: ProxyEvents,
): void {
  const retry = createRetry(network, settings.backend, (connection) => join(proxy, connection));
  const connections = new Set<Connection>();
  const proxy: Proxy = { network, settings, events, connections, retry, cancelIdle: () => {}, full: false };
  for (const listener of listeners) network.watchListener(listener, () => acceptSome(proxy, listener));
  countIdle(proxy);
}

function acceptSome(proxy: Proxy, listener: number): void {
  const { network, events } = proxy;
  for (let taken = 0; taken < ACCEPT_BATCH; taken++) {
    const client = network.accept(listener);
    if (client.ok) {
      admit(proxy, client.value);
      continue;
    }
    // Other errors (a connection that is gone again, nothing there any more) pass by themselves.
    if (!NO_ROOM.includes(client.error)) return;
    events.report(`Failed to accept() socket: ${events.explain(client.error)}`);
    network.pauseListener(listener);
    network.after(ROOM_DELAY, () => network.resumeListener(listener));
    return;
  }
}

function admit(proxy: Proxy, client: number): void {
  const { network, settings, connections } = proxy;
  if (connections.size >= settings.connectionsMax) {
    if (!proxy.full) proxy.events.report("Hit connection limit, refusing connection.");
    proxy.full = true;
    network.close(client);
    return;
  }
  proxy.cancelIdle();
  const connection: Connection = { client, cancels: [], ended: false, lastFailure: TIMED_OUT };
  connections.add(connection);
  connection.cancels.push(network.watchHangUp(client, () => giveUp(proxy, connection, null)));
  if (settings.connectUsec > 0 && settings.connectUsec < USEC_INFINITY) {
    const late = (): void => giveUp(proxy, connection, connection.lastFailure);
    connection.cancels.push(network.after(settings.connectUsec, late));
  }
  void join(proxy, connection);
}

/** Looks for the backend and splices, or waits for it, or gives up. */
async function join(proxy: Proxy, connection: Connection): Promise<void> {
  const { network, settings, retry } = proxy;
  const server = await findBackend(proxy, connection);
  if (connection.ended) {
    if (server.ok) network.close(server.value);
  } else if (server.ok) {
    retry.succeeded();
    splice(proxy, connection, server.value);
  } else if (server.error.again && settings.connectUsec > 0) {
    connection.lastFailure = server.error.message;
    retry.wait(connection);
  } else {
    giveUp(proxy, connection, server.error.message);
  }
}

/** From here on the descriptors are the network's affair. */
function splice(proxy: Proxy, connection: Connection, server: number): void {
  cancelAll(connection);
  proxy.network.splice(connection.client, server, (errno) => {
    if (errno !== 0 && !HUNG_UP.includes(errno)) {
      proxy.events.report(`Failed to splice: ${proxy.events.explain(errno)}`);
    }
    end(proxy, connection);
  });
}

function giveUp(proxy: Proxy, connection: Connection, message: string | null): void {
  if (message !== null) proxy.events.report(message);
  end(proxy, connection);
  proxy.network.close(connection.client);
}

function end(proxy: Proxy, connection: Connection): void {
  connection.ended = true;
  cancelAll(connection);
  proxy.retry.forget(connection);
  proxy.connections.delete(connection);
  proxy.full = false;
  countIdle(proxy);
}

function cancelAll(connection: Connection): void {
  for (const cancel of connection.cancels.splice(0)) cancel();
}

function countIdle(proxy: Proxy): void {
  const { network, settings, connections, events } = proxy;
  if (connections.size > 0 || settings.idleUsec >= USEC_INFINITY) return;
  proxy.cancelIdle();
  proxy.cancelIdle = network.after(settings.idleUsec, events.onIdle);
}

async function findBackend(proxy: Proxy, connection: Connection): Promise<Result<number, Failure>> {
  const targets = await findTargets(proxy.network, proxy.settings.backend);
  return targets.ok ? connectToAny(proxy, connection, targets.value) : targets;
}

async function findTargets(network: Network, backend: Backend): Promise<Result<readonly Target[], Failure>> {
  if (backend.kind === "unix") return ok([backend]);
  const { host, port } = backend;
  const resolved = await network.resolve(host);
  if (resolved.ok) return ok(resolved.value.map((address) => ({ kind: "inet", host: address, port })));
  const { kind, message } = resolved.error;
  return err({ message: `Failed to resolve host: ${message}`, again: kind === "unavailable" });
}

/** In their order. A backend that is absent at one address and unreachable at another may still come. */
async function connectToAny(
  { network, events }: Proxy,
  connection: Connection,
  targets: readonly Target[],
): Promise<Result<number, Failure>> {
  let again = false;
  let last: Errno = ECONNREFUSED;
  for (const target of targets) {
    if (connection.ended) break;
    const server = await new Promise<Result<number, Errno>>((resolve) => {
      connection.cancels.push(network.connect(target, resolve));
    });
    if (server.ok) return server;
    if (!again) last = server.error;
    again ||= NOT_YET.includes(server.error);
  }
  return err({ message: `Failed to connect to remote host: ${events.explain(last)}`, again });
}

interface Retry {
  wait(connection: Connection): void;
  forget(connection: Connection): void;
  succeeded(): void;
}

/** Tries all waiting connections again at once, when the backend's file appears or the timer says so. */
function createRetry(
  network: Network,
  backend: Backend,
  again: (connection: Connection) => Promise<void>,
): Retry {
  const waiting = new Set<Connection>();
  let delay = FIRST_DELAY;
  let timer: Cancel | null = null;
  let watch: Cancel | null = null;

  const wake = (): void => {
    timer?.();
    timer = null;
    delay = Math.min(2 * delay, LONGEST_DELAY);
    const due = [...waiting];
    waiting.clear();
    for (const connection of due) void again(connection);
  };

  return {
    wait(connection) {
      waiting.add(connection);
      // The first try after the watch is there finds what was made just before it.
      if (backend.kind === "unix" && !backend.path.startsWith("@"))
        watch ??= network.watchPath(backend.path, wake);
      timer ??= network.after(delay, wake);
    },
    forget(connection) {
      waiting.delete(connection);
      if (waiting.size > 0) return;
      timer?.();
      watch?.();
      timer = null;
      watch = null;
    },
    succeeded() {
      delay = FIRST_DELAY;
    },
  };
}
