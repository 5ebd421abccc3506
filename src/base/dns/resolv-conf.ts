/** /etc/resolv.conf (resolv.conf(5)). Unknown lines and options are passed over, as the C library does. */
import { isIpv4, isIpv6 } from "../ip-address.ts";
import { canonicalName } from "./message.ts";

export interface NameServer {
  readonly host: string;
  /** Interface name or number of a link-local address, or null. */
  readonly scope: string | null;
}

export interface ResolverSettings {
  readonly servers: readonly NameServer[];
  readonly search: readonly string[];
  /** Names with fewer dots are tried with the search list first. */
  readonly ndots: number;
  /** Seconds that one server is waited for. */
  readonly timeoutSeconds: number;
  /** How often the list of servers is gone through. */
  readonly attempts: number;
  /** TCP from the first. */
  readonly useTcp: boolean;
}

const MOST_SERVERS = 3;

const DEFAULTS: ResolverSettings = {
  servers: [],
  search: [],
  ndots: 1,
  timeoutSeconds: 5,
  attempts: 2,
  useTcp: false,
};

/** A file without a nameserver, or none at all (""), means the server on this machine. */
export function parseResolvConf(text: string): ResolverSettings {
  let settings = DEFAULTS;
  for (const line of text.split("\n")) {
    if (/^\s*[#;]/.test(line)) continue;
    const [keyword = "", ...values] = line.trim().split(/\s+/);
    settings = { ...settings, ...readLine(settings, keyword, values) };
  }
  return settings.servers.length > 0
    ? settings
    : { ...settings, servers: [{ host: "127.0.0.1", scope: null }] };
}

function readLine(
  settings: ResolverSettings,
  keyword: string,
  values: readonly string[],
): Partial<ResolverSettings> {
  switch (keyword) {
    case "nameserver": {
      const server = parseServer(values[0] ?? "");
      return server === null || settings.servers.length >= MOST_SERVERS
        ? {}
        : { servers: [...settings.servers, server] };
    }
    case "domain":
      return { search: values.slice(0, 1).map(canonicalName) };
    case "search":
      return { search: values.map(canonicalName).filter((name) => name !== "") };
    case "options":
      return readOptions(values);
    default:
      return {};
  }
}

function parseServer(text: string): NameServer | null {
  const percent = text.indexOf("%");
  const host = percent < 0 ? text : text.slice(0, percent);
  const scope = percent < 0 ? null : text.slice(percent + 1);
  return (isIpv4(host) && scope === null) || isIpv6(host) ? { host, scope } : null;
}

function readOptions(values: readonly string[]): Partial<ResolverSettings> {
  const read: { -readonly [K in keyof ResolverSettings]?: ResolverSettings[K] } = {};
  for (const value of values) {
    const [, name = value, digits = ""] = /^(ndots|timeout|attempts):(\d+)$/.exec(value) ?? [];
    const number = Number(digits);
    // The C library's own limits.
    if (name === "ndots") read.ndots = Math.min(number, 15);
    else if (name === "timeout") read.timeoutSeconds = Math.max(1, Math.min(number, 30));
    else if (name === "attempts") read.attempts = Math.max(1, Math.min(number, 5));
    else if (name === "use-vc") read.useTcp = true;
  }
  return read;
}

/** The full names to ask for, in order. A dot at the end says that the name is full already. */
export function candidateNames(
  name: string,
  settings: Pick<ResolverSettings, "search" | "ndots">,
): readonly string[] {
  if (name.endsWith(".")) return [canonicalName(name)];
  const dots = name.split(".").length - 1;
  const own = canonicalName(name);
  const searched = settings.search.map((domain) => `${own}.${domain}`);
  return dots >= settings.ndots ? [own, ...searched] : [...searched, own];
}
