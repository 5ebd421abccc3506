import { describe, expect, it } from "vitest";
import { parseEnvironmentFile, readVariables } from "../../src/unit/text/environment-file.ts";
import vectors from "./vectors/environment.json" with { type: "json" };

describe("environment files", () => {
  for (const { id, kind, file, expect: expected } of vectors) {
    if (kind !== "EnvironmentFile") continue;
    it(id, () => {
      expect(Object.fromEntries(readVariables(file ?? ""))).toEqual(expected);
    });
  }

  it("lets the later assignment win at the earlier one's place", () => {
    expect(parseEnvironmentFile("A=1\nB=2\nA=3\n")).toEqual(["A=3", "B=2"]);
  });

  it("leaves out what can't be a variable", () => {
    expect(parseEnvironmentFile("export A=1\n2B=x\nC=a\x01b\nD=ok")).toEqual(["D=ok"]);
  });

  it("takes a closing quote's neighbours as parts of the value", () => {
    expect(parseEnvironmentFile("A='a b' \"c\"d  \n")).toEqual(["A=a bcd"]);
  });

  it("keeps blanks that a backslash protects, and no others, at the end", () => {
    expect(parseEnvironmentFile("A=x\\ \nB=x  \n")).toEqual(["A=x ", "B=x"]);
  });
});
