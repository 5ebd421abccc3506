/**
 * Which of a service's sockets answers a program's bind() (`[X-Usher] AdoptSockets=`).
 *
 * The rule: a bind() is answered by a held socket exactly where the kernel would refuse it because of that socket
 * (EADDRINUSE), since one that collides with nothing needs no answer. So ports must be equal, types too, and the
 * addresses must overlap: the same address, or a wildcard on either side; IPv4 and IPv6 overlap through a dual-stack
 * `[::]`, or a v4-mapped address. An IPv6 socket that is for IPv6 only (IPV6_V6ONLY), the held one or the program's,
 * overlaps with no IPv4 one. Where several collide the most alike wins: the same address, then the same family.
 *
 * A program that probes with port 0, as Go does, collides with nothing and is let through.
 */
import type { Address } from "../../host/native.ts";

export type SocketKind = "stream" | "datagram" | "seqpacket";

export interface HeldSocket {
  readonly fd: number;
  readonly kind: SocketKind;
  /** As bound; a Unix path as in the file system, an abstract name with "@". */
  readonly address: Address;
  /** It has IPV6_V6ONLY. */
  readonly v6only?: boolean;
}

export interface BindAttempt {
  /** The kernel's word for the caller's socket: "TCP", "TCPv6", "UDP", "UDPv6", "UNIX-STREAM", "UNIX"; "" unknown. */
  readonly protocol: string;
  readonly address: Address;
  readonly v6only?: boolean;
}

const WILDCARDS: readonly string[] = ["0.0.0.0", "::"];

/** The held socket to answer with, or null where the bind() is none of ours. */
export function matchBind(held: readonly HeldSocket[], attempt: BindAttempt): HeldSocket | null {
  let best: HeldSocket | null = null;
  let bestRank = 0;
  for (const socket of held) {
    const rank = sameKind(socket, attempt.protocol) ? likeness(socket, attempt) : 0;
    if (rank <= bestRank) continue;
    best = socket;
    bestRank = rank;
  }
  return best;
}

/** Datagram and seqpacket sockets of AF_UNIX have one name in the kernel. */
function sameKind(socket: HeldSocket, protocol: string): boolean {
  switch (protocol) {
    case "TCP":
    case "TCPv6":
    case "MPTCP":
    case "MPTCPv6":
    case "UNIX-STREAM":
      return socket.kind === "stream";
    case "UDP":
    case "UDPv6":
      return socket.kind === "datagram";
    case "UNIX":
      return socket.kind !== "stream";
    default:
      return protocol === "";
  }
}

/** 0: they don't collide; the larger the more alike. */
function likeness(socket: HeldSocket, attempt: BindAttempt): number {
  const { address: held } = socket;
  const { address: wanted } = attempt;
  if (held.family === "unix")
    return wanted.family === "unix" && held.path !== "" && held.path === wanted.path ? 4 : 0;
  if (held.family === "vsock") return wanted.family === "vsock" && held.port === wanted.port ? 4 : 0;
  if (held.family === "netlink" || (wanted.family !== "inet" && wanted.family !== "inet6")) return 0;
  if (wanted.port === 0 || held.port !== wanted.port) return 0;
  if (held.family === wanted.family) {
    if (held.host === wanted.host) return 4;
    return WILDCARDS.includes(held.host) || WILDCARDS.includes(wanted.host) ? 3 : 0;
  }
  const v6only = held.family === "inet6" ? socket.v6only : attempt.v6only;
  return v6only === true ? 0 : crossFamily(held.host, wanted.host);
}

/** One is IPv4, the other IPv6, in either order. */
function crossFamily(a: string, b: string): number {
  const [four, six] = a.includes(":") ? [b, a] : [a, b];
  if (six === "::") return 2;
  if (!six.startsWith("::ffff:")) return 0;
  const mapped = six.slice("::ffff:".length);
  return mapped === four || four === "0.0.0.0" || mapped === "0.0.0.0" ? 2 : 0;
}
