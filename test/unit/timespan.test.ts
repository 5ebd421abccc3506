import { describe, expect, it } from "vitest";
import { USEC_INFINITY } from "../../src/base/time.ts";
import { parseTimeout, parseTimespan } from "../../src/unit/value/timespan.ts";
import vectors from "./vectors/timespan.json" with { type: "json" };

function parse(variant: string | undefined, text: string): number | undefined {
  if (variant === "zero_means_infinity") return parseTimeout(text);
  if (variant === "empty_means_infinity" && text === "") return USEC_INFINITY;
  return parseTimespan(text);
}

describe("time spans", () => {
  for (const { id, input, variant, expect: expected } of vectors) {
    it(id, () => {
      const usec = expected.usec === "infinity" ? USEC_INFINITY : expected.usec;
      expect(parse(variant, input)).toBe("error" in expected ? undefined : usec);
    });
  }

  it("count in another unit where none is written", () => {
    expect(parseTimespan("5", 1)).toBe(5);
    expect(parseTimespan("5 2s", 1)).toBe(2_000_005);
  });

  it("beyond what a number holds are infinite, beyond what systemd's holds malformed", () => {
    expect(parseTimespan("1000y")).toBe(USEC_INFINITY);
    expect(parseTimespan("500000y")).toBe(USEC_INFINITY);
    expect(parseTimespan("600000y")).toBeUndefined();
    expect(parseTimespan("99999999999999999999s")).toBeUndefined();
  });
});
