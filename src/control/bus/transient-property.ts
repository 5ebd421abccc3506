/**
 * From a property of a transient unit, as the bus brings it, to lines of a unit file (org.freedesktop.systemd1(5),
 * systemd-run(1)). What a property is called and how it is typed is here; what its value has to be, the directive
 * table says when the lines are read.
 */
import type { BusValue, Variant } from "../../base/dbus/marshal.ts";
import { signalName } from "../../base/signal.ts";
import { findDirective } from "../../unit/directive/directive-table.ts";
import { capabilityName } from "../../unit/value/capability.ts";
import { SECURE_BITS } from "../../unit/value/scheduling.ts";

/** A directive with its value. */
export type Line = readonly [directive: string, value: string];

/** null: the value can't be written in a unit file. */
type Write = (value: BusValue, name: string) => readonly Line[] | null;

interface Rule {
  readonly signature: string;
  readonly write: Write;
}

const U64_INFINITY = 2n ** 64n - 1n;

// ------------------------------------------------------------------------------------------------------------ text

/** Text that goes into a line as it is: it must not end the line, go on in the next, or lose blanks at its ends. */
function plain(value: BusValue): string | null {
  const text = String(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is asked
  const isWritable = !/[\0-\x08\x0a-\x1f\x7f]|\\$|^\s|\s$/.test(text);
  return isWritable ? text.replaceAll("%", "%%") : null;
}

const ESCAPED: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\t": "\\t",
  "%": "%%",
};

/** One word in quotes, with C escapes and no specifiers. */
export function quoted(value: BusValue): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  const text = String(value).replace(/[\0-\x1f\x7f\\"%]/g, (one) => {
    return ESCAPED[one] ?? `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${text}"`;
}

/** Names and paths need no quotes, and some lists know none. */
function word(value: BusValue): string {
  const text = String(value);
  return /^[\w.@:/+,~=\\-]+$/.test(text) && !text.endsWith("\\") ? text : quoted(text);
}

function list(value: BusValue): readonly BusValue[] {
  return Array.isArray(value) ? (value as readonly BusValue[]) : [];
}

// ----------------------------------------------------------------------------------------------------------- rules

function oneLine(signature: string, write: (value: BusValue) => string | null): Rule {
  return {
    signature,
    write(value, name) {
      const text = write(value);
      return text === null ? null : [[name, text]];
    },
  };
}

const number = (value: BusValue): string => (value === U64_INFINITY ? "infinity" : String(value));
const octal = (value: BusValue): string => Number(value).toString(8).padStart(4, "0");
const words = (value: BusValue): string => list(value).map(word).join(" ");

/** What is typed as its directive is written. */
const BY_SIGNATURE: Readonly<Record<string, Rule>> = {
  s: oneLine("s", plain),
  b: oneLine("b", (value) => (value === true ? "yes" : "no")),
  i: oneLine("i", number),
  u: oneLine("u", number),
  x: oneLine("x", number),
  t: oneLine("t", number),
  as: oneLine("as", words),
  // An allow list, or what is denied.
  "(bas)": oneLine("(bas)", (value) => `${list(value)[0] === true ? "" : "~"}${words(list(value)[1] ?? [])}`),
};

/** A command: path, arguments, and whether its failure is passed over. */
function command(directive: string): Rule {
  return {
    signature: "a(sasb)",
    write: (value) =>
      list(value).map((one) => commandLine(directive, list(one), list(one)[2] === true ? "-" : "")),
  };
}

const PREFIXES: Readonly<Record<string, string>> = {
  "ignore-failure": "-",
  privileged: "+",
  "no-setuid": "!",
  "ambient-no-new-privileges": "!!",
  "no-env-expand": ":",
  "via-shell": "|",
};

/** The same with flags by name. */
function commandEx(directive: string): Rule {
  return {
    signature: "a(sasas)",
    write(value) {
      const commands = list(value).map((one) => {
        const prefixes = list(list(one)[2] ?? []).map((flag) => PREFIXES[String(flag)]);
        return prefixes.includes(undefined) ? null : commandLine(directive, list(one), prefixes.join(""));
      });
      return commands.includes(null) ? null : commands.filter((one) => one !== null);
    },
  };
}

/** "@" where the program is to see another name for itself than its path. */
function commandLine(directive: string, [path = "", argv = []]: readonly BusValue[], prefix: string): Line {
  const argument = list(argv);
  const first = argument[0] === path ? [] : [path];
  const at = first.length > 0 ? "@" : "";
  return [directive, `${prefix}${at}${[...first, ...argument].map(quoted).join(" ")}`];
}

function renamed(directive: string, signature: string, write: (value: BusValue) => string | null): Rule {
  return {
    signature,
    write(value) {
      const text = write(value);
      return text === null ? null : [[directive, text]];
    },
  };
}

function each(directive: string, signature: string, write: (parts: readonly BusValue[]) => string): Rule {
  return { signature, write: (value) => list(value).map((one) => [directive, write(list(one))]) };
}

/** Where a stream goes: "file:/var/log/x". */
function stream(directive: string, kind: string): Rule {
  return renamed(directive, "s", (value) => {
    const text = plain(value);
    return text === null ? null : `${kind}:${text}`;
  });
}

function bits(value: BusValue): number[] {
  const mask = BigInt(value as number | bigint);
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}

const LAST_CAPABILITY = 40;
const capabilities = oneLine("t", (value) =>
  bits(value)
    .filter((bit) => bit <= LAST_CAPABILITY)
    .map(capabilityName)
    .join(" "),
);

const statuses = oneLine("(aiai)", (value) => {
  const [codes = [], signals = []] = list(value);
  return [...list(codes).map(String), ...list(signals).map((one) => signalName(Number(one)))].join(" ");
});

/** ConditionPathExists=|!/x, of [name, trigger, negate, parameter]. */
const conditions: Rule = {
  signature: "a(sbbs)",
  write(value) {
    const lines = list(value).map((one): Line | null => {
      const [name = "", trigger, negate, parameter = ""] = list(one);
      const text = plain(parameter);
      const isCondition = /^(Condition|Assert)[A-Za-z0-9]+$/.test(String(name));
      return text === null || !isCondition
        ? null
        : [String(name), `${trigger === true ? "|" : ""}${negate === true ? "!" : ""}${text}`];
    });
    return lines.includes(null) ? null : lines.filter((one) => one !== null);
  },
};

const LISTEN = "Stream Datagram SequentialPacket FIFO Special Netlink MessageQueue".split(" ");

/** ListenStream=7070, of ["Stream", "7070"]. */
const listeners: Rule = {
  signature: "a(ss)",
  write(value) {
    const lines = list(value).map((one): Line | null => {
      const [kind = "", address = ""] = list(one);
      const text = plain(address);
      return text === null || !LISTEN.includes(String(kind)) ? null : [`Listen${kind}`, text];
    });
    return lines.includes(null) ? null : lines.filter((one) => one !== null);
  },
};

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function base64(bytes: readonly BusValue[]): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const part = bytes.slice(at, at + 3).map(Number);
    const [a = 0, b = 0, c = 0] = part;
    const group = (a << 16) | (b << 8) | c;
    for (let digit = 0; digit < 4; digit++) {
      text += digit > part.length ? "=" : (BASE64[(group >> (18 - 6 * digit)) & 63] ?? "");
    }
  }
  return text;
}

