/**
 * The socket options of systemd.socket(5), one row each: which setting, which option, when it counts as unset, and
 * for which kinds of listener it has a meaning. A refused option is a warning and the socket still listens, as
 * under systemd; only BindToDevice= is fatal, since a socket on the wrong interface may be reachable by strangers.
 */

import { USEC_PER_SEC } from "../../base/time.ts";
import { describe } from "../../host/errno.ts";
import type { Address, Native } from "../../host/native.ts";
import type { Listener, SocketSettings } from "../../unit/model.ts";

export const SOL_IPV6 = 41;
export const IPV6_V6ONLY = 26;

const SOL_IP = 0;
const SOL_SOCKET = 1;
const SOL_TCP = 6;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SO_BINDTODEVICE = 25;
const SO_RCVBUF = 8;
const SO_SNDBUF = 7;
const SO_RCVBUFFORCE = 33;
const SO_SNDBUFFORCE = 32;
const SO_TIMESTAMP = 29;
const SO_TIMESTAMPNS = 35;
const TCP_CONGESTION = 13;
const IP_TRANSPARENT = 19;
const IPV6_TRANSPARENT = 75;
const IP_FREEBIND = 15;
export const IPV6_FREEBIND = 78;

type Scope = "all" | "tcp" | "inet" | "inet4" | "inet6" | "unix" | "netlink-unix";

interface OptionRow {
  readonly name: string;
  readonly scope: Scope;
  readonly level: number;
  readonly option: number;
  /** The value to set, or null where the unit leaves it as it is. */
  readonly value: (settings: SocketSettings) => number | null;
}

const flag = (on: boolean): number | null => (on ? 1 : null);
const known = (value: number): number | null => (value >= 0 ? value : null);
const seconds = (usec: number): number | null => (usec > 0 ? Math.trunc(usec / USEC_PER_SEC) : null);

const OPTIONS: readonly OptionRow[] = [
  { name: "KeepAlive", scope: "all", level: SOL_SOCKET, option: 9, value: (s) => flag(s.keepAlive) },
  {
    name: "KeepAliveTimeSec",
    scope: "tcp",
    level: SOL_TCP,
    option: 4,
    value: (s) => seconds(s.keepAliveTimeUsec),
  },
  {
    name: "KeepAliveIntervalSec",
    scope: "tcp",
    level: SOL_TCP,
    option: 5,
    value: (s) => seconds(s.keepAliveIntervalUsec),
  },
  {
    name: "KeepAliveProbes",
    scope: "tcp",
    level: SOL_TCP,
    option: 6,
    value: (s) => (s.keepAliveProbes > 0 ? s.keepAliveProbes : null),
  },
  {
    name: "DeferAcceptSec",
    scope: "tcp",
    level: SOL_TCP,
    option: 9,
    value: (s) => seconds(s.deferAcceptUsec),
  },
  { name: "NoDelay", scope: "tcp", level: SOL_TCP, option: 1, value: (s) => flag(s.noDelay) },
  { name: "Broadcast", scope: "all", level: SOL_SOCKET, option: 6, value: (s) => flag(s.broadcast) },
  {
    name: "PassCredentials",
    scope: "netlink-unix",
    level: SOL_SOCKET,
    option: 16,
    value: (s) => flag(s.passCredentials),
  },
  { name: "PassPIDFD", scope: "unix", level: SOL_SOCKET, option: 76, value: (s) => flag(s.passPidfd) },
  {
    name: "PassSecurity",
    scope: "netlink-unix",
    level: SOL_SOCKET,
    option: 34,
    value: (s) => flag(s.passSecurity),
  },
  {
    name: "AcceptFileDescriptors",
    scope: "unix",
    level: SOL_SOCKET,
    option: 83,
    value: (s) => (s.acceptFileDescriptors ? null : 0),
  },
  { name: "PassPacketInfo", scope: "inet4", level: SOL_IP, option: 8, value: (s) => flag(s.passPacketInfo) },
  {
    name: "PassPacketInfo",
    scope: "inet6",
    level: SOL_IPV6,
    option: 49,
    value: (s) => flag(s.passPacketInfo),
  },
  {
    name: "Timestamping",
    scope: "all",
    level: SOL_SOCKET,
    option: SO_TIMESTAMP,
    value: (s) => flag(s.timestamping === "us"),
  },
  {
    name: "Timestamping",
    scope: "all",
    level: SOL_SOCKET,
    option: SO_TIMESTAMPNS,
    value: (s) => flag(s.timestamping === "ns"),
  },
  { name: "Priority", scope: "all", level: SOL_SOCKET, option: 12, value: (s) => known(s.priority) },
  { name: "Mark", scope: "all", level: SOL_SOCKET, option: 36, value: (s) => known(s.mark) },
  { name: "IPTOS", scope: "inet", level: SOL_IP, option: 1, value: (s) => known(s.ipTos) },
  { name: "IPTTL", scope: "inet4", level: SOL_IP, option: 2, value: (s) => known(s.ipTtl) },
  { name: "IPTTL", scope: "inet6", level: SOL_IPV6, option: 16, value: (s) => known(s.ipTtl) },
];

