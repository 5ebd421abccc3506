/**
 * From a host name to addresses: /etc/hosts first, then DNS, as nsswitch.conf's usual "files dns" has it. Which server
 * is asked what and when is decided here; `DnsTransport` carries it out, over sockets or in a test's memory.
 *
 * Addresses come with IPv4 before IPv6: whoever connects tries them in turn, and in containers IPv4 is what is there.
 */
import { err, ok, type Result } from "../result.ts";
import { USEC_PER_SEC, type Usec } from "../time.ts";
import { findInHosts, knownAddresses } from "./hosts-file.ts";
import {
  addressesFor,
  decodeResponse,
  encodeQuery,
  type Question,
  RCODE_NO_SUCH_NAME,
  RCODE_OK,
  type Response,
  TYPE_A,
  TYPE_AAAA,
} from "./message.ts";
import { candidateNames, type NameServer, parseResolvConf, type ResolverSettings } from "./resolv-conf.ts";

export interface DnsTransport {
  /** A file's text, "" where it can't be read. */
  readFile(path: "/etc/hosts" | "/etc/resolv.conf"): string;
  /** 0 to 65535, unpredictable: it is what keeps others from answering in the server's place. */
  randomId(): number;
  /**
   * Sends a message and gives each message that comes back to `accept`, until that takes one (then true) or the time
   * is over or the server can't be reached (false).
   */
  exchange(request: Exchange): Promise<boolean>;
}

export interface Exchange {
  readonly server: NameServer;
  readonly protocol: "udp" | "tcp";
  readonly message: string;
  readonly timeoutUsec: Usec;
  readonly accept: (bytes: string) => boolean;
}

/** `not-found`: the name has no address. `unavailable`: nobody could say. `invalid`: it is no host name. */
export interface ResolveError {
  readonly kind: "not-found" | "unavailable" | "invalid";
  readonly message: string;
}

/** Addresses as text without brackets; never an empty list. */
export type Resolved = Result<readonly string[], ResolveError>;

export async function resolveHost(transport: DnsTransport, name: string): Promise<Resolved> {
  const asked = encodeQuery(0, { name, type: TYPE_A });
  const known = knownAddresses(name);
  const isAddress = known?.[0] === name;
  if (!isAddress) {
    const listed = findInHosts(transport.readFile("/etc/hosts"), name);
    if (listed.length > 0) return ok(listed);
  }
  if (known !== null) return ok(known);
  if (!asked.ok) return err({ kind: "invalid", message: `"${name}" is no host name: ${asked.error}` });
  return resolveByDns(transport, name, parseResolvConf(transport.readFile("/etc/resolv.conf")));
}

async function resolveByDns(
  transport: DnsTransport,
  name: string,
  settings: ResolverSettings,
): Promise<Resolved> {
  let unavailable = false;
  for (const candidate of candidateNames(name, settings)) {
    const families = await Promise.all([
      askServers(transport, settings, { name: candidate, type: TYPE_A }),
      askServers(transport, settings, { name: candidate, type: TYPE_AAAA }),
    ]);
    const addresses = families.flatMap((found) => found ?? []);
    if (addresses.length > 0) return ok(addresses);
    unavailable ||= families.includes(null);
  }
  return unavailable
    ? err({ kind: "unavailable", message: "Temporary failure in name resolution" })
    : err({ kind: "not-found", message: "Name or service not known" });
}

/** The addresses of one type, none where a server says so, null where no server answered. */
async function askServers(
  transport: DnsTransport,
  settings: ResolverSettings,
  question: Question,
): Promise<readonly string[] | null> {
  for (let attempt = 0; attempt < settings.attempts; attempt++) {
    for (const server of settings.servers) {
      const response = await askServer(transport, settings, server, question);
      if (response === null) continue;
      if (response.rcode === RCODE_NO_SUCH_NAME) return [];
      if (response.rcode === RCODE_OK) return addressesFor(response.answers, question.name, question.type);
    }
  }
  return null;
}

/** By UDP, and again by TCP where the answer was too long for it. */
async function askServer(
  transport: DnsTransport,
  settings: ResolverSettings,
  server: NameServer,
  question: Question,
): Promise<Response | null> {
  const ask = async (protocol: "udp" | "tcp"): Promise<Response | null> => {
    const id = transport.randomId();
    const message = encodeQuery(id, question);
    if (!message.ok) return null;
    let response: Response | null = null;
    await transport.exchange({
      server,
      protocol,
      message: message.value,
      timeoutUsec: settings.timeoutSeconds * USEC_PER_SEC,
      accept(bytes) {
        const decoded = decodeResponse(bytes);
        if (!decoded.ok || !isAnswerTo(decoded.value, id, question)) return false;
        response = decoded.value;
        return true;
      },
    });
    return response;
  };
  const first = await ask(settings.useTcp ? "tcp" : "udp");
  return first?.truncated === true && !settings.useTcp ? ask("tcp") : first;
}

/** Servers that can't parse a query answer without its question; their error code counts all the same. */
function isAnswerTo(response: Response, id: number, question: Question): boolean {
  if (response.id !== id) return false;
  const [first] = response.questions;
  if (first === undefined) return response.rcode !== RCODE_OK && response.rcode !== RCODE_NO_SUCH_NAME;
  return first.name === question.name && first.type === question.type;
}
