import { describe, expect, it } from "vitest";
import { addUsec, USEC_INFINITY } from "../../src/base/time.ts";

describe("times", () => {
  it("add up to infinity at most", () => {
    expect(addUsec(1, 2)).toBe(3);
    expect(addUsec(USEC_INFINITY, 1)).toBe(USEC_INFINITY);
    expect(addUsec(1, USEC_INFINITY)).toBe(USEC_INFINITY);
    expect(addUsec(USEC_INFINITY - 1, 1)).toBe(USEC_INFINITY);
    expect(addUsec(USEC_INFINITY - 2, 1)).toBe(USEC_INFINITY - 1);
  });
});
