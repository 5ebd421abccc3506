/**
 * Two jobs for one unit become one, where that makes sense (systemd's job_merging_table). `null`: they contradict.
 *
 * The laws, which the property tests hold the table to. Merging is commutative and idempotent, hence only one
 * triangle of the table is written. With `reload-or-start` collapsed right away by the unit's state it is also
 * associative; being mergeable is transitive; and if A merged with B can't be merged with C, then at least one of A
 * and B can't be merged with C either: the transaction relies on that when it drops one of two contradicting jobs.
 */

import type { ActiveState, JobRequest, JobType, UnitState } from "../state.ts";
import { activeState, isActiveOrReloading, isInactiveOrFailed } from "../unit/active-state.ts";

type Mergeable = Exclude<JobType, "nop">;

const RANK: Readonly<Record<Mergeable, number>> = {
  start: 0,
  "verify-active": 1,
  stop: 2,
  reload: 3,
  restart: 4,
};

/** Row: the later of the two by rank; column: the earlier. */
const TABLE: readonly (readonly (JobType | "reload-or-start" | null)[])[] = [
  [],
  ["start"],
  [null, null],
  ["reload-or-start", "reload", null],
  ["restart", "restart", null, "restart"],
];

function lookupMerge(a: Mergeable, b: Mergeable): JobType | "reload-or-start" | null {
  if (a === b) return a;
  const [low, high] = RANK[a] < RANK[b] ? [RANK[a], RANK[b]] : [RANK[b], RANK[a]];
  return TABLE[high]?.[low] ?? null;
}

/** What is asked for becomes a job by the unit's state (systemctl(1): try-restart, reload-or-restart, …). */
export function collapseJob(request: JobRequest, state: ActiveState): JobType {
  const up = isActiveOrReloading(state);
  switch (request) {
    case "try-restart":
      return up ? "restart" : "nop";
    case "try-reload":
      return up ? "reload" : "nop";
    case "reload-or-start":
      return up ? "reload" : "start";
    case "reload-or-restart":
      return "restart";
    case "reload-or-try-restart":
      return up ? "restart" : "nop";
    default:
      return request;
  }
}

/** One job for both; null: they contradict. A nop job lives beside all others and is merged with nothing else. */
export function mergeJobs(a: JobType, b: JobType, state: ActiveState): JobType | null {
  if (a === "nop" || b === "nop") return a === b ? a : null;
  const merged = lookupMerge(a, b);
  return merged === null ? null : collapseJob(merged, state);
}

export function areConflicting(a: JobType, b: JobType): boolean {
  return a !== "nop" && b !== "nop" && lookupMerge(a, b) === null;
}

/** Does `a` already do all that `b` would? */
export function isSuperset(a: JobType, b: JobType): boolean {
  if (a === "nop" || b === "nop") return a === b;
  return lookupMerge(a, b) === a;
}

/** Would the job change nothing? */
export function isRedundant(type: JobType, state: ActiveState): boolean {
  switch (type) {
    case "start":
    case "verify-active":
      return isActiveOrReloading(state);
    case "stop":
      return isInactiveOrFailed(state);
    case "nop":
      return true;
    case "reload":
    case "restart":
      return false;
  }
}

export function mergeForUnit(a: JobType, b: JobType, unit: UnitState): JobType | null {
  return mergeJobs(a, b, activeState(unit));
}
