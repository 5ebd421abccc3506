/** /etc/hosts (hosts(5)), and the names that need no file: an address itself, and localhost (RFC 6761, section 6.3). */
import { isIpv4, isIpv6 } from "../ip-address.ts";
import { canonicalName } from "./message.ts";

/** The addresses of a name in the file's order; empty where it has none. Malformed lines are passed over. */
export function findInHosts(text: string, name: string): readonly string[] {
  const wanted = canonicalName(name);
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!names.some((other) => canonicalName(other) === wanted)) continue;
    if ((isIpv4(address) || isIpv6(address)) && !found.includes(address)) found.push(address);
  }
  return found;
}

/** Addresses of a name that nobody needs to be asked about; null for all others. */
export function knownAddresses(name: string): readonly string[] | null {
  if (isIpv4(name) || isIpv6(name)) return [name];
  return /(^|\.)localhost$/.test(canonicalName(name)) ? ["127.0.0.1", "::1"] : null;
}