/** Bytes with every one escaped that isn't plain. */
function escapedBytes(bytes: readonly BusValue[]): string {
  return bytes
    .map((byte) => String.fromCharCode(Number(byte)))
    .map((one) => (/[\w.,:/+-]/.test(one) ? one : `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`))
    .join("");
}

const EXEC_LISTS =
  "ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecStop ExecStopPost ExecStopPre";

/** What isn't named or typed as its directive is. */
const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    EXEC_LISTS.split(" ").flatMap((name) => [
      [name, command(name)],
      [`${name}Ex`, commandEx(name)],
    ]),
  ),
  // A description is for people.
  Description: oneLine("s", (value) =>
    plain(
      String(value)
        .replace(/\s+/g, " ")
        .replace(/[\\ ]+$/, ""),
    ),
  ),
  Environment: oneLine("as", (value) => list(value).map(quoted).join(" ")),
  EnvironmentFiles: each(
    "EnvironmentFile",
    "a(sb)",
    ([path = "", optional]) => `${optional === true ? "-" : ""}${plain(path) ?? ""}`,
  ),
  UMask: oneLine("u", octal),
  SocketMode: oneLine("u", octal),
  DirectoryMode: oneLine("u", octal),
  RuntimeDirectoryMode: oneLine("u", octal),
  StateDirectoryMode: oneLine("u", octal),
  CacheDirectoryMode: oneLine("u", octal),
  LogsDirectoryMode: oneLine("u", octal),
  ConfigurationDirectoryMode: oneLine("u", octal),
  CoredumpFilter: oneLine("t", (value) => `0x${BigInt(value as number | bigint).toString(16)}`),
  CapabilityBoundingSet: capabilities,
  AmbientCapabilities: capabilities,
  SecureBits: oneLine("i", (value) =>
    bits(Number(value) & 0xff)
      .flatMap((bit) => SECURE_BITS[bit] ?? [])
      .join(" "),
  ),
  CPUAffinity: oneLine("ay", (value) =>
    list(value)
      .flatMap((byte, at) => bits(Number(byte)).map((bit) => 8 * at + bit))
      .join(" "),
  ),
  SuccessExitStatus: statuses,
  RestartPreventExitStatus: statuses,
  RestartForceExitStatus: statuses,
  Conditions: conditions,
  Asserts: conditions,
  Listen: listeners,
  Symlinks: oneLine("as", words),
  StandardInputFile: stream("StandardInput", "file"),
  StandardInputFileDescriptorName: stream("StandardInput", "fd"),
  StandardOutputFile: stream("StandardOutput", "file"),
  StandardOutputFileToAppend: stream("StandardOutput", "append"),
  StandardOutputFileToTruncate: stream("StandardOutput", "truncate"),
  StandardOutputFileDescriptorName: stream("StandardOutput", "fd"),
  StandardErrorFile: stream("StandardError", "file"),
  StandardErrorFileToAppend: stream("StandardError", "append"),
  StandardErrorFileToTruncate: stream("StandardError", "truncate"),
  StandardErrorFileDescriptorName: stream("StandardError", "fd"),
  StandardInputData: oneLine("ay", (value) => base64(list(value))),
  SetCredential: each(
    "SetCredential",
    "a(say)",
    ([id = "", bytes = []]) => `${plain(id) ?? ""}:${escapedBytes(list(bytes))}`,
  ),
  LoadCredential: each(
    "LoadCredential",
    "a(ss)",
    ([id = "", path = ""]) => `${plain(id) ?? ""}:${plain(path) ?? ""}`,
  ),
  CPUQuotaPerSecUSec: renamed("CPUQuota", "t", (value) =>
    value === U64_INFINITY ? "" : `${Number(value) / 10_000}%`,
  ),
};

