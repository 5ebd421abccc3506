/**
 * Adopted sockets (`[X-Usher] AdoptSockets=`): programs that know nothing of LISTEN_FDS bind() as always, and get
 * the socket that usher holds (mod_adopt.c says how, adopt-match.ts which).
 *
 * A start of such a service has a channel on which the child sends the descriptor of its filter; each notification
 * on that is one bind() of the service's main process or of any of its descendants. They are taken one in each turn
 * of the event loop: a program that binds without end waits for its own turn, and nobody else does.
 */
import { addressText } from "../../host/address-text.ts";
import { describe } from "../../host/errno.ts";
import { type Address, type Native, POLL_HANGUP, POLL_IN } from "../../host/native.ts";
import type { SocketUnit } from "../../unit/model.ts";
import type { Log } from "../log/log.ts";
import { fileOf } from "../socket/socket-open.ts";
import { hiddenName } from "../socket/spare-name.ts";
import { type HeldSocket, matchBind } from "./adopt-match.ts";

const EAGAIN = -11;
const ENOENT = -2;

export interface Adoption {
  /** After the start: takes the filter's descriptor from our end (which is closed), and answers from now on. */
  serve(unit: string, channel: number, held: readonly HeldSocket[]): void;
  /** Before anybody may unlink the paths of these. */
  keepNames(held: readonly HeldSocket[]): void;
  /** When the service has gone: many programs unlink their socket as they end. */
  restoreNames(unit: string): void;
  /** When a socket unit closes. */
  dropSpareNames(unit: SocketUnit): void;
}

/** `isHeldBack`: does the path of this socket lead elsewhere until the service is ready (hold.ts)? */
export function createAdoption(host: Native, log: Log, isHeldBack: (fd: number) => boolean): Adoption {
  const served = new Map<string, readonly HeldSocket[]>();
  const restore = (socket: HeldSocket): void =>
    restorePath(host, socket.address, isHeldBack(socket.fd) ? "held" : "usher");
  return {
    keepNames(held) {
      for (const { address } of held) keepSpareName(host, address);
    },
    restoreNames(unit) {
      for (const socket of served.get(unit) ?? []) restore(socket);
    },
    serve(unit, channel, held) {
      served.set(unit, held);
      const watchFilter = (filter: number): void => {
        host.watch(filter, POLL_IN, (events) => {
          if ((events & POLL_IN) !== 0) answerOne(host, log, unit, filter, held, restore);
          else if ((events & POLL_HANGUP) !== 0) {
            host.unwatch(filter);
            host.close(filter);
          }
        });
      };
      receiveFilter(host, channel, watchFilter);
    },
    dropSpareNames(unit) {
      for (const listener of unit.socket.listeners) {
        const path = "address" in listener ? fileOf(listener) : null;
        if (path !== null) host.unlink(hiddenName(path, "usher"));
      }
    },
  };
}

/** A child that was forked, not vforked, sends it a little later; one that fails its set-up never does. */
function receiveFilter(host: Native, channel: number, take: (filter: number) => void): void {
  host.setNonblock(channel, true);
  const read = (): boolean => {
    const message = host.receiveMessage(channel, 16);
    if (message === EAGAIN) return false;
    host.unwatch(channel);
    host.close(channel);
    const filter = typeof message === "number" ? undefined : message.fds[0];
    if (filter !== undefined) take(filter);
    return true;
  };
  if (!read()) host.watch(channel, POLL_IN, () => void read());
}

function answerOne(
  host: Native,
  log: Log,
  unit: string,
  filter: number,
  held: readonly HeldSocket[],
  restore: (socket: HeldSocket) => void,
): void {
  const attempt = host.adoptNext(filter);
  if (typeof attempt === "number") {
    if (attempt !== ENOENT)
      log.write("warn", unit, `cannot look at a bind(): ${describe(attempt)}, letting it through`);
    return;
  }
  const address = absolute(host, attempt.pid, attempt.address);
  const match = address === null ? null : matchBind(held, { protocol: attempt.protocol, address });
  if (match === null) {
    host.adoptContinue(filter, attempt.id);
    return;
  }
  host.setNonblock(match.fd, attempt.nonblock);
  restore(match);
  const code = host.adoptReplace(filter, attempt.id, match.fd, attempt.fd, attempt.closeOnExec);
  if (code < 0 && code !== ENOENT)
    log.write("warn", unit, `cannot hand over ${addressText(match.address)}: ${describe(code)}`);
  else sayAdopted(log, unit, attempt.pid, match.address, address);
}

/** A program that made an IPv4 socket and got an IPv6 one serves well, but shows its peers' addresses wrong. */
function sayAdopted(log: Log, unit: string, pid: number, held: Address, wanted: Address | null): void {
  const word = addressText(held);
  if (wanted !== null && wanted.family !== held.family) {
    const advice = `ListenStream=${addressText(wanted)} in the socket unit would match it exactly`;
    log.write("info", unit, `process ${pid} adopted ${word} for its ${addressText(wanted)}; ${advice}`);
  } else log.write("debug", unit, `process ${pid} adopted ${word}`);
}

/** A relative Unix path is meant from the program's working directory. */
function absolute(host: Native, pid: number, address: Address | null): Address | null {
  if (address?.family !== "unix" || address.path === "" || address.path.startsWith("@")) return address;
  const directory = address.path.startsWith("/") ? "" : host.readlink(`/proc/${pid}/cwd`);
  if (typeof directory === "number") return address;
  const path = directory === "" ? address.path : `${directory}/${address.path}`;
  const slash = path.lastIndexOf("/");
  const parent = host.realpath(path.slice(0, slash) || "/");
  return {
    family: "unix",
    path: typeof parent === "number" ? path : `${parent === "/" ? "" : parent}${path.slice(slash)}`,
  };
}

function keepSpareName(host: Native, address: Address): void {
  if (address.family === "unix" && !address.path.startsWith("@"))
    host.link(address.path, hiddenName(address.path, "usher"));
}

/**
 * Programs unlink a socket's path before they bind it. A second name for the same socket, made when it was opened,
 * brings the path back.
 */
function restorePath(host: Native, address: Address, suffix: string): void {
  if (address.family !== "unix" || address.path.startsWith("@")) return;
  if (typeof host.lstat(address.path) === "number") host.link(hiddenName(address.path, suffix), address.path);
}
