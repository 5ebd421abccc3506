/** Limit…= (systemd.exec(5), "Process Properties"): "soft:hard", or one value for both. */

import { USEC_INFINITY, USEC_PER_SEC } from "../../base/time.ts";
import type { ResourceLimit } from "../model.ts";
import { parseInteger } from "./number.ts";
import { parseSize } from "./size.ts";
import { parseTimespan } from "./timespan.ts";
import type { ValueType } from "./value-type.ts";

export const RLIM_INFINITY: number = Number.MAX_SAFE_INTEGER;

export type LimitUnit = "count" | "bytes" | "seconds" | "microseconds" | "nice";

/** "+5" and "-5" are nice levels, a plain number is the kernel's own, 0 to 40. */
function parseNiceLimit(text: string): number | undefined {
  const level = parseInteger(text.replace(/^[+-]/, ""), 0, 40);
  if (level === undefined) return undefined;
  if (text.startsWith("+")) return level < 20 ? 20 - level : undefined;
  if (text.startsWith("-")) return level <= 20 ? 20 + level : undefined;
  return level;
}

function parseTime(text: string, unit: LimitUnit): number | undefined {
  const usec = parseTimespan(text, unit === "seconds" ? USEC_PER_SEC : 1);
  if (usec === undefined) return undefined;
  if (usec === USEC_INFINITY) return RLIM_INFINITY;
  return unit === "seconds" ? Math.ceil(usec / USEC_PER_SEC) : usec;
}

function parseOne(text: string, unit: LimitUnit): number | undefined {
  if (text === "infinity" && unit !== "nice") return RLIM_INFINITY;
  switch (unit) {
    case "count":
      return parseInteger(text, 0, RLIM_INFINITY);
    case "bytes":
      return parseSize(text);
    case "nice":
      return parseNiceLimit(text);
    case "seconds":
    case "microseconds":
      return parseTime(text, unit);
  }
}

/** The line of one resource in the list of limits: a later one replaces the earlier. */
export function resourceLimit(resource: string, unit: LimitUnit): ValueType<readonly ResourceLimit[]> {
  return {
    expected: `a limit (${unit}), soft:hard or one for both, or infinity`,
    read: (text, _scope, before) => {
      const [softText = "", hardText = softText, ...rest] = text.split(":");
      const soft = parseOne(softText, unit);
      const hard = parseOne(hardText, unit);
      if (soft === undefined || hard === undefined || soft > hard || rest.length > 0) return undefined;
      return [...before.filter((limit) => limit.resource !== resource), { resource, soft, hard }];
    },
  };
}
