/**
 * Unit names: validity, templates and instances, escaping (systemd.unit(5), "String Escaping for Inclusion in Unit
 * Names"; systemd-escape(1)).
 */
import { carriedByte, joinCarriedBytes, utf8Bytes } from "../base/utf8.ts";
import type { UnitType } from "./model.ts";
import { isNormalized, isValidPath, simplifyPath } from "./value/path.ts";

const LONGEST_UNIT_NAME = 255;
const TYPES: ReadonlySet<string> = new Set<UnitType>([
  "service",
  "socket",
  "target",
  "timer",
  "path",
  "slice",
  "mount",
  "scope",
  "device",
  "swap",
  "automount",
]);

export type UnitNameKind = "plain" | "template" | "instance" | "invalid";

function isUnitType(text: string): text is UnitType {
  return TYPES.has(text);
}

interface NameFacts {
  readonly kind: UnitNameKind;
  readonly type: UnitType | undefined;
}

/** Names that were looked at: the same few are asked about again and again while units are loaded. */
const KNOWN: Map<string, NameFacts> = new Map();
const MOST_KNOWN = 4096;

function examine(name: string): NameFacts {
  const dot = name.lastIndexOf(".");
  const suffix = name.slice(dot + 1);
  const type = isUnitType(suffix) && dot > 0 ? suffix : undefined;
  if (type === undefined || name.length > LONGEST_UNIT_NAME || !/^[0-9A-Za-z:_.\\@-]+$/.test(name)) {
    return { kind: "invalid", type };
  }
  const at = name.indexOf("@");
  if (at < 0 || at > dot) return { kind: "plain", type };
  if (at === 0) return { kind: "invalid", type };
  return { kind: at + 1 === dot ? "template" : "instance", type };
}

function factsOf(name: string): NameFacts {
  const known = KNOWN.get(name);
  if (known !== undefined) return known;
  const facts = examine(name);
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(name, facts);
  return facts;
}

/** The type that the name's suffix says; undefined if it says none. */
export function unitType(name: string): UnitType | undefined {
  return factsOf(name).type;
}

export function classifyUnitName(name: string): UnitNameKind {
  return factsOf(name).kind;
}

export function isValidUnitName(name: string): boolean {
  return classifyUnitName(name) !== "invalid";
}

/** "foo@bar.service" → "foo"; "foo.service" → "foo". */
export function unitPrefix(name: string): string {
  const at = name.indexOf("@");
  return name.slice(0, at >= 0 ? at : name.lastIndexOf("."));
}

/** "foo@bar.service" → "bar", "foo@.service" → "", "foo.service" → null. */
export function unitInstance(name: string): string | null {
  const at = name.indexOf("@");
  return at < 0 ? null : name.slice(at + 1, name.lastIndexOf("."));
}

/** "foo@bar.service" → "foo@.service". The name must have an instance. */
export function templateOf(name: string): string {
  return name.slice(0, name.indexOf("@") + 1) + name.slice(name.lastIndexOf("."));
}

/** "foo@.service", "bar" → "foo@bar.service"; undefined if the first is no template or instance. */
export function withInstance(name: string, instance: string): string | undefined {
  const kind = classifyUnitName(name);
  if (kind !== "template" && kind !== "instance") return undefined;
  const joined = name.slice(0, name.indexOf("@") + 1) + instance + name.slice(name.lastIndexOf("."));
  return classifyUnitName(joined) === "instance" ? joined : undefined;
}

/** "foo@bar.service", "socket" → "foo@bar.socket". */
export function withType(name: string, type: UnitType): string {
  return name.slice(0, name.lastIndexOf(".") + 1) + type;
}

function escapeCharacter(character: string, first: boolean): string {
  if (character === "/") return "-";
  if (/[0-9A-Za-z:_.]/.test(character) && !(first && character === ".")) return character;
  const bytes = utf8Bytes(character.codePointAt(0) ?? 0);
  return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** systemd-escape: any text as a part of a unit name. */
export function escapeUnitName(text: string): string {
  let escaped = "";
  for (const character of text) escaped += escapeCharacter(character, escaped === "");
  return escaped;
}

/** systemd-escape --path: "/foo//bar/" → "foo-bar", "/" → "-"; undefined for a path with "..". */
export function escapePath(path: string): string | undefined {
  const simple = simplifyPath(path);
  if (simple === "/" || simple === "") return "-";
  const relative = simple.startsWith("/") ? simple.slice(1) : simple;
  return isNormalized(relative) && isValidPath(simple) ? escapeUnitName(relative) : undefined;
}

/** systemd-escape --unescape; undefined for a malformed escape. */
export function unescapeUnitName(text: string): string | undefined {
  if (/\\(?!x[0-9a-fA-F]{2})/.test(text)) return undefined;
  const unescaped = text.replaceAll("-", "/").replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => {
    const byte = Number.parseInt(hex, 16);
    return byte < 0x80 ? String.fromCharCode(byte) : carriedByte(byte);
  });
  return joinCarriedBytes(unescaped);
}

/** systemd-escape --unescape --path: "foo-bar" → "/foo/bar", "-" → "/"; undefined where no path comes out. */
export function unescapePath(text: string): string | undefined {
  if (text === "-") return "/";
  if (text === "") return undefined;
  const path = unescapeUnitName(text);
  if (path === undefined || path.startsWith("/") || path.endsWith("/")) return undefined;
  if (path.includes("//") || !isNormalized(path) || !isValidPath(path)) return undefined;
  return `/${path}`;
}
