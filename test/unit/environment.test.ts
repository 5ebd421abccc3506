import { describe, expect, it } from "vitest";
import { serviceWith } from "./read-files.ts";
import vectors from "./vectors/environment.json" with { type: "json" };

function environment(...lines: string[]): readonly string[] {
  return serviceWith(...lines.map((line) => `Environment=${line}`)).unit.exec.environment;
}

describe("Environment=", () => {
  for (const { id, kind, lines, expect: expected } of vectors) {
    if (kind !== "Environment") continue;
    it(id, () => {
      const pairs = environment(...(lines ?? [])).map((assignment) => {
        const equals = assignment.indexOf("=");
        return [assignment.slice(0, equals), assignment.slice(equals + 1)];
      });
      expect(Object.fromEntries(pairs)).toEqual(expected);
    });
  }

  it("keeps the words before one that is malformed, and drops the rest of the line", () => {
    expect(environment("A=1 B=\\q C=3", "D=4")).toEqual(["A=1", "D=4"]);
  });

  it("says which word is no assignment, and where", () => {
    expect(serviceWith("Environment=A=1 2B=x").problems).toEqual([
      'u.service:3:17: Environment=: not an assignment NAME=value, ignored: found "2B=x", expected an assignment NAME=value',
    ]);
  });

  it("replaces specifiers", () => {
    expect(environment("UNIT=%n PERCENT=%%")).toEqual(["UNIT=u.service", "PERCENT=%"]);
  });
});
