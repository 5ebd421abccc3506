import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Assignment, lexUnitFile, positionAt } from "../../src/unit/text/lexer.ts";

/** "line:column key=value", the place that of the value. */
function shown(assignment: Assignment): string {
  const { key, value, valueLine, valueColumn } = assignment;
  return `${valueLine}:${valueColumn} ${key}=${value}`;
}

function lex(...lines: string[]): string[] {
  return lexUnitFile(lines.join("\n")).assignments.map(shown);
}

function problems(text: string): string[] {
  const { problems: found, fatal } = lexUnitFile(text);
  return [...found, ...(fatal === null ? [] : [fatal])].map(
    ({ line, column, message }) => `${line}:${column}: ${message}`,
  );
}

describe("the lexer", () => {
  it("finds keys and values, blanks around them taken away", () => {
    expect(lex("[A]", "x=1", "  y \t= 2 ", "z=", "", "w = a = b")).toEqual([
      "2:3 x=1",
      "3:8 y=2",
      "4:3 z=",
      "6:5 w=a = b",
    ]);
  });

  it("keeps the place where a key begins", () => {
    const [assignment] = lexUnitFile("[A]\n  key = value\n").assignments;
    expect(assignment).toMatchObject({ section: "A", line: 2, column: 3 });
  });

  it("lists sections in the order of their first appearance", () => {
    expect(lexUnitFile("[B]\n[A]\n[B]\nx=1\n [ C ] \n").sections).toEqual(["B", "A", " C "]);
  });

  it("passes over comments, in the middle of a value too", () => {
    expect(lex("[A]", "# x=1", " ;y=2", "z=a\\", "# no\\", "  ; no", "b")).toEqual(["4:3 z=a b"]);
  });

  it("has no comments after a value", () => {
    expect(lex("[A]", "x=1 # one")).toEqual(["2:3 x=1 # one"]);
  });

  it("joins lines at a backslash that is not itself escaped", () => {
    expect(lex("[A]", "x=a\\", "  b\\", "c", "y=d\\\\", "z=e")).toEqual([
      "2:3 x=a   b c",
      "5:3 y=d\\\\",
      "6:3 z=e",
    ]);
  });

  it("ends a continuation with the file", () => {
    expect(lex("[A]", "x=a\\")).toEqual(["2:3 x=a"]);
    expect(lex("[A]", "x=a\\", "")).toEqual(["2:3 x=a"]);
  });

  it("may have the value on another line than the key", () => {
    expect(lex("[A]", "x= \\", "   \\", "  a")).toEqual(["4:3 x=a"]);
  });

  it("knows where each character of a value stands", () => {
    const [assignment] = lexUnitFile("[A]\nx=ab\\\n  cd\\\nef\n").assignments;
    expect(assignment?.value).toBe("ab   cd ef");
    const places = [0, 1, 5, 6, 8, 9].map((offset) => positionAt(assignment as Assignment, offset));
    expect(places.map(({ line, column }) => `${line}:${column}`)).toEqual([
      "2:3",
      "2:4",
      "3:3",
      "3:4",
      "4:1",
      "4:2",
    ]);
  });

  it("takes carriage return and NUL for line ends", () => {
    expect(lexUnitFile("[A]\r\nx=1\r\n\r\ny=2\0z=3\n\n\nw=4\r").assignments.map(shown)).toEqual([
      "2:3 x=1",
      "4:3 y=2",
      "5:3 z=3",
      "8:3 w=4",
    ]);
  });

  it("passes over a byte order mark once", () => {
    expect(lexUnitFile("\ufeff[A]\nx=\ufeff1\n").assignments.map(shown)).toEqual(["2:3 x=\ufeff1"]);
    expect(problems("\ufeff[A]\n\ufeffx=1")).toEqual([]);
    expect(lexUnitFile("\ufeff[A]\n\ufeffx=1").assignments[0]?.key).toBe("\ufeffx");
  });

  it("tells of what is no assignment", () => {
    expect(problems("x=1\n[A]\nnothing\n=1\n  = 2\n")).toEqual([
      "1:1: assignment outside of a section, ignored",
      "3:1: line without =, ignored",
      "4:1: line without a name before =, ignored",
      "5:3: line without a name before =, ignored",
    ]);
  });

  it("ends at a line with bytes that are no UTF-8, but for comments and characters beyond U+FFFF", () => {
    const text = "[A]\n# \udcff\ny=💩\nz=\ufffd\nx=\udcff\nw=1\n";
    expect(problems(text)).toEqual(["5:1: not UTF-8"]);
    expect(lexUnitFile(text).assignments.map(shown)).toEqual(["3:3 y=💩", "4:3 z=\ufffd"]);
  });

  it("ends at a section header that is none, and keeps nothing", () => {
    for (const [header, message] of [
      ["[A", "section header without a closing ]"],
      ["[A] x", "section header without a closing ]"],
      ['[A"]', "section header with a character that is not allowed"],
      ["[A\\]", "section header with a character that is not allowed"],
    ] as const) {
      expect(problems(`[B]\n${header}\nx=1\n`)).toEqual([`2:1: ${message}`]);
    }
  });

  it("ends at a line longer than 1 MiB", () => {
    expect(problems(`[A]\nx=${"a".repeat(1024 * 1024)}\ny=1`)).toEqual(["2:0: line longer than 1 MiB"]);
  });

  it("takes any text, and each place it tells is inside of it", () => {
    const fragment = fc.constantFrom(
      "[A]",
      "x=1",
      "key = v",
      "\\",
      "\n",
      "\r\n",
      "#",
      ";",
      " ",
      "=",
      "[",
      "\0",
      "ä",
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 30 }), (parts) => {
        const text = parts.join("");
        const { assignments } = lexUnitFile(text);
        const lines = text.split(/\n|\r\n?|\0/).length;
        for (const assignment of assignments) {
          const end = positionAt(assignment, Math.max(0, assignment.value.length - 1));
          expect(assignment.value).toBe(assignment.value.trim());
          expect(end.line).toBeGreaterThanOrEqual(assignment.line);
          expect(end.line).toBeLessThanOrEqual(lines);
          expect(end.column).toBeGreaterThan(0);
        }
      }),
    );
  });
});
