/**
 * The descriptors of all socket units, and what arrives on them.
 *
 * PID 1 owns the listening sockets for as long as their unit is up; services get duplicates at exec. Each descriptor
 * is polled only while the engine watches the unit. With Accept=yes connections are accepted here and kept, as
 * systemd keeps them, until the engine says that their instance is gone.
 *
 * O_NONBLOCK belongs to the open file description, which a service shares: it is set whenever polling begins, since a
 * service that ran in between may have cleared it, and an accept() that blocks would stop PID 1.
 */

import { ok, type Result } from "../../base/result.ts";
import type { Address, Native } from "../../host/native.ts";
import { POLL_IN } from "../../host/native.ts";
import type { SocketUnit } from "../../unit/model.ts";
import { isExhausted } from "./accept-pause.ts";
import { type ConnectionIdentity, connectionIdentity } from "./connection-identity.ts";
import type { HandedSocket, HandedSockets } from "./handed-sockets.ts";
import {
  closeSocketUnit,
  type OpenedSocket,
  type OpenFailure,
  openSocketUnit,
  type SocketOwner,
} from "./socket-open.ts";
import { applySocketOptions, hasSocketOptions } from "./socket-options.ts";

const EAGAIN = -11;
const EINTR = -4;
const ECONNABORTED = -103;

/** Connections taken from one listener in one turn, so that a flood leaves time for everything else. */
const ACCEPT_BATCH = 64;

/** Datagrams or connections thrown away in one flush at most. */
const FLUSH_LIMIT = 1024;

export interface SocketEvents {
  incoming(unit: string, listener: number): void;
  accepted(unit: string, listener: number, fd: number, identity: ConnectionIdentity): void;
  acceptFailed(unit: string, code: number): void;
  /** There are no descriptors left: the connections wait in the kernel until `retry` is called, in a while. */
  exhausted(unit: string, listener: number, code: number, retry: () => void): void;
}

interface SocketEntry {
  unit: SocketUnit;
  readonly fds: readonly number[];
  watched: boolean;
  /** A service may have had its hands on it. */
  used: boolean;
  readonly paused: Set<number>;
  /** Listeners whose options are set on each connection too. */
  readonly withOptions: ReadonlySet<number>;
}

/** Opened before anything else was loaded, by the unit's name. */
export type AheadSockets = Map<string, OpenedSocket & { readonly unit: SocketUnit }>;

export interface SocketTable {
  /** Closes what was opened ahead and not taken over, and what was handed to usher and nobody took; returns the latter. */
  closeUnclaimed(): readonly HandedSocket[];
  open(unit: SocketUnit, owner: SocketOwner): Result<readonly string[], OpenFailure>;
  close(unit: SocketUnit): void;
  watch(unit: SocketUnit): void;
  unwatch(name: string): void;
  pause(name: string, listener: number): void;
  resume(name: string, listener: number): void;
  flush(name: string): void;
  /** Descriptors in unit-file order; empty where the unit isn't open. */
  descriptors(name: string): readonly number[];
  /** As if a connection had come in the queue of this listening socket. */
  tellIncoming(fd: number): void;
  /** What a descriptor is bound to now (port 0 resolved). */
  address(fd: number): Address | null;
}

