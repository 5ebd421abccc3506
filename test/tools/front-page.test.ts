import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

it("the README's figures are those of bench/results.json", () => {
  expect(execFileSync("node", ["bench/front-page.ts", "--check"], { cwd: root, encoding: "utf8" })).toBe("");
});
