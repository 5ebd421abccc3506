/** Both inits' reading of a corpus (see observe.py for what is looked at), and in what they differ. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runScenario, type Side } from "../harness/oracle.ts";
import type { Case } from "./corpus.ts";

export type Properties = Readonly<Record<string, string>>;

/** Of one unit: what it was loaded as, and after a start, where it was started. */
export interface Observation {
  loaded: Properties;
  start?: number;
  seen?: Properties;
}

/** What tells something of a unit that is refused; of its settings systemd has read some, or all. */
const OF_REFUSED = /^(LoadState|ActiveState|SubState|CanStart|CanStop|start)$/;

/** Whose start would end the container, or is a race against the clock. */
const UNFIT_TO_START = /^(\w*Action|Job\w*Timeout\w*)=/m;

function isStarted({ unit, files }: Case): boolean {
  return unit.endsWith(".socket") && !UNFIT_TO_START.test(files[unit] ?? "");
}

/** Boots one init with all these units, and asks it about each. */
export async function observe(cases: readonly Case[], side: Side): Promise<ReadonlyMap<string, Observation>> {
  const folder = mkdtempSync(join(tmpdir(), "differential-"));
  try {
    mkdirSync(join(folder, "units"));
    for (const { files } of cases)
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "units", name), text);
    writeFileSync(join(folder, "client.sh"), "exec python3 /opt/observe.py /opt/wanted.json\n");
    const wanted = {
      show: cases.map(({ unit }) => unit),
      start: cases.filter(isStarted).map(({ unit }) => unit),
    };
    const outcome = await runScenario(folder, side, {
      unitDir: "/etc/systemd/system",
      files: {
        "/opt/observe.py": readFileSync(join(import.meta.dirname, "observe.py"), "utf8"),
        "/opt/wanted.json": JSON.stringify(wanted),
      },
    });
    if (outcome.exitCode !== 0) throw new Error(`${side}: ${outcome.stderr}`);
    return parse(outcome.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parse(lines: string): Map<string, Observation> {
  const found = new Map<string, Observation>();
  for (const line of lines.split("\n").filter((text) => text !== "")) {
    const { unit, ...part } = JSON.parse(line) as { unit: string } & Observation;
    found.set(unit, { ...found.get(unit), ...part });
  }
  return found;
}

/** Differ from one container to the next, or say something else on purpose. */
const INCOMPARABLE: readonly (readonly [names: RegExp, why: string])[] = [
  [/Timestamp(Monotonic)?$|^InvocationID$|^ControlGroup/, "of this one run"],
  [/^LoadError$/, "usher's names the place in the file"],
  [/^NotEnforced$/, "usher's own"],
];

/** Units of a machine that containers have no use for. */
const MACHINE_UNITS =
  /^(-\.mount|system\.slice|systemd-journald\.socket|systemd-remount-fs\.service|\S+\.device|\S+\.mount)$/;

/** Lists of units are sets. */
const UNIT_LISTS =
  /^(Requires|Requisite|Wants|BindsTo|PartOf|Upholds|\w+By|\w+Of|Conflicts|Before|After|On\w+|Triggers|Propagates\w+|\w+PropagatedFrom|Names)$/;

function normal(name: string, value: string | undefined): string {
  if (value === undefined) return "(none)";
  if (!UNIT_LISTS.test(name)) return value;
  const units = value.split(" ").filter((unit) => !MACHINE_UNITS.test(unit));
  return units.sort().join(" ");
}

export interface Difference {
  readonly unit: string;
  readonly property: string;
  readonly systemd: string;
  readonly usher: string;
}

function compare(unit: string, part: string, systemd: Properties, usher: Properties): Difference[] {
  const isRefused = systemd["LoadState"] !== "loaded" && usher["LoadState"] !== "loaded";
  return Object.keys(usher)
    .filter((name) => !INCOMPARABLE.some(([names]) => names.test(name)))
    .filter((name) => !isRefused || OF_REFUSED.test(name))
    .map((name) => ({
      unit,
      property: `${part}${name}`,
      systemd: normal(name, systemd[name]),
      usher: normal(name, usher[name]),
    }))
    .filter((one) => one.systemd !== one.usher);
}

/** Of what usher prints; systemd has more properties, of what usher doesn't carry out. */
export function differences(
  systemd: ReadonlyMap<string, Observation>,
  usher: ReadonlyMap<string, Observation>,
): readonly Difference[] {
  return [...usher].flatMap(([unit, ours]) => {
    const theirs = systemd.get(unit);
    if (theirs === undefined) return [{ unit, property: "", systemd: "(unit missing)", usher: "" }];
    const state = (one: Observation): Properties => ({ ...one.seen, start: String(one.start) });
    return [
      ...compare(unit, "", theirs.loaded, ours.loaded),
      ...compare(unit, "started ", state(theirs), state(ours)),
    ];
  });
}
