/**
 * Has usher and real systemd read the same unit files and says in what they differ:
 * `npm run oracle:differential -- [--sweep=socket|service] [--mixtures=socket|service --seed=N --count=N]`.
 * Exit code 1 where they do.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Case, mixtures, sweep, type UnitKind } from "../../test/container/differential/corpus.ts";
import { type Difference, differences, observe } from "../../test/container/differential/observe.ts";
import { ensureImage } from "../images.ts";

const { values } = parseArgs({
  options: {
    sweep: { type: "string" },
    mixtures: { type: "string" },
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "200" },
    batch: { type: "string", default: "400" },
    only: { type: "string", default: "" },
  },
});

function kindOf(text: string): UnitKind {
  if (text === "socket" || text === "service") return text;
  console.error(`"${text}" is neither socket nor service`);
  process.exit(2);
}

const cases: Case[] = [
  ...(values.sweep === undefined ? [] : sweep(kindOf(values.sweep))),
  ...(values.mixtures === undefined
    ? []
    : mixtures(kindOf(values.mixtures), Number(values.seed), Number(values.count))),
].filter(({ unit }) => unit.includes(values.only));
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
for (let at = 0; at < cases.length; at += batch) {
  const part = cases.slice(at, at + batch);
  const [systemd, usher] = [await observe(part, "systemd"), await observe(part, "usher")];
  const found = Map.groupBy(differences(systemd, usher), ({ unit }) => unit);
  for (const { unit, files } of part) {
    const own = found.get(unit);
    if (own !== undefined) print(files, unit, own);
    count += own?.length ?? 0;
  }
}
console.log(`\n${cases.length} units, ${count} differences`);
process.exitCode = count > 0 ? 1 : 0;
