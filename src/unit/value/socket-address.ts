/** Socket addresses of Listen…= (systemd.socket(5), ListenStream=) in systemd's spelling. */
import { isIpv4, isIpv6 } from "../../base/ip-address.ts";
import { utf8Fits } from "../../base/utf8.ts";
import type { SocketAddress } from "../model.ts";
import { parseInteger, UINT32_MAX } from "./number.ts";

/** sun_path has 108 bytes; like systemd, one is kept for a NUL, abstract names included. */
const LONGEST_UNIX_ADDRESS = 107;
const VMADDR_CID_ANY = UINT32_MAX;

/** Of SocketProtocol=: IPPROTO_…, see netinet/in.h. */
export const PROTOCOLS = { sctp: 132, udplite: 136, mptcp: 262 } as const;

/** 1 to 65535. */
function parsePort(text: string): number | undefined {
  // strtol() would take blanks too, and a sign that makes it less than 1.
  const code = text.charCodeAt(0);
  return (code >= 48 && code <= 57) || code === 43 ? parseInteger(text, 1, 65535) : undefined;
}

/** An interface's name or number, as far as its text tells. */
export function isInterfaceName(text: string, mayBeNumber: boolean): boolean {
  if (/^\d+$/.test(text)) return mayBeNumber && parseInteger(text, 1, 0x7fffffff) !== undefined;
  if (text.length >= (mayBeNumber ? 128 : 16)) return false;
  if (text === "." || text === ".." || text === "all" || text === "default") return false;
  return /^[!-~]+$/.test(text) && !/[:/%]/.test(text);
}

function parseUnix(text: string): SocketAddress | undefined {
  if (text.length < 2 || !utf8Fits(text, LONGEST_UNIX_ADDRESS)) return undefined;
  return text.startsWith("@")
    ? { family: "unix-abstract", name: text.slice(1) }
    : { family: "unix", path: text };
}

function parseVsock(text: string): SocketAddress | undefined {
  const match = /^vsock(?:-(?:dgram|seqpacket|stream))?:([^:]*):(.*)$/.exec(text);
  if (match === null) return undefined;
  const [, cidText = "", portText = ""] = match;
  const cid = cidText === "" ? VMADDR_CID_ANY : parseInteger(cidText, 0, UINT32_MAX);
  const port = parseInteger(portText, 0, UINT32_MAX);
  return cid === undefined || port === undefined ? undefined : { family: "vsock", cid, port };
}

/** "[::1]:80", "[fe80::1]:80%eth0". */
function parseInet6(text: string): SocketAddress | undefined {
  const match = /^\[([^\]]*)\]:([^%]*)(?:%(.+))?$/.exec(text);
  if (match === null) return undefined;
  const [, host = "", portText = "", scope = null] = match;
  const port = parsePort(portText);
  if (port === undefined || !isIpv6(host)) return undefined;
  if (scope !== null && !isInterfaceName(scope, true)) return undefined;
  return { family: "inet6", host, port, scope };
}

export const ADDRESS_FORMS = "/path, @abstract, port, 1.2.3.4:port, [::1]:port or vsock:cid:port";

/**
 * "/run/a.sock", "@abstract", "8080", "127.0.0.1:80", "[::1]:80", "[fe80::1]:80%eth0", "vsock:2:1234"; undefined
 * for anything else. Host names are not looked up. Any text after a slash is part of the path.
 */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  if (text.startsWith("/") || text.startsWith("@")) return parseUnix(text);
  if (text.startsWith("vsock")) return parseVsock(text);
  if (text.startsWith("[")) return parseInet6(text);
  const colon = text.lastIndexOf(":");
  const port = parsePort(text.slice(colon + 1));
  if (port === undefined) return undefined;
  if (colon < 0) return { family: "any", port };
  const host = text.slice(0, colon);
  const isCommon = host === "0.0.0.0" || host === "127.0.0.1";
  return isCommon || isIpv4(host) ? { family: "inet", host, port } : undefined;
}

/** What systemctl shows: "[::]:80" for a bare port. */
export function formatSocketAddress(address: SocketAddress): string {
  switch (address.family) {
    case "inet":
      return `${address.host}:${address.port}`;
    case "inet6":
      return `[${address.host}]:${address.port}${address.scope === null ? "" : `%${address.scope}`}`;
    case "any":
      return `[::]:${address.port}`;
    case "unix":
      return address.path;
    case "unix-abstract":
      return `@${address.name}`;
    case "vsock":
      return `vsock:${address.cid === VMADDR_CID_ANY ? "" : address.cid}:${address.port}`;
  }
}
