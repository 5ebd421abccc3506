/**
 * Specifiers (systemd.unit(5), "Specifiers"): `%n` and its like, replaced when a unit is loaded.
 */
import { escapePath, unescapePath, unescapeUnitName, unitInstance, unitPrefix } from "../unit-name.ts";

/**
 * Facts of the container and the account that usher runs as. Properties are read only when a specifier asks, so an
 * implementation may make them getters. An empty text stands for "not known"; the specifier then vanishes, except
 * where systemd fails (machine id).
 */
export interface SpecifierFacts {
  /** uname's machine in systemd's words: "x86-64", "arm64" (%a) */
  readonly architecture: string;
  /** 32 hexadecimal digits (%b, %m) */
  readonly bootId: string;
  readonly machineId: string;
  /** %H; %l is its first label */
  readonly hostName: string;
  /** %q; the host name where there is no pretty one */
  readonly prettyHostName: string;
  /** %v */
  readonly kernelRelease: string;
  /** os-release(5) by key: %A IMAGE_VERSION, %B BUILD_ID, %M IMAGE_ID, %o ID, %w VERSION_ID, %W VARIANT_ID */
  readonly osRelease: Readonly<Record<string, string>>;
  /** The account that usher runs as: %u %U %g %G %h %s */
  readonly userName: string;
  readonly userId: number;
  readonly groupName: string;
  readonly groupId: number;
  readonly homeDirectory: string;
  readonly shell: string;
  /** %t %S %C %L %E: /run, /var/lib, /var/cache, /var/log, /etc for root */
  readonly runtimeDirectory: string;
  readonly stateDirectory: string;
  readonly cacheDirectory: string;
  readonly logsDirectory: string;
  readonly configurationDirectory: string;
  /** %D */
  readonly sharedDataDirectory: string;
  /** %T %V */
  readonly temporaryDirectory: string;
  readonly persistentTemporaryDirectory: string;
}

export interface SpecifierSubject {
  readonly unitName: string;
  /** %y, %Y */
  readonly fragmentPath: string | null;
  readonly facts: SpecifierFacts;
}

function lastComponent(prefix: string): string {
  return prefix.slice(prefix.lastIndexOf("-") + 1);
}

function filename(unitName: string): string | undefined {
  const instance = unitInstance(unitName);
  const text = instance === null || instance === "" ? unitPrefix(unitName) : instance;
  return unescapePath(text);
}

type Lookup = (subject: SpecifierSubject) => string | undefined;

/** Each specifier's meaning; undefined: the text can't be resolved, and the value it stands in is refused. */
const LOOKUPS: Readonly<Record<string, Lookup>> = {
  n: (s) => s.unitName,
  N: (s) => s.unitName.slice(0, s.unitName.lastIndexOf(".")),
  p: (s) => unitPrefix(s.unitName),
  P: (s) => unescapeUnitName(unitPrefix(s.unitName)),
  i: (s) => unitInstance(s.unitName) ?? "",
  I: (s) => unescapeUnitName(unitInstance(s.unitName) ?? ""),
  j: (s) => lastComponent(unitPrefix(s.unitName)),
  J: (s) => unescapeUnitName(lastComponent(unitPrefix(s.unitName))),
  f: (s) => filename(s.unitName),
  y: (s) => s.fragmentPath ?? undefined,
  Y: (s) => s.fragmentPath?.slice(0, Math.max(1, s.fragmentPath.lastIndexOf("/"))),
  a: (s) => s.facts.architecture,
  A: (s) => s.facts.osRelease["IMAGE_VERSION"] ?? "",
  b: (s) => s.facts.bootId,
  B: (s) => s.facts.osRelease["BUILD_ID"] ?? "",
  C: (s) => s.facts.cacheDirectory,
  d: (s) => `${s.facts.runtimeDirectory}/credentials/${s.unitName}`,
  D: (s) => s.facts.sharedDataDirectory,
  E: (s) => s.facts.configurationDirectory,
  g: (s) => s.facts.groupName,
  G: (s) => String(s.facts.groupId),
  h: (s) => s.facts.homeDirectory,
  H: (s) => s.facts.hostName,
  l: (s) => s.facts.hostName.split(".", 1)[0],
  L: (s) => s.facts.logsDirectory,
  m: (s) => s.facts.machineId || undefined,
  M: (s) => s.facts.osRelease["IMAGE_ID"] ?? "",
  o: (s) => s.facts.osRelease["ID"] ?? "",
  q: (s) => s.facts.prettyHostName || s.facts.hostName,
  s: (s) => s.facts.shell,
  S: (s) => s.facts.stateDirectory,
  t: (s) => s.facts.runtimeDirectory,
  T: (s) => s.facts.temporaryDirectory,
  u: (s) => s.facts.userName,
  U: (s) => String(s.facts.userId),
  v: (s) => s.facts.kernelRelease,
  V: (s) => s.facts.persistentTemporaryDirectory,
  w: (s) => s.facts.osRelease["VERSION_ID"] ?? "",
  W: (s) => s.facts.osRelease["VARIANT_ID"] ?? "",
};

/** The specifiers that may stand in a unit's name: %f, directories and the like may not. */
const IN_NAMES = "ijnNpaAbBHlqmMovwWgGuU";

export interface SpecifierError {
  /** "%x" */
  readonly specifier: string;
  /** Offset in the text. */
  readonly at: number;
  /** No such specifier, or one that has no value here. */
  readonly unknown: boolean;
}

/** Replaces specifiers. `%%` is a percent sign; a percent sign before anything but a letter or digit stays. */
export function expandSpecifiers(
  text: string,
  subject: SpecifierSubject,
  inName = false,
): string | SpecifierError {
  let at = text.indexOf("%");
  if (at < 0) return text;
  let out = "";
  let copied = 0;
  for (; at >= 0; at = text.indexOf("%", copied)) {
    out += text.slice(copied, at);
    const letter = text.charAt(at + 1);
    copied = at + 2;
    if (letter === "%") {
      out += "%";
    } else if (!/[0-9A-Za-z]/.test(letter)) {
      out += `%${letter}`;
    } else {
      const lookup = inName && !IN_NAMES.includes(letter) ? undefined : LOOKUPS[letter];
      const value = lookup?.(subject);
      if (value === undefined) return { specifier: `%${letter}`, at, unknown: lookup === undefined };
      out += value;
    }
  }
  return out + text.slice(copied);
}

/** The unit name that a path of a mount or automount unit has: used by RequiresMountsFor=. */
export function mountUnitName(path: string): string | undefined {
  const escaped = escapePath(path);
  return escaped === undefined ? undefined : `${escaped}.mount`;
}
