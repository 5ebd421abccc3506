import { expect, it } from "vitest";
import { sectionDirectives } from "../../src/unit/directive/directive-table.ts";
import type { Unit } from "../../src/unit/model.ts";
import { type ReadUnit, UNITS } from "./read-files.ts";

/**
 * Lines of a unit file, and what of the unit follows from them; null: they are complained about and change nothing;
 * "refused": the unit is not loaded because of them.
 */
export type Row = readonly [lines: string, expected: object | null | "refused"];

function directiveOf(line: string): string {
  return line.slice(0, line.indexOf("="));
}

/** One test a row: the unit has what is expected, and nothing was complained about unless that is expected. */
export function testRows(rows: readonly Row[], read: (...lines: string[]) => ReadUnit): void {
  const plain: Unit = read().unit;
  for (const [lines, expected] of rows) {
    const title = lines.replaceAll("\n", "⏎");
    it(`${title}${expected === null ? " is no value" : expected === "refused" ? " refuses the unit" : ""}`, () => {
      const { unit, problems } = read(...lines.split("\n"));
      if (expected === null) {
        expect(problems.length).toBeGreaterThan(0);
        expect(unit).toEqual(plain);
      } else if (expected === "refused") {
        expect(unit.loadState).toBe("bad-setting");
        expect(problems.map((problem) => `${UNITS}/${problem}`)).toContain(unit.loadError);
      } else {
        expect(unit).toMatchObject(expected);
        expect(problems).toEqual([]);
      }
    });
  }
}

/** Each directive of these groups of the section has a row in which it is read. */
export function testThatAllHaveRows(section: string, groups: readonly string[], rows: readonly Row[]): void {
  it("is tested for every directive", () => {
    const tested = new Set(
      rows
        .filter(([, expected]) => typeof expected === "object" && expected !== null)
        .map(([lines]) => directiveOf(lines)),
    );
    const missing = sectionDirectives(section)
      .filter(([name, { group }]) => groups.includes(group) && !tested.has(name))
      .map(([name]) => name);
    expect(missing).toEqual([]);
  });
}
