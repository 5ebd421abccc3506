/**
 * Has usher and real systemd read the same unit files and says in what they differ:
 *
 *     npm run oracle:differential -- --sweep=socket|service [--only=TEXT]
 *     npm run oracle:differential -- --mixtures=socket|service --seed=N --count=N
 *     npm run oracle:differential -- --record
 *
 * The last one is bounded, and writes what systemd made of its units for test/container/differential.test.ts. Exit
 * code 1 where the two differ. What they are known to differ in is in docs/directives.md.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  countingProperties,
  type Difference,
  differences,
} from "../../test/container/differential/compare.ts";
import {
  type Case,
  mixtures,
  recordedCases,
  sweep,
  type UnitKind,
} from "../../test/container/differential/corpus.ts";
import { observe } from "../../test/container/differential/observe.ts";
import { recordingPath, type Seen, writeRecording } from "../../test/container/differential/recording.ts";
import { ensureImage } from "../images.ts";

const { values } = parseArgs({
  options: {
    sweep: { type: "string" },
    mixtures: { type: "string" },
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "200" },
    batch: { type: "string", default: "400" },
    only: { type: "string", default: "" },
    record: { type: "boolean", default: false },
  },
});

function kindOf(text: string): UnitKind {
  if (text === "socket" || text === "service") return text;
  console.error(`"${text}" is neither socket nor service`);
  process.exit(2);
}

function chosen(): readonly Case[] {
  if (values.record) return recordedCases();
  const swept = values.sweep === undefined ? [] : sweep(kindOf(values.sweep));
  const mixed =
    values.mixtures === undefined
      ? []
      : mixtures(kindOf(values.mixtures), Number(values.seed), Number(values.count));
  return [...swept, ...mixed].filter(({ unit }) => unit.includes(values.only));
}

const cases = chosen();
if (cases.length === 0) {
  console.error("nothing to compare: --sweep=socket, --mixtures=service, …");
  process.exit(2);
}
if (existsSync(".cache/setup.env")) process.loadEnvFile(".cache/setup.env");
await ensureImage("usher-test:base");
await ensureImage("usher-oracle");

function print(files: Case["files"], unit: string, found: readonly Difference[]): void {
  console.log(`\n── ${unit}`);
  console.log((files[unit] ?? "").trim().replace(/^/gm, "   "));
  for (const { property, systemd, usher } of found) {
    console.log(
      ` ${property}:\n   systemd: ${JSON.stringify(systemd)}\n   usher:   ${JSON.stringify(usher)}`,
    );
  }
}

let count = 0;
const batch = Number(values.batch);
const seen: Seen[] = [];
for (let at = 0; at < cases.length; at += batch) {
  const part = cases.slice(at, at + batch);
  const [systemd, usher] = [await observe(part, "systemd"), await observe(part, "usher")];
  for (const { unit, files } of part) {
    const [his, ours] = [systemd.get(unit), usher.get(unit)];
    if (his === undefined || ours === undefined) throw new Error(`${unit} was not seen`);
    seen.push({ unit, text: files[unit] ?? "", systemd: his, usher: ours });
    const found = differences(countingProperties(his), ours);
    if (found.length > 0) print(files, unit, found);
    count += found.length;
  }
}
console.log(`\n${cases.length} units, ${count} differences`);
if (values.record) {
  writeRecording(seen);
  console.log(`written: ${recordingPath}`);
}
process.exitCode = count > 0 ? 1 : 0;
