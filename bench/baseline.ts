/**
 * Instruction counts that are watched. Unlike times they hardly differ from run to run, so that a change of some per
 * cent is a change of the program. They belong to one compiler and one library, which the toolchain pins.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Figure, show } from "./figures.ts";
import { formatTable } from "./report.ts";

const path = join(import.meta.dirname, "baseline.json");
/** What may be added before `--check` fails. */
const tolerance = 0.1;

type Counts = Readonly<Record<string, number>>;

function readBaseline(): Counts {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
}

/** Keeps these counts as what later runs are compared with. */
export function writeBaseline(counts: readonly Figure[]): void {
  const all = Object.fromEntries(counts.map(({ metric, median }) => [metric, median]));
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
}

/** The counts beside the kept ones; `worse` when one has grown beyond the tolerance. */
export function compareWithBaseline(counts: readonly Figure[]): {
  readonly text: string;
  readonly worse: boolean;
} {
  const baseline = readBaseline();
  let worse = false;
  const rows = counts.map(({ metric, median, unit }) => {
    const before = baseline[metric];
    if (before === undefined) return [metric, show(median, unit), "–", "new"];
    const change = median / before - 1;
    worse ||= change > tolerance;
    const sign = change > 0 ? "+" : "";
    const word = change > tolerance ? " worse" : "";
    return [metric, show(median, unit), show(before, unit), `${sign}${(change * 100).toFixed(1)} %${word}`];
  });
  return { text: formatTable(["instructions", "now", "baseline", "change"], rows), worse };
}
