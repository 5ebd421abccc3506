/** docs/directives.md says what the directive table says, and no directive is accepted without a reason. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { directiveReference } from "../../src/unit/directive-reference.ts";
import { page, renderDirectives } from "../../tools/directives.ts";

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
});
