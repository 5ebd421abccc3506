/**
 * StartTransientUnit's arguments as unit files (systemd-run(1)): a unit is what its file says, also when a program
 * made it, so that `cat`, `show` and a reload have nothing special to know.
 */
import type { BusValue, Variant } from "../../base/dbus/marshal.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { classifyUnitName, unitType } from "../../unit/unit-name.ts";
import type { TransientUnit } from "./backend.ts";
import { DBUS_ERROR } from "./names.ts";
import { type Line, linesOf, sectionOf } from "./transient-property.ts";

export interface TransientCall {
  readonly mode: string;
  /** The unit to start first, then those beside it. */
  readonly units: readonly TransientUnit[];
  /** The caller wants the first unit to be kept until he lets go of it (AddRef). */
  readonly referenced: boolean;
}

interface Refusal {
  readonly error: string;
  readonly message: string;
}

const HEAD = "# This is a transient unit file, created programmatically via the systemd API. Do not edit.";

const OWN_SECTION = { service: "Service", socket: "Socket" } as const;

/** Why usher has none of it. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  timer: "usher has no timers yet: --on-active=, --on-calendar= and the like start nothing",
  path: "usher has no path units yet: nothing would watch the path",
  scope: "usher has no scopes: leave out --scope, and the command becomes a service",
  slice: "usher has no slices: resources are the container engine's",
};

const STREAMS = [
  "StandardInputFileDescriptor",
  "StandardOutputFileDescriptor",
  "StandardErrorFileDescriptor",
];

const refuse = (error: string, message: string): Result<never, Refusal> =>
  err({ error: `${DBUS_ERROR}.${error}`, message });

type Property = readonly [name: string, value: Variant];

/** The arguments of StartTransientUnit, `ssa(sv)a(sa(sv))`. */
export function readTransientCall(
  body: readonly BusValue[],
  fds: readonly number[],
): Result<TransientCall, Refusal> {
  const [name = "", mode = "", properties = [], others = []] = body;
  const main = properties as unknown as readonly Property[];
  const beside = others as unknown as readonly (readonly [string, readonly Property[]])[];
  const units: TransientUnit[] = [];
  for (const [unit, given] of [[String(name), main] as const, ...beside]) {
    const made = makeUnit(unit, given, fds);
    if (!made.ok) return made;
    units.push(made.value);
  }
  const referenced = main.some(([property, { value }]) => property === "AddRef" && value === true);
  return ok({ mode: String(mode), units, referenced });
}

function makeUnit(
  name: string,
  properties: readonly Property[],
  fds: readonly number[],
): Result<TransientUnit, Refusal> {
  const type = unitType(name);
  const kind = classifyUnitName(name);
  if (type === undefined || kind === "invalid") return refuse("InvalidArgs", "Invalid unit name or type.");
  if (kind === "template") return refuse("InvalidArgs", `Unit name ${name} is missing the instance name.`);
  if (type !== "service" && type !== "socket")
    return refuse(
      "NotSupported",
      `Unit type ${type} does not support transient units${type in UNSUPPORTED ? `: ${UNSUPPORTED[type]}` : "."}`,
    );
  const all = new Map(properties);
  const stdio: [number, number, number] = [-1, -1, -1];
  const lines: Line[] = [];
  for (const [property, value] of properties) {
    if (property === "AddRef") continue;
    const slot = STREAMS.indexOf(property);
    const failure =
      slot < 0 || type !== "service"
        ? addLines(lines, property, value, all, OWN_SECTION[type])
        : takeDescriptor(stdio, slot as 0 | 1 | 2, property, value, fds);
    if (failure !== null) return err(failure);
  }
  return ok({ name, text: fragment(lines, OWN_SECTION[type]), stdio });
}

function addLines(
  lines: Line[],
  property: string,
  value: Variant,
  all: ReadonlyMap<string, Variant>,
  own: string,
): Refusal | null {
  const made = linesOf(property, value, all, own);
  if (typeof made !== "string") {
    lines.push(...made);
    return null;
  }
  const [error, message] = {
    unknown: ["PropertyReadOnly", `Cannot set property ${property}, or unknown property.`],
    "wrong-type": ["InvalidArgs", `Unexpected type ${value.signature} of property ${property}.`],
    unwritable: ["InvalidArgs", `Invalid ${property} setting: no unit file can say it.`],
  }[made] as [string, string];
  return { error: `${DBUS_ERROR}.${error}`, message };
}

function takeDescriptor(
  stdio: [number, number, number],
  slot: 0 | 1 | 2,
  property: string,
  { signature, value }: Variant,
  fds: readonly number[],
): Refusal | null {
  const fd = signature === "h" ? fds[Number(value)] : undefined;
  if (fd === undefined)
    return { error: `${DBUS_ERROR}.InvalidArgs`, message: `No descriptor came for property ${property}.` };
  stdio[slot] = fd;
  return null;
}

/** The file's text: [Unit] first, then the type's own section. */
function fragment(lines: readonly Line[], own: string): string {
  const sections = ["Unit", own].map((name) => {
    const written = lines.filter(([directive]) => sectionOf(directive, own) === name);
    const text = written.map(([directive, value]) => `${directive}=${value}\n`).join("");
    return text === "" ? "" : `\n[${name}]\n${text}`;
  });
  return `${HEAD}\n${sections.join("")}`;
}
