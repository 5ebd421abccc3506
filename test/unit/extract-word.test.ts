import { describe, expect, it } from "vitest";
import { extractWords, type WordRules } from "../../src/unit/text/extract-word.ts";
import vectors from "./vectors/extract-word.json" with { type: "json" };

const RULES: Readonly<Record<string, WordRules>> = {
  exec_args: { unquote: true, escapes: "c", relaxed: true },
  environment: { unquote: true, escapes: "c" },
  unquote: { unquote: true, escapes: "drop" },
  plain: { unquote: false, escapes: "keep" },
};

const C = { unquote: true, escapes: "c" } as const;

describe("words", () => {
  for (const { id, mode, input, expect: expected } of vectors) {
    it(id, () => {
      const { words, error } = extractWords(input, RULES[mode] ?? C);
      if ("error" in expected) expect(error).not.toBeNull();
      else expect({ words, error }).toEqual({ words: expected.words, error: null });
    });
  }

  it("before a malformed one are kept", () => {
    expect(extractWords("a b 'c", C)).toEqual({
      words: ["a", "b"],
      error: { problem: "unbalanced quote", at: 4 },
    });
    expect(extractWords("a b\\q", C)).toEqual({
      words: ["a"],
      error: { problem: "unknown escape sequence", at: 3 },
    });
  });

  it("join escaped bytes to the characters they are part of", () => {
    expect(extractWords("\\xc3\\xa4 \\303\\244 \\xff", C).words).toEqual(["ä", "ä", "\udcff"]);
  });

  it("have no NUL and no half of a surrogate pair", () => {
    for (const escaped of ["\\x00", "\\000", "\\u0000", "\\ud800", "\\U00110000"]) {
      expect(extractWords(escaped, C).error?.problem).toBe("unknown escape sequence");
    }
  });

  it("may end with the text inside a quote where that is asked for", () => {
    const rules = { unquote: true, escapes: "drop", openEnded: true } as const;
    expect(extractWords("a 'b c", rules).words).toEqual(["a", "b c"]);
    expect(extractWords("a b\\", rules).words).toEqual(["a", "b"]);
  });
});
