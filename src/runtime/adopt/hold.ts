/**
 * HoldUntilReady= of [X-Usher]: nobody meets a service that accepts before it can serve ("the database system is
 * starting up"), nor one that still accepts while it stops.
 *
 * Each of its listening sockets H gets a diversion D, a second listener of the same address:
 *
 *     holding   new connections go to D and stay in its queue; what waited in H is accepted and kept in `waiting`.
 *               The program may have H all the while: nobody comes.
 *     passing   new connections go to H, straight to the program. Those that were held are accepted here and
 *               spliced to it for their lifetime.
 *     down      new connections go to H and wake the service as ever; so do those that are still held.
 *
 * For TCP, H and D are a reuseport group, and a classic filter on the group says which of them a connection goes to:
 * no privilege is needed, and it changes at once. For Unix sockets the path is renamed from one to the other; abstract
 * names can't be diverted.
 *
 * Why not give the program a stand-in and keep H back: the program's socket would then end with the program, with
 * whatever is in its queue. So the program has the real one, and only the few that came too early are spliced. They
 * reach the program from the container's own address, which is told in the manual.
 */
import { describe } from "../../host/errno.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  type Native,
  POLL_IN,
  POLL_OUT,
  SOCK_STREAM,
} from "../../host/native.ts";
import type { Log } from "../log/log.ts";
import {
  assemble,
  type Instruction,
  LOAD_BYTE,
  LOAD_WORD,
  NETWORK_HEADER,
  RETURN,
  SHIFT_RIGHT,
  SKIP_UNLESS_EQUAL,
} from "../socket/socket-filter.ts";
import { hiddenName } from "../socket/spare-name.ts";
import type { HeldSocket } from "./adopt-match.ts";

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const SOL_IPV6 = 41;
const IPV6_V6ONLY = 26;
const BACKLOG = 4096;
const EINPROGRESS = -115;
const EAGAIN = -11;
const EOPNOTSUPP = -95;

/** Where ReadyCheck=tcp: and http: come from, so that they reach the program while everybody else is held. */
export const CHECK_SOURCE = "127.83.115.104";
const CHECK_SOURCE_NUMBER = 0x7f537368;

const TO_PROGRAM: readonly Instruction[] = [[RETURN, 0, 0, 0]];
const TO_DIVERSION: readonly Instruction[] = [
  [LOAD_BYTE, 0, 0, NETWORK_HEADER],
  [SHIFT_RIGHT, 0, 0, 4],
  [SKIP_UNLESS_EQUAL, 0, 3, 4],
  [LOAD_WORD, 0, 0, NETWORK_HEADER + 12],
  [SKIP_UNLESS_EQUAL, 0, 1, CHECK_SOURCE_NUMBER],
  [RETURN, 0, 0, 0],
  [RETURN, 0, 0, 1],
];

export interface Hold {
  /** Before the service is spawned. */
  begin(service: string, sockets: readonly HeldSocket[]): void;
  /** The service has a new state. */
  follow(service: string, active: string, sub: string): void;
  /** Do new connections to it go elsewhere just now? */
  isHoldingBack(fd: number): boolean;
  /** Does somebody wait for the service of this listening socket, who is no longer in its queue? */
  isAwaited(fd: number): boolean;
  /** Before a socket unit closes these. */
  drop(fds: readonly number[]): void;
}

interface Diversion {
  readonly held: HeldSocket;
  readonly fd: number;
  service: string;
  /** Accepted, and not passed on yet. */
  waiting: number[];
  holding: boolean;
}

