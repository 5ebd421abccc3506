/**
 * Runs scenario folders under usher and under real systemd and shows both: `npm run oracle -- DIR…`.
 * `--only=usher|systemd` runs one side, `--log` prints the init's log too, `--record` writes what systemd's side
 * printed to the scenario's file `expected`. Exit code 1 where the sides differ.
 */

import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  expectedOutput,
  type Outcome,
  runScenario,
  type Side,
  scenarioImage,
} from "../../test/container/harness/oracle.ts";
import { ensureImage } from "../images.ts";

function show({ side, exitCode, stdout, stderr, log }: Outcome, withLog: boolean): void {
  console.log(`── ${side}, client ended with ${exitCode} ${"─".repeat(30)}`);
  process.stdout.write(stdout);
  process.stdout.write(stderr.replace(/^(?=.)/gm, "stderr: "));
  if (withLog) {
    console.log(`── log\n${log}`);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    log: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});
if (positionals.length === 0) {
  console.error("usage: npm run oracle -- [--only=usher|systemd] [--log] [--record] DIR…");
  process.exit(2);
}
if (existsSync(".cache/setup.env")) {
  process.loadEnvFile(".cache/setup.env");
}
const sides: readonly Side[] =
  values.only === "usher" || values.only === "systemd" ? [values.only] : ["systemd", "usher"];
if (sides.includes("usher")) {
  if (process.env["USHER_PRODUCT_IMAGE"] === undefined) {
    spawnSync("node", ["tools/build.ts"], { stdio: "inherit" });
  }
}
if (sides.includes("systemd")) {
  await ensureImage("usher-oracle");
}

let differences = 0;
for (const positional of positionals) {
  const folder = resolve(positional);
  if (sides.includes("usher")) {
    await ensureImage(scenarioImage(folder));
  }
  console.log(`\n══ ${positional}`);
  const outcomes: Outcome[] = [];
  for (const side of sides) {
    const outcome = await runScenario(folder, side);
    show(outcome, values.log);
    if (side === "systemd" && values.record) {
      writeFileSync(join(folder, "expected"), outcome.stdout);
    }
    outcomes.push(outcome);
  }
  const expected = expectedOutput(folder);
  const texts = [...outcomes.map(({ stdout }) => stdout), ...(expected === undefined ? [] : [expected])];
  const same = texts.every((text) => text === texts[0]);
  differences += same ? 0 : 1;
  console.log(`── ${same ? "same" : "DIFFERENT"}${expected === undefined ? "" : " (with `expected`)"}`);
}
process.exitCode = differences > 0 ? 1 : 0;
