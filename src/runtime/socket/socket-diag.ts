/**
 * Who is connected to a service's sockets, asked of the kernel (sock_diag(7)): no process in between has to count, and
 * nothing is told while nobody asks.
 *
 * Two questions. "Is anybody connected now?" is a dump of established connections with our local port, or of Unix
 * sockets with our name; one is enough for an answer. "Was anybody there since I looked?" matters to a server whose
 * connections last milliseconds, which a look every few minutes never meets: the kernel sends a message for each TCP
 * connection that is destroyed, a filter keeps those of our ports, and the socket that holds them is not polled, but
 * read at the next look.
 */
import type { Native } from "../../host/native.ts";
import { AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, SOCK_RAW } from "../../host/native.ts";
import type { HeldSocket } from "../adopt/adopt-match.ts";
import { assemble, type Instruction, LOAD_HALF, RETURN, SKIP_UNLESS_EQUAL } from "./socket-filter.ts";

const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const REQUEST_DUMP = 0x301;
const IPPROTO_TCP = 6;
const SO_ATTACH_FILTER = 26;
const UDIAG_SHOW_NAME = 1;

/** Established, and those whose client has sent its last byte but may wait for an answer (CLOSE_WAIT). */
const CONNECTED = (1 << 1) | (1 << 8);

/** SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY. */
const TCP_DESTROY_GROUPS = 1 | (1 << 2);

const HEADER = 16;
const CHUNK = 65536;
const ENOBUFS = -105;

/** 1: somebody is; 0: nobody; or `-errno`. */
export function isConnected(host: Native, sockets: readonly HeldSocket[]): number {
  const names = new Set<string>();
  for (const { kind, address } of sockets) {
    if (address.family === "unix" && kind !== "datagram") names.add(address.path);
    if ((address.family !== "inet" && address.family !== "inet6") || kind !== "stream") continue;
    const family = address.family === "inet" ? AF_INET : AF_INET6;
    const found = dump(host, inetRequest(family, address.port), () => true);
    if (found !== 0) return found;
  }
  if (names.size === 0) return 0;
  return dump(host, unixRequest(), (message) => names.has(unixName(message)));
}

/** A descriptor that remembers whether a connection to one of these TCP sockets has ended, or `-errno`. */
export function rememberEnds(host: Native, sockets: readonly HeldSocket[]): number {
  const ports = sockets.flatMap(({ address }) =>
    "port" in address && address.family !== "vsock" ? [address.port] : [],
  );
  const fd = host.socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
  if (fd < 0) return fd;
  host.setNonblock(fd, true);
  // inet_diag_msg: family, state, timer, retrans, then the local port in network order.
  const filter: Instruction[] = [[LOAD_HALF, 0, 0, HEADER + 4]];
  for (const port of ports) filter.push([SKIP_UNLESS_EQUAL, 0, 1, port], [RETURN, 0, 0, CHUNK]);
  filter.push([RETURN, 0, 0, 0]);
  const filtered = host.setFilter(fd, SO_ATTACH_FILTER, assemble(filter));
  const bound =
    filtered < 0 ? filtered : host.bind(fd, { family: "netlink", pid: 0, groups: TCP_DESTROY_GROUPS });
  if (bound >= 0) return fd;
  host.close(fd);
  return bound;
}

/** Has one ended since the last call? Forgets those that have. */
export function takeEnds(host: Native, fd: number): boolean {
  let any = false;
  for (;;) {
    const message = host.receiveBytes(fd, CHUNK);
    if (typeof message === "number" && message !== ENOBUFS) return any;
    any = true;
  }
}

/** Sends a request and reads until a message is the one looked for, or the last. */
function dump(host: Native, request: string, isIt: (message: string) => boolean): number {
  const fd = host.socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
  if (fd < 0) return fd;
  host.setNonblock(fd, true);
  let result = host.sendBytes(fd, request);
  if (result >= 0) {
    do {
      const chunk = host.receiveBytes(fd, CHUNK);
      result = typeof chunk === "number" ? chunk : readChunk(chunk, isIt);
    } while (result === MORE);
  }
  host.close(fd);
  return result;
}

const MORE = 2;

function readChunk(chunk: string, isIt: (message: string) => boolean): number {
  for (let at = 0; at + HEADER <= chunk.length; ) {
    const length = u32(chunk, at);
    const type = u16(chunk, at + 4);
    if (length < HEADER || type === NLMSG_DONE) return 0;
    if (type === NLMSG_ERROR) return u32(chunk, at + HEADER) | 0;
    if (isIt(chunk.slice(at + HEADER, at + length))) return 1;
    at += (length + 3) & ~3;
  }
  return MORE;
}

/** UNIX_DIAG_NAME, which has number 0 and stands first: an accepted socket has its listener's. */
function unixName(message: string): string {
  const MESSAGE = 16;
  if (message.length < MESSAGE + 4 || u16(message, MESSAGE + 2) !== 0) return "";
  const name = message.slice(MESSAGE + 4, MESSAGE + u16(message, MESSAGE));
  return name.startsWith("\0") ? `@${name.slice(1)}` : name.replace(/\0+$/, "");
}

/** struct inet_diag_req_v2; the kernel compares the local port where one is given. */
function inetRequest(family: number, port: number): string {
  const body = bytes([family, IPPROTO_TCP, 0, 0], CONNECTED) + String.fromCharCode(port >> 8, port & 255);
  return header(body.padEnd(56, "\0"));
}

/** struct unix_diag_req */
function unixRequest(): string {
  return header(
    (bytes([AF_UNIX, 0, 0, 0], CONNECTED) + bytes([], 0) + bytes([], UDIAG_SHOW_NAME)).padEnd(24, "\0"),
  );
}

function header(body: string): string {
  const kind = [SOCK_DIAG_BY_FAMILY, 0, REQUEST_DUMP & 255, REQUEST_DUMP >> 8];
  return bytes([], HEADER + body.length) + bytes(kind, 0) + bytes([], 0) + body;
}

/** Octets, then a 32-bit number in the machine's order. */
function bytes(octets: readonly number[], word: number): string {
  return String.fromCharCode(...octets, word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24);
}

function u16(text: string, at: number): number {
  return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8);
}

function u32(text: string, at: number): number {
  return (u16(text, at) | (u16(text, at + 2) << 16)) >>> 0;
}
