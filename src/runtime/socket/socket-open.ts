/**
 * Opens what a .socket unit listens on (systemd.socket(5)): one descriptor for each listener, in unit-file order,
 * non-blocking, with the unit's options set. Either all listeners open or none stays open.
 *
 * Kernel quirks kept in mind: a Unix path is freed by unlinking it when bind() says EADDRINUSE (a dead server's
 * file looks the same as a live one's); the mode of a socket file is given by the umask at bind(); a FIFO is opened
 * read-write so that it never reports end-of-file.
 */
import { err, ok, type Result } from "../../base/result.ts";
import { addressText } from "../../host/address-text.ts";
import { describe } from "../../host/errno.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  AF_VSOCK,
  type Native,
  O_CREAT,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  POLL_IN,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "../../host/native.ts";
import type { Listener, SocketAddress, SocketSettings, SocketUnit } from "../../unit/model.ts";
import { PROTOCOLS } from "../../unit/value/socket-address.ts";
import { type HandedSockets, NO_HANDED_SOCKETS } from "./handed-sockets.ts";
import {
  applyBindOptions,
  applySocketOptions,
  IPV6_FREEBIND,
  IPV6_V6ONLY,
  SOL_IPV6,
} from "./socket-options.ts";

const EADDRINUSE = -98;
const EADDRNOTAVAIL = -99;
const EEXIST = -17;
const ELOOP = -40;
const EAFNOSUPPORT = -97;

export interface SocketOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface OpenFailure {
  /** The listener as written, "/run/app.sock". */
  readonly listener: string;
  readonly step: string;
  readonly code: number;
}

export interface OpenedSocket {
  readonly fds: readonly number[];
  /** Options that the kernel refused: passed over, but said. */
  readonly warnings: readonly string[];
}

/** "cannot listen on /run/app.sock: bind: Address already in use (EADDRINUSE)" */
export function explainOpenFailure(failure: OpenFailure): string {
  return `cannot listen on ${failure.listener}: ${failure.step}: ${describe(failure.code)}`;
}

export function openSocketUnit(
  host: Native,
  unit: SocketUnit,
  owner: SocketOwner,
  handed: HandedSockets,
): Result<OpenedSocket, OpenFailure> {
  const fds: number[] = [];
  const warnings: string[] = [];
  for (const listener of unit.socket.listeners) {
    const given = "address" in listener ? takeHanded(host, unit, listener, handed) : null;
    const opened =
      given !== null && "address" in listener
        ? useHanded(host, given, listener, unit.socket, warnings)
        : openListener(host, listener, unit.socket, owner, warnings);
    if (!opened.ok) {
      for (const fd of fds) host.close(fd);
      return opened;
    }
    fds.push(opened.value);
  }
  const path = firstPath(unit.socket);
  if (path !== null) linkSymlinks(host, unit.socket, path, warnings);
  return ok({ fds, warnings });
}

type AddressListener = Extract<Listener, { address: SocketAddress }>;

/** A listener that names a port alone may have been opened for both families, or for one. */
function takeHanded(
  host: Native,
  unit: SocketUnit,
  { kind, address }: AddressListener,
  handed: HandedSockets,
): number | null {
  if (handed === NO_HANDED_SOCKETS) return null;
  const known = kernelAddress(host, address);
  const addresses = typeof known === "number" ? [] : [addressText(known)];
  if (address.family === "any") addresses.push(`0.0.0.0:${address.port}`);
  return handed.take(unit, kind, addresses);
}

/** Its file is somebody else's; its options are the unit's. */
function useHanded(
  host: Native,
  fd: number,
  listener: AddressListener,
  settings: SocketSettings,
  warnings: string[],
): Result<number, OpenFailure> {
  host.setNonblock(fd, true);
  const failed = listenWith(host, fd, listener, settings, warnings);
  if (failed === null) return ok(fd);
  host.close(fd);
  return err({ listener: listener.text, ...failed });
}

