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

/** What to set an option to, from the setting; null leaves it as it is. */
type Reading = (setting: unknown) => number | null;

const flag: Reading = (on) => (on === true ? 1 : null);
const denied: Reading = (allowed) => (allowed === false ? 0 : null);
const known: Reading = (value) => (Number(value) >= 0 ? Number(value) : null);
const positive: Reading = (value) => (Number(value) > 0 ? Number(value) : null);
const seconds: Reading = (usec) => (Number(usec) > 0 ? Math.trunc(Number(usec) / USEC_PER_SEC) : null);
const micro: Reading = (unit) => flag(unit === "us");
const nano: Reading = (unit) => flag(unit === "ns");

type OptionRow = readonly [
  directive: string,
  setting: keyof SocketSettings,
  reading: Reading,
  scope: Scope,
  level: number,
  option: number,
];

const OPTIONS: readonly OptionRow[] = [
  ["KeepAlive", "keepAlive", flag, "all", SOL_SOCKET, 9],
  ["KeepAliveTimeSec", "keepAliveTimeUsec", seconds, "tcp", SOL_TCP, 4],
  ["KeepAliveIntervalSec", "keepAliveIntervalUsec", seconds, "tcp", SOL_TCP, 5],
  ["KeepAliveProbes", "keepAliveProbes", positive, "tcp", SOL_TCP, 6],
  ["DeferAcceptSec", "deferAcceptUsec", seconds, "tcp", SOL_TCP, 9],
  ["NoDelay", "noDelay", flag, "tcp", SOL_TCP, 1],
  ["Broadcast", "broadcast", flag, "all", SOL_SOCKET, 6],
  ["PassCredentials", "passCredentials", flag, "netlink-unix", SOL_SOCKET, 16],
  ["PassPIDFD", "passPidfd", flag, "unix", SOL_SOCKET, 76],
  ["PassSecurity", "passSecurity", flag, "netlink-unix", SOL_SOCKET, 34],
  ["AcceptFileDescriptors", "acceptFileDescriptors", denied, "unix", SOL_SOCKET, 83],
  ["PassPacketInfo", "passPacketInfo", flag, "inet4", SOL_IP, 8],
  ["PassPacketInfo", "passPacketInfo", flag, "inet6", SOL_IPV6, 49],
  ["Timestamping", "timestamping", micro, "all", SOL_SOCKET, SO_TIMESTAMP],
  ["Timestamping", "timestamping", nano, "all", SOL_SOCKET, SO_TIMESTAMPNS],
  ["Priority", "priority", known, "all", SOL_SOCKET, 12],
  ["Mark", "mark", known, "all", SOL_SOCKET, 36],
  ["IPTOS", "ipTos", known, "inet", SOL_IP, 1],
  ["IPTTL", "ipTtl", known, "inet4", SOL_IP, 2],
  ["IPTTL", "ipTtl", known, "inet6", SOL_IPV6, 16],
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
  for (const [directive, setting, reading, scope, level, option] of OPTIONS) {
    const value = reading(settings[setting]);
    if (value === null || !inScope(scope, listener)) continue;
    warn(warnings, directive, host.setOption(fd, level, option, value));
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
    OPTIONS.some(
      ([, setting, reading, scope]) => reading(settings[setting]) !== null && inScope(scope, listener),
    )
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