export function createHold(host: Native, log: Log, awaited: (fd: number) => void): Hold {
  const diversions = new Map<number, Diversion>();

  const take = (one: Diversion, from: number): void => {
    host.setNonblock(from, true);
    for (let fd = host.accept(from, true); fd !== EAGAIN && fd > -1; fd = host.accept(from, true))
      one.waiting.push(fd);
  };
  const hold = (one: Diversion): void => {
    host.unwatch(one.fd);
    one.holding = true;
    steer(host, one, true);
  };
  const pass = (one: Diversion): void => {
    one.holding = false;
    steer(host, one, false);
    const passOn = (): void => {
      take(one, one.fd);
      for (const client of one.waiting.splice(0)) connectOn(host, one.held.address, client);
    };
    passOn();
    host.unwatch(one.fd);
    host.watch(one.fd, POLL_IN, passOn);
  };
  const down = (one: Diversion): void => {
    one.holding = false;
    steer(host, one, false);
    const wake = (): void => {
      take(one, one.fd);
      if (one.waiting.length > 0) awaited(one.held.fd);
    };
    host.unwatch(one.fd);
    host.watch(one.fd, POLL_IN, wake);
    wake();
  };

  return {
    begin(service, sockets) {
      for (const held of sockets) {
        const known = diversions.get(held.fd);
        const fd = known?.fd ?? divert(host, held);
        if (fd < 0) {
          log.write(
            "warn",
            service,
            `HoldUntilReady=: cannot hold connections back: ${describe(fd)}, ignoring`,
          );
          continue;
        }
        const one = known ?? { held, fd, service, waiting: [], holding: false };
        one.service = service;
        diversions.set(held.fd, one);
        hold(one);
        take(one, held.fd);
      }
    },
    follow(service, active, sub) {
      for (const one of diversions.values()) {
        if (one.service !== service) continue;
        if (active === "active" || sub === "start-post") pass(one);
        else if (active === "deactivating") hold(one);
        else if (active !== "activating" || sub.startsWith("auto-restart")) down(one);
      }
    },
    isHoldingBack: (fd) => diversions.get(fd)?.holding === true,
    isAwaited: (fd) => (diversions.get(fd)?.waiting.length ?? 0) > 0,
    drop(fds) {
      for (const fd of fds) {
        const one = diversions.get(fd);
        if (one === undefined) continue;
        diversions.delete(fd);
        host.unwatch(one.fd);
        host.close(one.fd);
        for (const client of one.waiting) host.close(client);
        if (one.held.address.family === "unix") host.unlink(hiddenName(one.held.address.path, "held"));
      }
    },
  };
}

/** Makes D; a socket that listens may join a reuseport group after the fact. */
function divert(host: Native, { fd, kind, address }: HeldSocket): number {
  if (kind !== "stream") return EOPNOTSUPP;
  if (address.family === "unix") return divertPath(host, address.path);
  if (address.family !== "inet" && address.family !== "inet6") return EOPNOTSUPP;
  const joined = host.setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (joined < 0) return joined;
  const other = host.socket(address.family === "inet" ? AF_INET : AF_INET6, SOCK_STREAM, 0);
  if (other < 0) return other;
  host.setNonblock(other, true);
  host.setOption(other, SOL_SOCKET, SO_REUSEADDR, 1);
  host.setOption(other, SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.family === "inet6")
    host.setOption(other, SOL_IPV6, IPV6_V6ONLY, host.getOption(fd, SOL_IPV6, IPV6_V6ONLY));
  return listenAs(host, other, address);
}

function divertPath(host: Native, path: string): number {
  const name = hiddenName(path, "held");
  const status = host.lstat(path);
  if (path.startsWith("@") || typeof status === "number") return EOPNOTSUPP;
  const fd = host.socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  host.setNonblock(fd, true);
  host.unlink(name);
  const code = listenAs(host, fd, { family: "unix", path: name });
  if (code < 0) return code;
  host.lchown(name, status.uid, status.gid);
  host.chmod(name, status.mode);
  return fd;
}

function listenAs(host: Native, fd: number, address: Address): number {
  const bound = host.bind(fd, address);
  const code = bound < 0 ? bound : host.listen(fd, BACKLOG);
  if (code >= 0) return fd;
  host.close(fd);
  return code;
}

function steer(host: Native, one: Diversion, aside: boolean): void {
  const { address } = one.held;
  if (address.family !== "unix") {
    host.setFilter(one.fd, SO_ATTACH_REUSEPORT_CBPF, assemble(aside ? TO_DIVERSION : TO_PROGRAM));
    return;
  }
  // A new name, then over the path: at every moment there is somebody at the path.
  const passing = hiddenName(address.path, "new");
  host.unlink(passing);
  if (host.link(hiddenName(address.path, aside ? "held" : "usher"), passing) >= 0)
    host.rename(passing, address.path);
  host.unlink(passing);
}

/** To the address that the client had connected to, so that the program sees whom it was meant for. */
function connectOn(host: Native, address: Address, client: number): void {
  const own = address.family === "unix" ? address : host.localAddress(client);
  if (typeof own === "number") {
    host.close(client);
    return;
  }
  const domain = own.family === "unix" ? AF_UNIX : own.family === "inet" ? AF_INET : AF_INET6;
  const fd = host.socket(domain, SOCK_STREAM, 0);
  const give = (good: boolean): void => {
    if (good) {
      host.splicePair(client, fd, () => undefined);
      return;
    }
    host.close(client);
    if (fd >= 0) host.close(fd);
  };
  host.setNonblock(fd, true);
  const code = fd < 0 ? fd : host.connect(fd, own);
  if (code !== EINPROGRESS) {
    give(code >= 0);
    return;
  }
  host.watch(fd, POLL_OUT, () => {
    host.unwatch(fd);
    give(host.socketError(fd) === 0);
  });
}
