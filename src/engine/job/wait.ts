import type { UnitState } from "../state.ts";

/** What a job waits for, and the links that were not looked at yet. */
export interface Wait {
  blocker: UnitState;
  readonly rest: Iterator<UnitState, unknown>;
  /** The links are units that this one is ordered after; else units that are ordered after this one. */
  readonly after: boolean;
}
