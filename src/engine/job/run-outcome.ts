/**
 * What came of giving a job its turn. `begun`: the unit works on it (and it is worth a line in the log); `pending`:
 * the unit is at it already, or nothing needs to be said; `again`: not now, try at the unit's next change; `already`:
 * there is nothing to do; `skipped` to `failed`: the job ends with that; `condition`: it ends well without a start.
 */
export type RunOutcome =
  | "begun"
  | "pending"
  | "again"
  | "already"
  | "condition"
  | "skipped"
  | "invalid"
  | "assert"
  | "unsupported"
  | "dependency"
  | "failed";
