/** Is a text a unit's file? Asked before a file is written of what a program sent. */
import { err, ok, type Result } from "../../base/result.ts";
import type { Draft } from "../settings.ts";
import type { SpecifierFacts } from "../text/specifier.ts";
import { unitType } from "../unit-name.ts";
import { finishUnit } from "./finish-unit.ts";
import { createReader, lexText, readInto } from "./read-unit.ts";

export interface TextProblem {
  /** A value is wrong; else all of it together. */
  readonly kind: "value" | "unit";
  readonly message: string;
}

/** The first thing that systemd would refuse. What is unknown, or not enforced here, is no problem. */
export function checkUnitText(
  facts: SpecifierFacts,
  name: string,
  path: string,
  text: string,
): Result<null, TextProblem> {
  const type = unitType(name) ?? "service";
  const draft: Draft = {};
  const { diagnostics } = readInto(createReader(facts), draft, type, lexText(path, text), name, path);
  const wrong = diagnostics.find(({ severity }) => severity === "error");
  if (wrong !== undefined) {
    const key = /^(\w+)=: /.exec(wrong.message)?.[1] ?? "unit";
    const expected = wrong.expected === null ? "" : ` (expected ${wrong.expected})`;
    return err({
      kind: "value",
      message: `Invalid ${key} setting: ${wrong.found ?? wrong.message}${expected}`,
    });
  }
  const nowhere = { aliases: [], loadState: "loaded", loadError: null, dropInPaths: [] } as const;
  const { refusal } = finishUnit(draft, { name, type, fragmentPath: path, ...nowhere });
  if (refusal === null) return ok(null);
  return err({ kind: "unit", message: `Unit ${name} has a bad unit file setting: ${refusal}` });
}