/** Closes a unit's descriptors, and takes its files away where RemoveOnStop= says so. */
export function closeSocketUnit(host: Native, settings: SocketSettings, fds: readonly number[]): void {
  for (const fd of fds) host.close(fd);
  if (!settings.removeOnStop) return;
  for (const listener of settings.listeners) {
    const path = fileOf(listener);
    if (listener.kind === "mqueue") host.mqUnlink(listener.name);
    else if (path !== null && listener.kind !== "special") host.unlink(path);
  }
  for (const link of settings.symlinks) host.unlink(link);
}

/** The path in the file system that a listener makes, or null. */
export function fileOf(listener: Listener): string | null {
  if (listener.kind === "fifo" || listener.kind === "special") return listener.path;
  if (listener.kind === "netlink" || listener.kind === "mqueue") return null;
  return listener.address.family === "unix" ? listener.address.path : null;
}

function openListener(
  host: Native,
  listener: Listener,
  settings: SocketSettings,
  owner: SocketOwner,
  warnings: string[],
): Result<number, OpenFailure> {
  const fail = (step: string, code: number): Result<number, OpenFailure> =>
    err({ listener: listener.text, step, code });
  switch (listener.kind) {
    case "stream":
    case "datagram":
    case "seqpacket":
      return openAddress(host, listener, settings, owner, warnings, fail);
    case "fifo":
      return openFifo(host, listener.path, settings, owner, warnings, fail);
    case "special":
      return openSpecial(host, listener.path, settings, fail);
    case "netlink":
      return openNetlink(host, listener, settings, warnings, fail);
    case "mqueue":
      return openQueue(host, listener.name, settings, owner, fail);
  }
}

type Fail = (step: string, code: number) => Result<number, OpenFailure>;

const SOCKET_TYPE = { stream: SOCK_STREAM, datagram: SOCK_DGRAM, seqpacket: SOCK_SEQPACKET } as const;

function openAddress(
  host: Native,
  listener: AddressListener,
  settings: SocketSettings,
  owner: SocketOwner,
  warnings: string[],
  fail: Fail,
): Result<number, OpenFailure> {
  const type = SOCKET_TYPE[listener.kind] | SOCK_NONBLOCK;
  const protocol = protocolOf(listener.kind, settings.socketProtocol);
  let address = kernelAddress(host, listener.address);
  if (typeof address === "number") return fail("find the interface", address);
  let fd = host.socket(domainOf(address), type, protocol);
  if (fd === EAFNOSUPPORT && listener.address.family === "any") {
    address = { family: "inet", host: "0.0.0.0", port: listener.address.port };
    fd = host.socket(AF_INET, type, protocol);
  }
  if (fd < 0) return fail("socket", fd);
  const bound = bindAddress(host, fd, address, settings, warnings);
  if (bound < 0) {
    host.close(fd);
    return fail("bind", bound);
  }
  const failedStep = finishAddress(host, fd, listener, settings, owner, warnings);
  if (failedStep === null) return ok(fd);
  host.close(fd);
  return fail(failedStep.step, failedStep.code);
}

/** SocketProtocol= counts for the listeners of its kind, whatever their family. */
function protocolOf(kind: Listener["kind"], protocol: SocketSettings["socketProtocol"]): number {
  if (protocol === null || (protocol === "udplite") !== (kind === "datagram")) return 0;
  return PROTOCOLS[protocol];
}

/** Ownership first, then options, then listen(): nobody may connect before the file is the right user's. */
function finishAddress(
  host: Native,
  fd: number,
  listener: AddressListener,
  settings: SocketSettings,
  owner: SocketOwner,
  warnings: string[],
): { step: string; code: number } | null {
  const path = fileOf(listener);
  if (path !== null && (owner.uid >= 0 || owner.gid >= 0)) {
    const owned = host.lchown(path, owner.uid, owner.gid);
    if (owned < 0) return { step: "chown", code: owned };
  }
  return listenWith(host, fd, listener, settings, warnings);
}

function listenWith(
  host: Native,
  fd: number,
  listener: AddressListener,
  settings: SocketSettings,
  warnings: string[],
): { step: string; code: number } | null {
  applySocketOptions(host, fd, settings, listener, warnings);
  if (listener.kind === "datagram") return null;
  const listening = host.listen(fd, Math.min(settings.backlog, 0x7fffffff));
  return listening < 0 ? { step: "listen", code: listening } : null;
}

