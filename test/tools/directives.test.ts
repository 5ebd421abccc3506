/** docs/directives.md says what the directive table says, and no directive is accepted without a reason. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { directiveReference } from "../../src/unit/directive/directive-reference.ts";
import { page, renderDirectives } from "../../tools/directives.ts";
import { TESTED_BY, testsOf } from "../../tools/tested-by.ts";

const tests = join(import.meta.dirname, "..");

/** Of a scenario: its unit files and what lies beside them. */
function textOf(path: string): string {
  const file = join(tests, path);
  if (!statSync(file).isDirectory()) return readFileSync(file, "utf8");
  return readdirSync(file, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}

/** Conditions and assertions are named by their kind, or are written in full; perhaps after a "\\n" in a text. */
function mentions(text: string, name: string): boolean {
  const kind = name.replace(/^(Condition|Assert)/, "");
  return new RegExp(`(\\b|\\\\n)(${name}=|${kind}\\b)`).test(text);
}

describe("the reference of directives", () => {
  test("is current (else run: node tools/directives.ts)", () => {
    expect(readFileSync(page, "utf8")).toBe(renderDirectives());
  });

  const entries = directiveReference().flatMap(({ title, entries: all }) =>
    all.map((entry) => ({ title, ...entry })),
  );

  test("says why, where a directive is not carried out", () => {
    const unexplained = entries.filter(({ status, note }) => status !== "works" && note === null);
    expect(unexplained.map(({ name }) => name)).toEqual([]);
  });

  test("has each directive once in each part", () => {
    const names = entries.map(({ title, name }) => `${title} ${name}`);
    expect(names.length).toBe(new Set(names).size);
  });

  test("names a test of each directive that is carried out, and of no other (tools/tested-by.ts)", () => {
    for (const { title, entries: all } of directiveReference()) {
      const carriedOut = all.filter(({ status }) => status === "works" || status === "fixed");
      expect([...testsOf(title).keys()].sort(), title).toEqual(carriedOut.map(({ name }) => name).sort());
    }
  });

  test("names tests that have the directive", () => {
    for (const byTest of Object.values(TESTED_BY)) {
      for (const [path, names] of Object.entries(byTest)) {
        const text = textOf(path);
        expect(
          names.split(" ").filter((name) => !mentions(text, name)),
          path,
        ).toEqual([]);
      }
    }
  });

  // An old spelling, what is only shown, what needs a terminal, and what depends on the machine.
  const withoutService = [
    "StartLimitInterval",
    "BusName",
    "SyslogFacility",
    "TTYPath",
    "Personality",
    "OOMPolicy",
  ];

  test("names a test with a real service for each directive that services and sockets have", () => {
    for (const title of ["[Socket]", "[Service]", "Execution, in [Service] and [Socket]", "[X-Usher]"]) {
      const readOnly = [...testsOf(title)].filter(([, path]) => !path.startsWith("container/"));
      expect(
        readOnly.map(([name]) => name).filter((name) => !withoutService.includes(name)),
        title,
      ).toEqual([]);
    }
  });
});
