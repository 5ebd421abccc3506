/**
 * Measures usher against others of its trade: `npm run bench`, about five minutes.
 *
 *     --quick          about a minute, rough; prints, writes nothing
 *     --long           many rounds, and Accept=yes among 10,000 live connections
 *     --only NAME      one case (repeatable); prints, writes nothing
 *     --check          exit status 1 when instruction counts are more than 10 % above bench/baseline.json
 *     --update         write the instruction counts to bench/baseline.json
 *     --no-build       measure dist/usher as it is
 *
 * Writes bench/results.md, bench/results.json and docs/img/bench.svg.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { aims } from "./aims.ts";
import { compareWithBaseline, writeBaseline } from "./baseline.ts";
import { openBox, root } from "./box.ts";
import type { Case, Effort } from "./case.ts";
import { accept } from "./cases/accept.ts";
import { adopted } from "./cases/adopted.ts";
import { firstByte } from "./cases/first-byte.ts";
import { instructions } from "./cases/instructions.ts";
import { listen } from "./cases/listen.ts";
import { memory, wrapperMemory } from "./cases/memory.ts";
import { orphans } from "./cases/orphans.ts";
import { signal } from "./cases/signal.ts";
import { size } from "./cases/size.ts";
import { start } from "./cases/start.ts";
import { readEnvironment } from "./environment.ts";
import { type Figure, lookupIn } from "./figures.ts";
import { updateFrontPage } from "./front-page.ts";
import { drawPicture } from "./picture.ts";
import { formatAims, formatCase, formatResults } from "./report.ts";

const cases: readonly Case[] = [
  start,
  wrapperMemory,
  orphans,
  signal,
  memory,
  listen,
  firstByte,
  accept,
  adopted,
  size,
  instructions,
];

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    check: { type: "boolean", default: false },
    update: { type: "boolean", default: false },
    "no-build": { type: "boolean", default: false },
  },
});

const unknown = values.only.filter((name) => !cases.some((one) => one.name === name));
if (unknown.length > 0) {
  console.error(`no case ${unknown.join(", ")}; there are ${cases.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const chosen = cases.filter(({ name }) =>
  values.only.length > 0 ? values.only.includes(name) : !values.quick || name !== "instructions",
);

if (!values["no-build"]) {
  const flavours = chosen.includes(instructions) ? [[], ["--dynamic"]] : [[]];
  for (const flavour of flavours) {
    const { status } = spawnSync("node", ["tools/build.ts", ...flavour], { cwd: root, stdio: "inherit" });
    if (status !== 0) process.exit(1);
  }
}

const effort: Effort = values.quick ? "quick" : values.long ? "long" : "normal";
const began = performance.now();
await using box = await openBox();
if (!box.hasUsher) console.log("dist/usher is missing: only the others are measured");
const environment = await readEnvironment(box);
console.log(
  `${environment.kernel}, ${environment.processors}, ${environment.engine}, load ${environment.load}`,
);

const results: { case: Case; figures: readonly Figure[] }[] = [];
for (const one of chosen) {
  const since = performance.now();
  const figures = await one.run(box, effort);
  results.push({ case: one, figures });
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  console.log(`\n${one.title} (--only ${one.name}, ${seconds} s)\n${formatCase(one, figures)}`);
}

const figures = results.flatMap((one) => one.figures);
const find = lookupIn(figures);
const judged = aims.map((aim) => ({ aim, verdict: aim.judge(find) }));
console.log(`\nAims\n${formatAims(judged.filter(({ verdict }) => verdict !== undefined))}`);

if (chosen.length === cases.length && effort !== "quick" && box.hasUsher) {
  writeFileSync(join(root, "bench/results.md"), formatResults(environment, results, judged));
  const document = {
    environment,
    aims: judged.map(({ aim, verdict }) => ({ key: aim.key, text: aim.text, ...verdict })),
    figures,
  };
  writeFileSync(join(root, "bench/results.json"), `${JSON.stringify(document, null, 2)}\n`);
  mkdirSync(join(root, "docs/img"), { recursive: true });
  writeFileSync(join(root, "docs/img/bench.svg"), drawPicture(find));
  updateFrontPage(false);
  console.log("\nwritten: bench/results.md, bench/results.json, docs/img/bench.svg, the README's table");
}

const counts = figures.filter(({ unit }) => unit === "instructions");
if (counts.length > 0) {
  const { text, worse } = compareWithBaseline(counts);
  console.log(`\n${text}`);
  if (values.update) writeBaseline(counts);
  else if (values.check && worse) process.exitCode = 1;
}
console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s`);