/** Options that must be there before bind(). Returns 0 or the errno that forbids to go on. */
export function applyBindOptions(
  host: Native,
  fd: number,
  settings: SocketSettings,
  family: Address["family"],
  warnings: string[],
): number {
  if (family === "inet" || family === "inet6") {
    const refused = applyInternetBindOptions(host, fd, settings, family, warnings);
    if (refused < 0) return refused;
  }
  host.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  return 0;
}

function applyInternetBindOptions(
  host: Native,
  fd: number,
  settings: SocketSettings,
  family: "inet" | "inet6",
  warnings: string[],
): number {
  if (settings.bindToDevice !== null) {
    const code = host.setOptionText(fd, SOL_SOCKET, SO_BINDTODEVICE, settings.bindToDevice);
    if (code < 0) return code;
  }
  const ipv6 = family === "inet6";
  const set = (name: string, level: number, option: number): void =>
    warn(warnings, name, host.setOption(fd, level, option, 1));
  if (settings.reusePort) set("ReusePort", SOL_SOCKET, SO_REUSEPORT);
  if (settings.freeBind) set("FreeBind", ipv6 ? SOL_IPV6 : SOL_IP, ipv6 ? IPV6_FREEBIND : IP_FREEBIND);
  if (settings.transparent)
    set("Transparent", ipv6 ? SOL_IPV6 : SOL_IP, ipv6 ? IPV6_TRANSPARENT : IP_TRANSPARENT);
  return 0;
}

/** Everything else, after bind(); and again on each accepted connection, which does not inherit all of it. */
export function applySocketOptions(
  host: Native,
  fd: number,
  settings: SocketSettings,
  listener: Listener,
  warnings: string[],
): void {
  for (const row of OPTIONS) {
    const value = row.value(settings);
    if (value === null || !inScope(row.scope, listener)) continue;
    warn(warnings, row.name, host.setOption(fd, row.level, row.option, value));
  }
  if (settings.tcpCongestion !== null && inScope("tcp", listener)) {
    warn(warnings, "TCPCongestion", host.setOptionText(fd, SOL_TCP, TCP_CONGESTION, settings.tcpCongestion));
  }
  if (settings.receiveBuffer > 0)
    setBuffer(host, fd, "ReceiveBuffer", SO_RCVBUFFORCE, SO_RCVBUF, settings.receiveBuffer, warnings);
  if (settings.sendBuffer > 0)
    setBuffer(host, fd, "SendBuffer", SO_SNDBUFFORCE, SO_SNDBUF, settings.sendBuffer, warnings);
}

/** Does the unit set any option at all on this listener? */
export function hasSocketOptions(settings: SocketSettings, listener: Listener): boolean {
  return (
    settings.receiveBuffer > 0 ||
    settings.sendBuffer > 0 ||
    (settings.tcpCongestion !== null && inScope("tcp", listener)) ||
    OPTIONS.some((row) => row.value(settings) !== null && inScope(row.scope, listener))
  );
}

/** The forced form passes the system's limit but needs CAP_NET_ADMIN, which a container seldom has. */
function setBuffer(
  host: Native,
  fd: number,
  name: string,
  forced: number,
  plain: number,
  bytes: number,
  warnings: string[],
): void {
  if (host.setOption(fd, SOL_SOCKET, forced, bytes) >= 0) return;
  warn(warnings, name, host.setOption(fd, SOL_SOCKET, plain, bytes));
}

function inScope(scope: Scope, listener: Listener): boolean {
  if (listener.kind === "netlink") return scope === "all" || scope === "netlink-unix";
  if (!("address" in listener)) return false;
  const { family } = listener.address;
  const inet6 = family === "inet6" || family === "any";
  switch (scope) {
    case "all":
      return true;
    case "tcp":
      return listener.kind === "stream" && (family === "inet" || inet6);
    case "inet":
      return family === "inet" || inet6;
    case "inet4":
      return family === "inet";
    case "inet6":
      return inet6;
    case "unix":
    case "netlink-unix":
      return family === "unix" || family === "unix-abstract";
  }
}

function warn(warnings: string[], name: string, code: number): void {
  if (code < 0) warnings.push(`cannot set ${name}=: ${describe(code)}, ignoring`);
}
