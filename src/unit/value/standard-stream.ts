/** StandardInput=, StandardOutput=, StandardError= and the data fed to the first (systemd.exec(5)). */
import { byteText } from "../../base/utf8.ts";
import type { ExecInput, ExecOutput } from "../model.ts";
import { unescapeText } from "../text/extract-word.ts";
import { parseAbsolutePath } from "./path.ts";
import type { Scope, ValueType } from "./value-type.ts";

/** A stream's kind, and the file's path or the descriptor's name that goes with some kinds. */
export interface StreamChoice<Kind extends string> {
  readonly kind: Kind;
  readonly argument: string | null;
}

const INPUTS: readonly ExecInput[] = ["null", "tty", "tty-force", "tty-fail", "socket", "fd", "data", "file"];
const OUTPUTS: readonly ExecOutput[] = [
  "inherit",
  "null",
  "tty",
  "kmsg",
  "kmsg+console",
  "journal",
  "journal+console",
  "socket",
  "fd",
  "file",
  "append",
  "truncate",
];

/** Names that systemd still takes for others, with a notice. */
const OBSOLETE: Readonly<Record<string, ExecOutput>> = {
  syslog: "journal",
  "syslog+console": "journal+console",
};

/** LISTEN_FDNAMES: ASCII without control characters and colons, at most 255. */
export function isDescriptorName(text: string): boolean {
  return /^[ -9;-~]{0,255}$/.test(text);
}

function withArgument<Kind extends string>(
  kind: Kind,
  argument: string,
  scope: Scope,
): StreamChoice<Kind> | undefined {
  const expanded = scope.expand(argument);
  if (expanded === undefined) return undefined;
  if (kind === "fd") return isDescriptorName(expanded) ? { kind, argument: expanded || null } : undefined;
  const path = parseAbsolutePath(expanded);
  return path === undefined ? undefined : { kind, argument: path };
}

function readStream<Kind extends string>(
  text: string,
  scope: Scope,
  kinds: readonly Kind[],
  withPath: string,
): StreamChoice<Kind> | undefined {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const kind = kinds.find((candidate) => candidate === name);
  if (kind === undefined) return undefined;
  const takesArgument = kind === "fd" || withPath.includes(kind);
  if (colon >= 0) return takesArgument ? withArgument(kind, text.slice(colon + 1), scope) : undefined;
  return takesArgument && kind !== "fd" ? undefined : { kind, argument: null };
}

/** StandardInput= */
export const standardInput: ValueType<StreamChoice<ExecInput>> = {
  expected: "null, tty, tty-force, tty-fail, data, socket, fd:NAME or file:PATH",
  read: (text, scope) => readStream(text, scope, INPUTS, "file"),
};

/** StandardOutput= and StandardError= */
export const standardOutput: ValueType<StreamChoice<ExecOutput>> = {
  expected: "inherit, null, journal, kmsg, tty, socket, fd:NAME, file:PATH, append:PATH or truncate:PATH",
  read: (text, scope) => {
    const replacement = OBSOLETE[text];
    if (replacement === undefined) return readStream(text, scope, OUTPUTS, "file append truncate");
    scope.report("notice", `${text} is obsolete, ${replacement} is used`);
    return { kind: replacement, argument: null };
  },
};

const LARGEST_INPUT = 64 * 1024 * 1024;

/** StandardInputText=: C escapes, specifiers, and a newline after each line. */
export const standardInputText: ValueType<string> = {
  expected: "text with C escapes",
  read: (text, scope, before) => {
    if (text === "") return "";
    const unescaped = unescapeText(text);
    const expanded = unescaped === undefined ? undefined : scope.expand(unescaped);
    if (expanded === undefined) return undefined;
    const joined = `${before}${byteText(expanded)}\n`;
    return joined.length > LARGEST_INPUT ? undefined : joined;
  },
};

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bytes as Latin-1 text; undefined if malformed. Blanks between are passed over. */
export function decodeBase64(text: string): string | undefined {
  const compact = text.replace(/[ \t\r\n]/g, "");
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined;
  let bits = 0;
  let held = 0;
  let out = "";
  for (const character of compact.replaceAll("=", "")) {
    held = ((held << 6) | BASE64.indexOf(character)) & 0xfff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += String.fromCharCode((held >> bits) & 0xff);
  }
  return out;
}

/** StandardInputData=: Base64. */
export const standardInputData: ValueType<string> = {
  expected: "Base64",
  read: (text, _scope, before) => {
    if (text === "") return "";
    const decoded = decodeBase64(text);
    if (decoded === undefined || before.length + decoded.length > LARGEST_INPUT) return undefined;
    return before + decoded;
  },
};
