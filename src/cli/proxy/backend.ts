/** The proxy's one operand: HOST:PORT, HOST, /path or @abstract. */
import { err, ok, type Result } from "../../base/result.ts";
import { utf8Length } from "../../base/utf8.ts";
import { parseInteger } from "../../unit/value/number.ts";

export type Backend =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "host"; readonly host: string; readonly port: number };

const DEFAULT_PORT = 80;
/** sun_path has 108 bytes, of which a path's NUL takes one. */
const LONGEST_PATH = 107;

/** `services` is the text of /etc/services, asked for only where the port is a name. */
export function parseBackend(text: string, services: () => string): Result<Backend, string> {
  if (text.startsWith("/") || text.startsWith("@")) {
    return utf8Length(text) <= LONGEST_PATH
      ? ok({ kind: "unix", path: text })
      : err("Specified address doesn't fit in an AF_UNIX address, refusing: File name too long");
  }
  const [, bracketed, plain = "", portText] = /^(?:\[([^\]]*)\]|(.*?))(?::([^:]*))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === "") return err(`Failed to parse address, no host: ${text}`);
  const port = portText === undefined ? DEFAULT_PORT : parsePort(portText, services);
  return port === undefined
    ? err(`Failed to parse address, no such port: ${text}`)
    : ok({ kind: "host", host, port });
}

function parsePort(text: string, services: () => string): number | undefined {
  if (/^\d/.test(text)) return parseInteger(text, 1, 65535);
  return text === "" ? undefined : findService(services(), text);
}

/** services(5): "http  80/tcp  www". */
function findService(file: string, name: string): number | undefined {
  for (const line of file.split("\n")) {
    const [first = "", portAndProtocol = "", ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const [, port] = /^(\d+)\/tcp$/.exec(portAndProtocol) ?? [];
    if (port !== undefined && (first === name || aliases.includes(name))) return parseInteger(port, 1, 65535);
  }
  return undefined;
}
