/**
 * Adopted sockets (`[X-Usher] AdoptSockets=`): programs that know nothing of LISTEN_FDS bind() as always, and get
 * the socket that usher holds (mod_adopt.c says how, adopt-match.ts which).
 *
 * A start of such a service has a channel on which the child sends the descriptor of its filter; each notification
 * on that is one bind() of the service's main process or of any of its descendants, or a setsockopt() before it
 * (adopt-options.ts). They are taken one in each turn of the event loop: a program that binds without end waits for its
 * own turn, and nobody else does.
 */
import { addressText } from "../../host/address-text.ts";
import { describe } from "../../host/errno.ts";
import { type Address, type BindNotification, type Native, POLL_HANGUP, POLL_IN } from "../../host/native.ts";
import type { SocketUnit } from "../../unit/model.ts";
import type { Log } from "../log/log.ts";
import { fileOf } from "../socket/socket-open.ts";
import { hiddenName } from "../socket/spare-name.ts";
import { type HeldSocket, matchBind } from "./adopt-match.ts";
import { type AdoptOptions, createAdoptOptions, IPV6_V6ONLY, SOL_IPV6 } from "./adopt-options.ts";

const EPERM = -1;
const ENOENT = -2;
const ESRCH = -3;
const EAGAIN = -11;
const EACCES = -13;

export interface Adoption {
  /** After the start: takes the filter's descriptor from our end (which is closed), and answers from now on. */
  serve(unit: string, channel: number, held: readonly HeldSocket[]): void;
  /** Before anybody may unlink the paths of these. */
  keepNames(held: readonly HeldSocket[]): void;
  /** When the service has gone: many programs unlink their socket as they end. */
  restoreNames(unit: string): void;
  /** When a socket unit has closed these: their numbers will be others' soon, while its service may run on and bind. */
  drop(unit: SocketUnit, fds: readonly number[]): void;
}

/** `isHeldBack`: does the path of this socket lead elsewhere until the service is ready (hold.ts)? */
export function createAdoption(host: Native, log: Log, isHeldBack: (fd: number) => boolean): Adoption {
  const served = new Map<string, HeldSocket[]>();
  /** What may still be asked for, by the latest life of a service and by what is left of earlier ones. */
  const asked = new Set<HeldSocket[]>();
  const restore = (socket: HeldSocket): void =>
    restorePath(host, socket.address, isHeldBack(socket.fd) ? "held" : "usher");
  return {
    keepNames(held) {
      for (const { address } of held) keepSpareName(host, address);
    },
    restoreNames(unit) {
      for (const socket of served.get(unit) ?? []) restore(socket);
    },
    serve(unit, channel, sockets) {
      const held = sockets.map((socket) => ({
        ...socket,
        address: canonical(host, socket.address, ""),
        v6only: isV6Only(host, socket),
      }));
      served.set(unit, held);
      asked.add(held);
      const options = createAdoptOptions(host);
      const watchFilter = (filter: number | undefined): void => {
        if (filter === undefined) {
          asked.delete(held);
          return;
        }
        const answering: Answering = { host, log, unit, filter, held, options, restore };
        host.watch(filter, POLL_IN, (events) => {
          if ((events & POLL_IN) !== 0) answerOne(answering);
          else if ((events & POLL_HANGUP) !== 0) {
            host.unwatch(filter);
            host.close(filter);
            asked.delete(held);
          }
        });
      };
      receiveFilter(host, channel, watchFilter);
    },
    drop(unit, fds) {
      for (const held of asked) {
        const left = held.filter(({ fd }) => !fds.includes(fd));
        held.splice(0, held.length, ...left);
      }
      for (const listener of unit.socket.listeners) {
        const path = "address" in listener ? fileOf(listener) : null;
        if (path !== null) host.unlink(hiddenName(path, "usher"));
      }
    },
  };
}

/** A child that was forked, not vforked, sends it a little later; one that fails its set-up never does. */
function receiveFilter(host: Native, channel: number, take: (filter: number | undefined) => void): void {
  host.setNonblock(channel, true);
  const read = (): boolean => {
    const message = host.receiveMessage(channel, 16);
    if (message === EAGAIN) return false;
    host.unwatch(channel);
    host.close(channel);
    take(typeof message === "number" ? undefined : message.fds[0]);
    return true;
  };
  if (!read()) host.watch(channel, POLL_IN, () => void read());
}

function isV6Only(host: Native, { fd, address }: HeldSocket): boolean {
  return address.family === "inet6" && host.getOption(fd, SOL_IPV6, IPV6_V6ONLY) === 1;
}

/** All that an answer needs. */
interface Answering {
  readonly host: Native;
  readonly log: Log;
  readonly unit: string;
  readonly filter: number;
  readonly held: readonly HeldSocket[];
  readonly options: AdoptOptions;
  readonly restore: (socket: HeldSocket) => void;
}

function answerOne(answering: Answering): void {
  const { host, log, unit, filter, options } = answering;
  const attempt = host.adoptNext(filter);
  if (typeof attempt === "number") {
    if (attempt !== ENOENT) log.write("warn", unit, explainUnread(attempt));
    return;
  }
  if (attempt.call === "bind") answerBind(answering, attempt);
  else {
    options.note(attempt);
    host.adoptContinue(filter, attempt.id);
  }
}

/** The kernel protects a process that has given root up by itself from everybody but CAP_SYS_PTRACE. */
function explainUnread(code: number): string {
  const advice =
    code === EACCES || code === EPERM ? "; let User= change its user, not the program itself" : "";
  return `cannot look at a bind(): ${describe(code)}, letting it through${advice}`;
}

function answerBind(answering: Answering, attempt: BindNotification): void {
  const { host, log, unit, filter, held, options, restore } = answering;
  const { protocol, socket } = attempt;
  const address = attempt.address === null ? null : canonical(host, attempt.address, attempt.folder);
  const match =
    address === null ? null : matchBind(held, { protocol, address, v6only: options.isV6Only(socket) });
  if (match === null) {
    host.adoptContinue(filter, attempt.id);
    return;
  }
  host.setNonblock(match.fd, attempt.nonblock);
  options.carryOver(socket, match.fd);
  restore(match);
  const code = host.adoptReplace(filter, attempt.id, match.fd, attempt.fd, attempt.closeOnExec);
  // The caller was killed meanwhile.
  if (code === ENOENT || code === ESRCH) return;
  if (code < 0) log.write("warn", unit, `cannot hand over ${addressText(match.address)}: ${describe(code)}`);
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

/** A Unix path as one that usher can use, without symbolic links in its folder; other addresses as they are. */
function canonical(host: Native, address: Address, folder: string): Address {
  if (address.family !== "unix" || address.path === "" || address.path.startsWith("@")) return address;
  const path = folder === "/" || folder === "" ? address.path : `${folder}/${address.path}`;
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