/** "RestartUSec" → "RestartSec": on the bus times are µs. */
function spanRule(name: string): Rule | null {
  if (!name.endsWith("USec")) return null;
  return renamed(`${name.slice(0, -4)}Sec`, "t", (value) =>
    value === U64_INFINITY ? "infinity" : `${value}us`,
  );
}

/** "LimitNOFILE" comes together with "LimitNOFILESoft": the hard limit for both first, then the soft one lowers it. */
function limitRule(name: string, others: ReadonlyMap<string, Variant>): Rule | null {
  if (!/^Limit[A-Z]+(Soft)?$/.test(name)) return null;
  const hardName = name.replace(/Soft$/, "");
  const hard = number(others.get(hardName)?.value ?? 0);
  const write = (value: BusValue): string => (name === hardName ? number(value) : `${number(value)}:${hard}`);
  return renamed(hardName, "t", write);
}

/** "PrivateTmpEx" → "PrivateTmp": a later type for the same directive. */
function laterRule(name: string): Rule | null {
  return name.endsWith("Ex") ? renamed(name.slice(0, -2), "s", plain) : null;
}

function ruleFor(
  name: string,
  signature: string,
  others: ReadonlyMap<string, Variant>,
  isKnown: boolean,
): Rule | null {
  if (Object.hasOwn(RULES, name)) return RULES[name] ?? null;
  const special = limitRule(name, others) ?? spanRule(name);
  if (special !== null) return special;
  if (!isKnown) return laterRule(name);
  return Object.hasOwn(BY_SIGNATURE, signature) ? (BY_SIGNATURE[signature] ?? null) : null;
}

/** The section in which a unit of the type has the directive; null: in none. */
export function sectionOf(directive: string, own: string): string | null {
  if (findDirective("Unit", directive) !== undefined) return "Unit";
  return findDirective(own, directive) === undefined ? null : own;
}

export type PropertyFailure = "unknown" | "wrong-type" | "unwritable";

/**
 * The lines of one property of a unit whose own section is `own`; `others` are all that were given with it. An empty
 * list clears, as an empty line does.
 */
export function linesOf(
  name: string,
  { signature, value }: Variant,
  others: ReadonlyMap<string, Variant>,
  own: string,
): readonly Line[] | PropertyFailure {
  const rule = ruleFor(name, signature, others, sectionOf(name, own) !== null);
  if (rule === null) return "unknown";
  if (rule.signature !== signature) return "wrong-type";
  const lines = rule.write(value, name);
  if (lines === null) return "unwritable";
  return lines.every(([directive]) => sectionOf(directive, own) !== null) ? lines : "unknown";
}