function bindAddress(
  host: Native,
  fd: number,
  address: Address,
  settings: SocketSettings,
  warnings: string[],
): number {
  if (address.family === "inet6" && settings.bindIpv6Only !== "default") {
    host.setOption(fd, SOL_IPV6, IPV6_V6ONLY, settings.bindIpv6Only === "ipv6-only" ? 1 : 0);
  }
  const refused = applyBindOptions(host, fd, settings, address.family, warnings);
  if (refused < 0) return refused;
  if (address.family === "inet6" && address.host === "::1")
    return bindLoopback6(host, fd, address, settings, warnings);
  if (address.family !== "unix" || address.path.startsWith("@")) return host.bind(fd, address);
  makeParents(host, address.path, settings.directoryMode);
  return withMode(host, settings.socketMode, () => {
    const bound = host.bind(fd, address);
    if (bound !== EADDRINUSE || host.unlink(address.path) < 0) return bound;
    return host.bind(fd, address);
  });
}

/**
 * Engines switch IPv6 off in containers by taking its addresses away, [::1] too. Units that list it beside 127.0.0.1
 * are common: they get their descriptor, which nobody can connect to, and keep their other listeners.
 */
function bindLoopback6(
  host: Native,
  fd: number,
  address: Address,
  settings: SocketSettings,
  warnings: string[],
): number {
  const bound = host.bind(fd, address);
  if (bound !== EADDRNOTAVAIL || settings.listeners.length === 1) return bound;
  warnings.push("[::1] is not there, since IPv6 is switched off here: listening without it");
  host.setOption(fd, SOL_IPV6, IPV6_FREEBIND, 1);
  return host.bind(fd, address);
}

/** Or an errno: there is no such interface. */
function kernelAddress(host: Native, address: SocketAddress): Address | number {
  switch (address.family) {
    case "inet":
      return address;
    case "inet6": {
      const scope = address.scope === null ? 0 : scopeIndex(host, address.scope);
      return scope < 0 ? scope : { family: "inet6", host: address.host, port: address.port, scope };
    }
    case "any":
      return { family: "inet6", host: "::", port: address.port };
    case "unix":
      return address;
    case "unix-abstract":
      return { family: "unix", path: `@${address.name}` };
    case "vsock":
      return address;
  }
}

function scopeIndex(host: Native, scope: string): number {
  return /^[0-9]+$/.test(scope) ? Number(scope) : host.interfaceIndex(scope);
}

function domainOf(address: Address): number {
  const domains = {
    inet: AF_INET,
    inet6: AF_INET6,
    unix: AF_UNIX,
    vsock: AF_VSOCK,
    netlink: AF_NETLINK,
  } as const;
  return domains[address.family];
}

function openFifo(
  host: Native,
  path: string,
  settings: SocketSettings,
  owner: SocketOwner,
  warnings: string[],
  fail: Fail,
): Result<number, OpenFailure> {
  makeParents(host, path, settings.directoryMode);
  const made = withMode(host, settings.socketMode, () => host.mkfifo(path, settings.socketMode));
  if (made < 0 && made !== EEXIST) return fail("mkfifo", made);
  const fd = openItself(host, path, O_RDWR);
  if (fd < 0) return fail("open", fd);
  const status = host.fstat(fd);
  const { uid, gid } = {
    uid: owner.uid >= 0 ? owner.uid : host.identity().euid,
    gid: owner.gid >= 0 ? owner.gid : host.identity().egid,
  };
  if (made >= 0) host.fchown(fd, owner.uid, owner.gid);
  else if (
    typeof status === "number" ||
    status.kind !== "fifo" ||
    status.mode !== settings.socketMode ||
    status.uid !== uid ||
    status.gid !== gid
  ) {
    host.close(fd);
    return fail(`a file with another type, mode or owner is there`, EEXIST);
  }
  // A user's pipes may be many already (pipe-user-pages-soft).
  const sized = settings.pipeSize > 0 ? host.setPipeSize(fd, settings.pipeSize) : 0;
  if (sized < 0) warnings.push(`cannot set PipeSize=: ${describe(sized)}, ignoring`);
  return ok(fd);
}

