/**
 * Every folder of test/container/scenarios under usher, compared with `expected`: what real systemd printed, recorded
 * by `npm run oracle -- --only=systemd --record DIR`. See harness/oracle.ts for what such a folder holds.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectedOutput, runScenario } from "./harness/oracle.ts";

const folder = join(import.meta.dirname, "scenarios");

test.for(readdirSync(folder))("%s: usher does what systemd did", async (name) => {
  const scenario = join(folder, name);
  const outcome = await runScenario(scenario, "usher");
  expect(outcome.stderr, outcome.log).toBe("");
  expect(outcome.stdout, outcome.log).toBe(expectedOutput(scenario));
});
