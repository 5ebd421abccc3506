import { describe, expect, it } from "vitest";
import { expandSpecifiers } from "../../src/unit/text/specifier.ts";
import {
  classifyUnitName,
  escapePath,
  escapeUnitName,
  isValidUnitName,
  templateOf,
  unescapePath,
  unescapeUnitName,
  unitInstance,
  unitPrefix,
  withInstance,
  withType,
} from "../../src/unit/unit-name.ts";
import { FACTS } from "./facts.ts";
import vectors from "./vectors/unit-name.json" with { type: "json" };

type Input = string | { readonly unit: string; readonly text?: string; readonly instance?: string };

/** What each operation of the vectors is here; undefined stands for an error. */
const OPERATIONS: Readonly<Record<string, (text: string, unit: string) => unknown>> = {
  classify: (text) => classifyUnitName(text),
  set_instance: (instance, unit) => withInstance(unit, instance),
  instance_of: (text) => (isValidUnitName(text) ? unitInstance(text) : undefined),
  prefix_of: (text) => (isValidUnitName(text) ? unitPrefix(text) : undefined),
  escape_path: (text) => escapePath(text),
  unescape_path: (text) => unescapePath(text),
  escape_string: (text) => escapeUnitName(text),
  specifier: (text, unitName) => expandSpecifiers(text, { unitName, fragmentPath: null, facts: FACTS }),
};

function run(op: string, input: Input): unknown {
  if (typeof input === "string") return OPERATIONS[op]?.(input, "");
  return OPERATIONS[op]?.(input.text ?? input.instance ?? "", input.unit);
}

describe("unit names", () => {
  for (const { id, op, input, expect: expected } of vectors) {
    it(`${id} ${op}`, () => {
      expect(run(op, input)).toEqual(typeof expected === "string" ? expected : undefined);
    });
  }

  it("have 255 characters at most", () => {
    expect(classifyUnitName(`${"a".repeat(247)}.service`)).toBe("plain");
    expect(classifyUnitName(`${"a".repeat(248)}.service`)).toBe("invalid");
  });

  it("are taken apart and put together", () => {
    expect(templateOf("a@b.service")).toBe("a@.service");
    expect(withType("a@b.service", "socket")).toBe("a@b.socket");
    expect(unitInstance("a.service")).toBeNull();
  });

  it("unescape to any bytes", () => {
    expect(unescapeUnitName("a-\\xc3\\xa4\\xff")).toBe("a/ä\udcff");
    expect(unescapeUnitName("a\\b")).toBeUndefined();
  });
});
