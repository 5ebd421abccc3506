import { describe, expect, it } from "vitest";
import { compareVersions } from "../../src/unit/value/version.ts";

/** Each is newer than the one before it (the UAPI group's version format). */
const RISING = [
  "~1",
  "",
  "1~rc1",
  "1~rc2",
  "1",
  "1-1",
  "1-2",
  "1^post1",
  "1.0",
  "1.0.1",
  "1.2",
  "1.2a",
  "1.10",
  "2",
  "123-a",
  "123-a.1",
  "123-1",
  "123-1.1",
  "123.0~rc1-1",
  "124",
];

describe("versions", () => {
  for (const [index, older] of RISING.entries()) {
    const newer = RISING[index + 1];
    if (newer === undefined) continue;
    it(`"${newer}" is newer than "${older}"`, () => {
      expect(compareVersions(older, newer)).toBeLessThan(0);
      expect(compareVersions(newer, older)).toBeGreaterThan(0);
    });
  }

  it("are equal whatever zeros lead and whatever separates", () => {
    expect(compareVersions("1.05", "1.5")).toBe(0);
    expect(compareVersions("1_2", "1 2")).toBe(0);
  });
});
