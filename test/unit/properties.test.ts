import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLoader } from "../../src/unit/load/loader.ts";
import { searchPath } from "../../src/unit/load/unit-files.ts";
import { extractWords } from "../../src/unit/text/extract-word.ts";
import {
  classifyUnitName,
  escapePath,
  escapeUnitName,
  templateOf,
  unescapePath,
  unescapeUnitName,
  unitInstance,
  withInstance,
} from "../../src/unit/unit-name.ts";
import { compareVersions } from "../../src/unit/value/version.ts";
import { FACTS } from "./facts.ts";
import { memoryFiles } from "./memory-files.ts";

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const part = fc.stringMatching(/^[a-zA-Z0-9_:.\\-]{1,8}$/);

describe("laws of unit names", () => {
  it("escaping can be undone, and makes a name's part of any text", () => {
    fc.assert(
      fc.property(text, (original) => {
        const escaped = escapeUnitName(original);
        expect(unescapeUnitName(escaped)).toBe(original);
        if (original !== "" && escaped.length < 240)
          expect(classifyUnitName(`${escaped}.service`)).toBe("plain");
      }),
    );
  });

  it("a path's escaping can be undone", () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        fc.pre(parts.every((name) => name !== "." && name !== ".."));
        const path = `/${parts.join("/")}`;
        expect(unescapePath(escapePath(path) ?? "")).toBe(path);
      }),
    );
  });

  it("an instance has its template and its instance", () => {
    fc.assert(
      fc.property(part, part, (prefix, instance) => {
        const name = withInstance(`${prefix}@.service`, instance);
        expect(name).toBe(`${prefix}@${instance}.service`);
        expect(templateOf(name ?? "")).toBe(`${prefix}@.service`);
        expect(unitInstance(name ?? "")).toBe(instance);
      }),
    );
  });
});

describe("laws of words", () => {
  it("whatever is quoted comes back", () => {
    const quote = (word: string): string => `"${word.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), (words) => {
        const line = words.map(quote).join(" ");
        expect(extractWords(line, { unquote: true, escapes: "c" })).toEqual({ words, error: null });
      }),
    );
  });

  it("plain words are what is between blanks", () => {
    const blank = fc.constantFrom(" ", "\t", "  ", " \t ");
    const plain = fc.stringMatching(/^[a-z0-9=:./-]{1,6}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(plain, blank), { maxLength: 5 }), (pairs) => {
        const line = pairs.map(([word, gap]) => word + gap).join("");
        const words = pairs.map(([word]) => word);
        expect(extractWords(line, { unquote: true, escapes: "c" }).words).toEqual(words);
        expect(extractWords(line, { unquote: false, escapes: "keep" }).words).toEqual(words);
      }),
    );
  });
});

describe("laws of versions", () => {
  const version = fc.stringMatching(/^[0-9a-c.~^-]{0,8}$/);

  it("turning a comparison round turns its sign", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        // The sum of both is 0, whichever sign zero has.
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
        expect(Math.abs(compareVersions(a, a))).toBe(0);
      }),
    );
  });

  it("the order is transitive", () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const [x = "", y = "", z = ""] = [a, b, c].sort(compareVersions);
        expect(compareVersions(x, y)).toBeLessThanOrEqual(0);
        expect(compareVersions(y, z)).toBeLessThanOrEqual(0);
        expect(compareVersions(x, z)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe("laws of loading", () => {
  const name = fc.constantFrom(
    "a.service",
    "b.service",
    "c.target",
    "d.socket",
    "e@.service",
    "e@1.service",
    "f.mount",
  );
  const line = fc.tuple(
    fc.constantFrom("Requires", "Wants", "After", "Before", "Conflicts", "OnFailure"),
    name,
  );
  const install = fc.tuple(
    fc.constantFrom("WantedBy", "RequiredBy", "Alias"),
    fc.oneof(name, fc.constant("multi-user.target")),
  );
  const unit = fc.record({
    name,
    lines: fc.array(line, { maxLength: 4 }),
    install: fc.array(install, { maxLength: 2 }),
  });

  const write = (section: string, lines: readonly (readonly [string, string])[]): string =>
    `[${section}]\n${lines.map(([key, value]) => `${key}=${value}\n`).join("")}`;

  it("any units load, each once, whatever they say of each other", () => {
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 6 }), (units) => {
        const tree = units.map((one) => [
          `/etc/usher/units/${one.name}`,
          `${write("Unit", one.lines)}[Service]\nExecStart=/bin/x\n[Socket]\nListenStream=1\n${write("Install", one.install)}`,
        ]);
        const files = memoryFiles(Object.fromEntries(tree));
        const options = { files, search: searchPath([], files), facts: FACTS, extraUnits: [] };
        const loader = createLoader({ ...options, bootUnit: "default.target" });
        const first = loader.loadSockets();
        const { units: loaded } = loader.loadRest();
        const names = loaded.map((one) => one.name);
        expect(new Set(names).size).toBe(names.length);
        for (const socket of first.units) expect(names).toContain(socket.name);
        for (const early of first.early) expect(first.units.map((one) => one.name)).toContain(early);
        const again = loader.reload().units.map((one) => one.name);
        expect([...again].sort()).toEqual([...names].sort());
      }),
      { numRuns: 200 },
    );
  });
});
