/** What `systemctl clean` may take away of a unit that is down (systemctl(1), --what=). */
import type { Unit } from "../model.ts";

export const CLEAN_KINDS = ["runtime", "state", "cache", "logs", "configuration", "fdstore"] as const;
export type CleanKind = (typeof CLEAN_KINDS)[number];

/** Kinds that the unit has: its directories, and the descriptors that its service may store. */
export function cleanable(unit: Unit): readonly CleanKind[] {
  if (!("exec" in unit)) return [];
  const stores = unit.type === "service" && unit.service.fileDescriptorStoreMax > 0;
  const { directories } = unit.exec;
  return CLEAN_KINDS.filter((kind) => (kind === "fdstore" ? stores : directories[kind].entries.length > 0));
}
