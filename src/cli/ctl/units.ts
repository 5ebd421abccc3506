/** Finding the units that a command line means. */

import { err, ok, type Result } from "../../base/result.ts";
import type { UnitDetails, UnitSummary } from "../../control/backend.ts";
import type { ClientError } from "../../control/client.ts";
import { isGlob } from "../../unit/text/glob.ts";
import { type Context, complain } from "./context.ts";
import { selectUnits } from "./list-units.ts";
import { mangleUnitName, patternFilter } from "./unit-patterns.ts";

/**
 * Unit names for what was typed, in that order: names as they are (completed, escaped with a warning), globs as the
 * units in memory that they match.
 */
export async function resolveUnitNames(
  context: Context,
  typed: readonly string[],
): Promise<Result<readonly string[], ClientError>> {
  let loaded: readonly UnitSummary[] | null = null;
  const names: string[] = [];
  for (const word of typed) {
    if (!isGlob(word)) {
      names.push(completeName(context, word));
      continue;
    }
    if (loaded === null) {
      const reply = await context.call("ListUnits", {});
      if (!reply.ok) return reply;
      loaded = reply.value.units;
    }
    const matches = patternFilter([word]);
    const all = loaded.filter((unit) => matches(unit.name));
    names.push(...selectUnits(context, all, []).map((unit) => unit.name));
  }
  return ok([...new Set(names)]);
}

/** One name as typed, completed; says so where it had to be escaped. */
export function completeName(context: Context, word: string, type = "service"): string {
  const { name, escaped } = mangleUnitName(word, type);
  if (escaped && !context.settings.options.has("no-warn")) {
    const bare = name.slice(0, name.lastIndexOf("."));
    complain(
      context,
      `Invalid unit name "${word}" escaped as "${bare}" (maybe you should use systemd-escape?).`,
    );
  }
  return name;
}

/** Details of one unit. */
export async function getUnit(context: Context, name: string): Promise<Result<UnitDetails, ClientError>> {
  const reply = await context.call("GetUnit", { unit: name });
  return reply.ok ? ok(reply.value.unit) : err(reply.error);
}

/** No file, and nothing of it in memory: it doesn't exist as far as people are concerned. */
export function isUnknown({ summary }: UnitDetails): boolean {
  return summary.loadState === "not-found" && summary.activeState === "inactive";
}
