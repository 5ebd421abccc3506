/**
 * What counts of two inits' reading of the same units: the properties that usher prints, since systemd has more of
 * them, of what usher doesn't carry out; and how a start ended.
 */
import type { Observation, Properties } from "./observe.ts";

/** Differ from one container to the next, or say something else on purpose. */
const INCOMPARABLE: readonly (readonly [names: RegExp, why: string])[] = [
  [/Timestamp(Monotonic)?$|^InvocationID$|^ControlGroup/, "of this one run"],
  [/^LoadError$/, "usher's names the place in the file"],
  [/^NotEnforced$/, "usher's own"],
];

/** Of a unit that is refused; of its settings systemd has read some, or all. */
const OF_REFUSED = /^(LoadState|ActiveState|SubState|CanStart|CanStop|start)$/;

/** Of one that could not be read systemctl says "Access denied" and ends with 4; here it says why, and ends with 1. */
const OF_UNREAD = /^(LoadState|ActiveState|SubState|CanStart|CanStop)$/;

/** A unit that is down again may have been forgotten, with what was known of its start. */
const OF_START = /^((Condition|Assert)Result|Exec\w+)$/;

/** Units of a machine that containers have no use for. */
const MACHINE_UNITS =
  /^(-\.mount|system\.slice|systemd-journald\.socket|systemd-remount-fs\.service|\S+\.device|\S+\.mount)$/;

/** Lists of units are sets. */
const UNIT_LISTS =
  /^(Requires|Requisite|Wants|BindsTo|PartOf|Upholds|\w+By|\w+Of|Conflicts|Before|After|On\w+|Triggers|Propagates\w+|\w+PropagatedFrom|Names)$/;

function normal(name: string, value: string): string {
  if (name.startsWith("Exec"))
    return value.replace(/\[\w{3} \d[^\]]*\]/g, "[then]").replace(/pid=\d+/g, "pid=0");
  if (!UNIT_LISTS.test(name)) return value;
  const units = value.split(" ").filter((unit) => !MACHINE_UNITS.test(unit));
  return units.sort().join(" ");
}

function counts(name: string, all: Properties): boolean {
  if (INCOMPARABLE.some(([names]) => names.test(name))) return false;
  if (all["ActiveState"] === "inactive" && "start" in all && OF_START.test(name)) return false;
  const isUnread = all["LoadState"] === "error";
  return all["LoadState"] === "loaded" || (isUnread ? OF_UNREAD : OF_REFUSED).test(name);
}

/** With the unit's own name as %p, so that most units have the same. */
function comparable(all: Properties, prefix: string): Properties {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name, value]) => value !== "" && counts(name, all))
      .map(([name, value]) => [name, normal(name, value).replaceAll(prefix, "%p")]),
  );
}

/** What counts of an observation, in one table; what a start has changed as "started NAME". */
export function countingProperties({ loaded, start, seen }: Observation): Properties {
  const prefix = (loaded["Id"] ?? "").replace(/\.\w+$/, "");
  const before = comparable(loaded, prefix);
  if (seen === undefined) return before;
  const after = comparable({ ...seen, start: String(start) }, prefix);
  const changed = Object.entries(after).filter(([name, value]) => before[name] !== value);
  return { ...before, ...Object.fromEntries(changed.map(([name, value]) => [`started ${name}`, value])) };
}

export interface Difference {
  readonly property: string;
  readonly systemd: string;
  readonly usher: string;
}

/** Properties of which there may be several, or none; then they are not printed at all. */
const LISTS: readonly string[] =
  "ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecStop ExecStopPre ExecStopPost Listen EnvironmentFiles".split(
    " ",
  );

/** What is to be compared of a unit: what usher prints of it, be it empty. */
export function propertiesOfUsher({ loaded, seen }: Observation): ReadonlySet<string> {
  const names = [...Object.keys(loaded), ...LISTS];
  return new Set([
    ...names,
    ...(seen === undefined ? [] : ["start", ...names].map((name) => `started ${name}`)),
  ]);
}

export function differences(systemd: Properties, usher: Observation): readonly Difference[] {
  const ours = countingProperties(usher);
  const isRefused = [systemd, ours].some((one) => one["LoadState"] !== "loaded");
  return [...propertiesOfUsher(usher)]
    .filter((name) => name in systemd || name in ours)
    .filter((name) => !isRefused || OF_REFUSED.test(name.replace(/^started /, "")))
    .map((property) => ({ property, systemd: systemd[property] ?? "", usher: ours[property] ?? "" }))
    .filter((one) => one.systemd !== one.usher);
}
