import { describe, expect, it } from "vitest";
import { expandGlob, globExpression } from "../../src/unit/text/glob.ts";

const matches = (pattern: string, text: string): boolean => globExpression(pattern).test(text);

describe("patterns", () => {
  for (const [pattern, text] of [
    ["*", ""],
    ["a*c", "abbc"],
    ["a?c", "abc"],
    ["[a-c]x", "bx"],
    ["[!a]x", "bx"],
    ["[^a]x", "bx"],
    ["[]a]x", "]x"],
    ["a.c", "a.c"],
    ["a\\*", "a*"],
    ["[", "["],
    ["a-b", "a-b"],
    ["ä?", "ä💩"],
  ] as const) {
    it(`${pattern} matches ${text}`, () => expect(matches(pattern, text)).toBe(true));
  }

  for (const [pattern, text] of [
    ["a", "ab"],
    ["a.c", "abc"],
    ["[a-c]", "d"],
    ["[z-a]", "m"],
    ["a\\*", "ab"],
    ["A", "a"],
  ] as const) {
    it(`${pattern} does not match ${text}`, () => expect(matches(pattern, text)).toBe(false));
  }

  it("match in any case where that is asked for", () => {
    expect(globExpression("A*", "i").test("abc")).toBe(true);
  });
});

describe("paths by pattern", () => {
  const tree: Readonly<Record<string, readonly string[]>> = {
    "/": ["etc", "srv"],
    "/etc": ["b.conf", "a.conf", ".hidden.conf", "x"],
    "/srv": ["one", "two"],
    "/srv/one": ["f"],
    "/srv/two": ["g"],
  };
  const files = {
    names: (directory: string): readonly string[] | null => tree[directory] ?? null,
    exists: (path: string): boolean => {
      const slash = path.lastIndexOf("/");
      return tree[path.slice(0, slash) || "/"]?.includes(path.slice(slash + 1)) === true;
    },
  };

  it("are sorted, hidden ones only when asked for", () => {
    expect(expandGlob("/etc/*.conf", files)).toEqual(["/etc/a.conf", "/etc/b.conf"]);
    expect(expandGlob("/etc/.*.conf", files)).toEqual(["/etc/.hidden.conf"]);
  });

  it("may have patterns in every part", () => {
    expect(expandGlob("/s*/*/f", files)).toEqual(["/srv/one/f"]);
    expect(expandGlob("/srv/*/?", files)).toEqual(["/srv/one/f", "/srv/two/g"]);
    expect(expandGlob("/nope/*", files)).toEqual([]);
  });

  it("without a pattern are there or not", () => {
    expect(expandGlob("/etc/x", files)).toEqual(["/etc/x"]);
    expect(expandGlob("/etc/y", files)).toEqual([]);
  });
});