/** As with O_NOFOLLOW, whose number is not the same everywhere. */
function openItself(host: Native, path: string, access: number): number {
  if (typeof host.readlink(path) === "string") return ELOOP;
  return host.open(path, access | O_NOCTTY | O_NONBLOCK, 0);
}

function openSpecial(
  host: Native,
  path: string,
  settings: SocketSettings,
  fail: Fail,
): Result<number, OpenFailure> {
  const fd = openItself(host, path, settings.writable ? O_RDWR : O_RDONLY);
  if (fd < 0) return fail("open", fd);
  const status = host.fstat(fd);
  const isKnown = typeof status !== "number" && (status.kind === "file" || status.kind === "char");
  // Files of /proc can be polled; /dev/null and files on a disk can't, and would never start anything.
  const watched = isKnown ? host.watch(fd, POLL_IN, () => undefined) : EEXIST;
  host.unwatch(fd);
  if (watched >= 0) return ok(fd);
  host.close(fd);
  return isKnown ? fail("poll", watched) : fail("neither a regular file nor a character device", EEXIST);
}

function openNetlink(
  host: Native,
  listener: Extract<Listener, { kind: "netlink" }>,
  settings: SocketSettings,
  warnings: string[],
  fail: Fail,
): Result<number, OpenFailure> {
  const fd = host.socket(AF_NETLINK, SOCK_RAW, listener.netlinkFamily);
  if (fd < 0) return fail("socket", fd);
  host.setNonblock(fd, true);
  applyBindOptions(host, fd, settings, "netlink", warnings);
  const groups = listener.group > 0 ? 2 ** (listener.group - 1) : 0;
  const bound = host.bind(fd, { family: "netlink", pid: 0, groups });
  if (bound < 0) {
    host.close(fd);
    return fail("bind", bound);
  }
  applySocketOptions(host, fd, settings, listener, warnings);
  return ok(fd);
}

function openQueue(
  host: Native,
  name: string,
  settings: SocketSettings,
  owner: SocketOwner,
  fail: Fail,
): Result<number, OpenFailure> {
  const fd = withMode(host, settings.socketMode, () =>
    host.mqOpen(
      name,
      O_RDONLY | O_CREAT | O_NONBLOCK,
      settings.socketMode,
      settings.messageQueueMaxMessages,
      settings.messageQueueMessageSize,
    ),
  );
  if (fd < 0) return fail("mq_open", fd);
  if (owner.uid >= 0 || owner.gid >= 0) host.fchown(fd, owner.uid, owner.gid);
  return ok(fd);
}

function firstPath(settings: SocketSettings): string | null {
  for (const listener of settings.listeners) {
    const path = fileOf(listener);
    if (path !== null) return path;
  }
  return null;
}

function linkSymlinks(host: Native, settings: SocketSettings, target: string, warnings: string[]): void {
  for (const link of settings.symlinks) {
    makeParents(host, link, settings.directoryMode);
    if (host.readlink(link) === target) continue;
    // What is there is somebody's, unless the unit takes away what it makes anyway.
    if (settings.removeOnStop) host.unlink(link);
    const code = host.symlink(target, link);
    if (code < 0) warnings.push(`cannot link ${link} to ${target}: ${describe(code)}, ignoring`);
  }
}

/** Makes the directories above a path (mkdir_parents): existing ones stay as they are. */
export function makeParents(host: Native, path: string, mode: number): void {
  const end = path.replace(/\/+$/, "").length;
  for (let slash = path.indexOf("/", 1); slash > 0 && slash < end; slash = path.indexOf("/", slash + 1)) {
    withMode(host, mode, () => host.mkdir(path.slice(0, slash), mode));
  }
}

/** Runs an action under the umask that lets exactly `mode` through. */
function withMode<T>(host: Native, mode: number, action: () => T): T {
  const old = host.umask(~mode & 0o777);
  const result = action();
  host.umask(old);
  return result;
}
