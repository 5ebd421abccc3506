/** What an init makes of a corpus of units; see observe.py for what is looked at, compare.ts for what counts. */
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
