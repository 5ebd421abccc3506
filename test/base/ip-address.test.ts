import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIpv6, isIpv4, isIpv6 } from "../../src/base/ip-address.ts";

const bytesOf = (groups: readonly number[]): number[] =>
  groups.flatMap((group) => [group >> 8, group & 0xff]);

describe("formatIpv6", () => {
  it.each([
    [[0, 0, 0, 0, 0, 0, 0, 0], "::"],
    [[0, 0, 0, 0, 0, 0, 0, 1], "::1"],
    [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], "2001:db8::1:0:0:1"],
    [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], "2001:db8:0:1:1:1:1:1"],
    [[1, 0, 0, 2, 0, 0, 0, 3], "1:0:0:2::3"],
    [[1, 2, 3, 4, 5, 6, 0, 0], "1:2:3:4:5:6::"],
  ])("writes %j as %s", (groups, text) => {
    expect(formatIpv6(bytesOf(groups))).toBe(text);
  });

  it("writes every address as one that is read again", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
        const text = formatIpv6(bytesOf(groups));
        expect(isIpv6(text)).toBe(true);
        expect(isIpv4(text)).toBe(false);
      }),
    );
  });
});
