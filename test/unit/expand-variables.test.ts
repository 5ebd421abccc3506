// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the curlies are what is tested
import { describe, expect, it } from "vitest";
import { expandArguments } from "../../src/unit/text/expand-variables.ts";
import vectors from "./vectors/environment.json" with { type: "json" };

const FOO: Readonly<Record<string, string>> = {
  ONE: "one",
  TWO: "two words",
  QUOTED: "'a b' \"c",
  EMPTY: "",
};

function expand(...argv: string[]): string[] {
  return expandArguments(argv, (name) => FOO[name] ?? null);
}

describe("variables in command lines", () => {
  for (const { id, kind, argv, env, expect: expected } of vectors) {
    if (kind !== "command_line_expansion") continue;
    it(id, () => {
      const values: Readonly<Record<string, string | undefined>> = env ?? {};
      expect(expandArguments(argv ?? [], (name) => values[name] ?? null)).toEqual(expected);
    });
  }

  it("splits a word of its own, and honours quotes even if they are not closed", () => {
    expect(expand("$TWO", "$QUOTED")).toEqual(["two", "words", "a b", "c"]);
  });

  it("makes one argument of a name in braces, empty if it is not set", () => {
    expect(expand("${TWO}", "${UNSET}", "a${EMPTY}b")).toEqual(["two words", "", "ab"]);
  });

  it("makes nothing of an unset word, of one that is no name, and of a lone dollar", () => {
    expect(expand("$UNSET", "$ONE/x", "$EMPTY", "$", "end")).toEqual(["end"]);
  });

  it("keeps what is no reference", () => {
    expect(expand("a$ONE", "${ONE:-x}", "${ONE", "$$ONE", "a$")).toEqual([
      "a$ONE",
      "${ONE:-x}",
      "${ONE",
      "$ONE",
      "a$",
    ]);
  });
});