/** `ahead`: sockets that the boot opened before their units were started; `open` takes them over. */
export function createSocketTable(
  host: Native,
  events: SocketEvents,
  ahead: AheadSockets,
  handed: HandedSockets,
): SocketTable {
  const entries = new Map<string, SocketEntry>();

  const poll = (entry: SocketEntry, listener: number): void => {
    const fd = entry.fds[listener];
    if (fd === undefined) return;
    host.unwatch(fd);
    if (!entry.watched || entry.paused.has(listener)) return;
    host.setNonblock(fd, true);
    host.watch(fd, POLL_IN, () => {
      if (!acceptsConnections(entry.unit, listener)) {
        events.incoming(entry.unit.name, listener);
        return;
      }
      const code = acceptAll(host, entry, listener, events);
      if (!isExhausted(code)) return;
      host.unwatch(fd);
      events.exhausted(entry.unit.name, listener, code, () => {
        if (entries.get(entry.unit.name) === entry) poll(entry, listener);
      });
    });
  };
  const pollAll = (entry: SocketEntry): void => {
    for (const listener of entry.fds.keys()) poll(entry, listener);
  };

  return {
    closeUnclaimed() {
      for (const { unit, fds } of ahead.values()) closeSocketUnit(host, unit.socket, fds);
      ahead.clear();
      return handed.closeRest();
    },
    open(unit, owner) {
      const claimed = ahead.get(unit.name);
      ahead.delete(unit.name);
      const opened = claimed === undefined ? openSocketUnit(host, unit, owner, handed) : ok(claimed);
      if (!opened.ok) return opened;
      entries.set(unit.name, {
        unit,
        fds: opened.value.fds,
        watched: false,
        used: false,
        paused: new Set(),
        withOptions: listenersWithOptions(unit),
      });
      return ok(opened.value.warnings);
    },
    close(unit) {
      const entry = entries.get(unit.name);
      if (entry === undefined) return;
      for (const fd of entry.fds) host.unwatch(fd);
      closeSocketUnit(host, unit.socket, entry.fds);
      entries.delete(unit.name);
    },
    watch(unit) {
      const entry = entries.get(unit.name);
      if (entry === undefined) return;
      entry.unit = unit;
      entry.watched = true;
      if (entry.used) listenAgain(host, entry);
      pollAll(entry);
    },
    unwatch(name) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      entry.watched = false;
      entry.used = true;
      pollAll(entry);
    },
    pause(name, listener) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      entry.paused.add(listener);
      poll(entry, listener);
    },
    resume(name, listener) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      entry.paused.delete(listener);
      poll(entry, listener);
    },
    flush(name) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      for (const [listener, fd] of entry.fds.entries())
        flushOne(host, fd, listensForConnections(entry.unit, listener));
    },
    descriptors: (name) => entries.get(name)?.fds ?? [],
    tellIncoming(fd) {
      for (const { unit, fds, watched } of entries.values())
        if (watched && fds.includes(fd)) events.incoming(unit.name, fds.indexOf(fd));
    },
    address(fd) {
      const address = host.localAddress(fd);
      return typeof address === "number" ? null : address;
    },
  };
}

/** A service may have set a backlog of its own, or have shut the socket down as it ended, for all who share it. */
function listenAgain(host: Native, { unit, fds }: SocketEntry): void {
  for (const [listener, fd] of fds.entries())
    if (listensForConnections(unit, listener)) host.listen(fd, Math.min(unit.socket.backlog, 0x7fffffff));
}

function listensForConnections(unit: SocketUnit, listener: number): boolean {
  const kind = unit.socket.listeners[listener]?.kind;
  return kind === "stream" || kind === "seqpacket";
}

function acceptsConnections(unit: SocketUnit, listener: number): boolean {
  return unit.socket.accept && listensForConnections(unit, listener);
}

function listenersWithOptions(unit: SocketUnit): ReadonlySet<number> {
  const { accept, listeners } = unit.socket;
  const found = new Set<number>();
  if (!accept) return found;
  for (const [index, listener] of listeners.entries())
    if (hasSocketOptions(unit.socket, listener)) found.add(index);
  return found;
}

/** What the kernel refuses was said when the listener was opened. */
function applyConnectionOptions(host: Native, fd: number, entry: SocketEntry, index: number): void {
  const listener = entry.unit.socket.listeners[index];
  if (listener !== undefined) applySocketOptions(host, fd, entry.unit.socket, listener, []);
}

/** What kept it from going on, or 0. */
function acceptAll(host: Native, entry: SocketEntry, listener: number, events: SocketEvents): number {
  const { name } = entry.unit;
  for (let taken = 0; taken < ACCEPT_BATCH; taken++) {
    const listening = entry.fds[listener];
    if (listening === undefined || !entry.watched || entry.paused.has(listener)) return 0;
    const fd = host.accept(listening, false);
    if (fd === ECONNABORTED || fd === EINTR) continue;
    if (fd === EAGAIN) return 0;
    if (fd < 0) {
      if (!isExhausted(fd)) events.acceptFailed(name, fd);
      return fd;
    }
    if (entry.withOptions.has(listener)) applyConnectionOptions(host, fd, entry, listener);
    events.accepted(name, listener, fd, connectionIdentity(host, fd));
  }
  return 0;
}

function flushOne(host: Native, fd: number, accepts: boolean): void {
  host.setNonblock(fd, true);
  for (let count = 0; count < FLUSH_LIMIT; count++) {
    if (!accepts) {
      const bytes = host.receiveBytes(fd, 65536);
      if (typeof bytes === "number") return;
      continue;
    }
    const connection = host.accept(fd, true);
    if (connection < 0) return;
    host.close(connection);
  }
}
