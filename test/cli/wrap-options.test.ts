import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeWrapOptions, WRAP_OPTIONS } from "../../src/cli/wrap-options.ts";

describe("the options of usher -- COMMAND in --help", () => {
  const lines = describeWrapOptions().split("\n");

  test("each has a line of its own that starts with its name", () => {
    for (const { name } of WRAP_OPTIONS) {
      expect(lines.filter((line) => line.trimStart().split(" ")[0] === name)).toHaveLength(1);
    }
  });

  test("no line is longer than a terminal is wide", () => {
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("nothing of a description is lost in folding", () => {
    const words = lines.join(" ").split(/\s+/);
    for (const { help } of WRAP_OPTIONS) expect(words).toEqual(expect.arrayContaining(help.split(" ")));
  });
});

describe("docs/drop-in.md", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/drop-in.md"), "utf8");
  /** What the table says to write: the options of every `usher … -- CMD`. */
  const written = [...text.matchAll(/`usher ([^`]*)`/g)].flatMap(([, line = ""]) => [
    ...line.matchAll(/(--[a-z-]+)/g),
  ]);
  const mentioned = new Set([...text.matchAll(/--[a-z][a-z-]+/g)].map(([option]) => option));

  test("says nothing of options that there aren't", () => {
    const known = [...WRAP_OPTIONS.map(({ name }) => name), "--link-faces"];
    expect(written.map(([option]) => option).filter((option) => !known.includes(option))).toEqual([]);
  });

  test("says what every option is the answer to", () => {
    const answers = WRAP_OPTIONS.map(({ name }) => name).filter((name) => name !== "--subreaper");
    expect(answers.filter((name) => !mentioned.has(name))).toEqual([]);
  });
});
