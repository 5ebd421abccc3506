/**
 * `npm test`: every gate in order, each under a heading with its time. All of them run even when one fails, except
 * that tests in containers need a build. Ends with the counts over all tests; a failed gate counts as one failed test.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { add, type Counts, closingLine, countFile, none } from "./summary.ts";

const root = join(import.meta.dirname, "..");
const cache = join(root, ".cache");
const reports = join(cache, "reports");

type Stage = { readonly title: string; readonly command: readonly string[]; readonly report?: string };

function vitest(project: string): Stage {
  const report = join(reports, `${project}.json`);
  const options = [
    "--reporter=default",
    "--reporter=./tools/second-try.ts",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  return { title: `${project} tests`, command: ["vitest", "run", "--project", project, ...options], report };
}

/** The pure layers' unit tests once more, in usher's own engine. */
function inside(): Stage {
  const report = join(reports, "inside.json");
  return { title: "the same inside usher", command: ["node", "tools/inside.ts", "--report", report], report };
}

const stages: readonly Stage[] = [
  { title: "format", command: ["biome", "check", "--linter-enabled=false"] },
  { title: "lint", command: ["biome", "lint", "--error-on-warnings"] },
  { title: "layers", command: ["node", "tools/check-layers.ts"] },
  { title: "types", command: ["tsc", "-b"] },
  vitest("unit"),
  { title: "build", command: ["node", "tools/build.ts"] },
  { title: "test build", command: ["node", "tools/build.ts", "--test"] },
  inside(),
  vitest("container"),
  vitest("packages"),
];

const needsBuild: readonly string[] = ["container tests", "packages tests"];

const started = performance.now();
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

let counts: Counts = none;
let built = true;
const failedStages: string[] = [];
for (const { title, command, report } of stages) {
  console.log(`\n── ${title} ${"─".repeat(Math.max(0, 70 - title.length))}`);
  if (needsBuild.includes(title) && !built) {
    console.log("not run: the build failed");
    failedStages.push(title);
    continue;
  }
  const since = performance.now();
  const [program = "", ...args] = command;
  const env = { ...process.env, USHER_BUILT: built ? "1" : "" };
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: "inherit", env });
  const exitCode = status ?? 1;
  if (error !== undefined) {
    console.error(`cannot run ${program}: ${error.message}`);
  }
  if (report !== undefined) {
    counts = add(counts, countFile(report, exitCode));
  } else if (exitCode !== 0) {
    counts = add(counts, { passed: 0, failed: 1, skipped: 0 });
  }
  if (exitCode !== 0) {
    failedStages.push(title);
    built &&= title !== "build";
  }
  console.log(`   ${exitCode === 0 ? "ok" : "FAILED"}, ${seconds(since)}`);
}

console.log(`\n── total ${"─".repeat(65)}`);
console.log(failedStages.length === 0 ? "every stage passed" : `failed: ${failedStages.join(", ")}`);
console.log(`${seconds(started)}`);
const line = closingLine(counts);
writeFileSync(join(cache, "closing-line"), `${line}\n`);
console.log(line);
process.exitCode = failedStages.length === 0 ? 0 : 1;
