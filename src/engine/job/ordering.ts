/**
 * Is the order in which a transaction's jobs would run free of cycles (systemd's transaction_verify_order)? A depth
 * first walk with a stack of its own along "runs before", over the transaction's jobs and over installed ones. Where
 * it comes upon a unit that it is on its way through, it has found a cycle, and breaks it by taking one unit out of
 * the transaction: one that the anchor can do without.
 */
import type { RequestError } from "../effect.ts";
import { type Engine, log } from "../engine.ts";
import { linked } from "../graph.ts";
import type { JobType, UnitState } from "../state.ts";
import { earlierRunsFirst, laterRunsFirst } from "./job-order.ts";
import { deleteJob, type PlannedJob, type Transaction } from "./transaction.ts";

interface Step {
  readonly unit: UnitState;
  readonly type: JobType;
  /** Units whose job runs after this one. */
  readonly later: UnitState[];
  next: number;
}

export type OrderVerdict =
  | { readonly kind: "ok" }
  | { readonly kind: "retry" }
  | { readonly kind: "cyclic"; readonly error: RequestError };

function jobTypeOf(transaction: Transaction, unit: UnitState): JobType | null {
  return transaction.jobs.get(unit)?.[0]?.type ?? unit.job?.type ?? null;
}

/** Forced jobs (shutdown) are in no order any more. */
function isLoose(transaction: Transaction, unit: UnitState): boolean {
  return transaction.jobs.get(unit)?.[0]?.ignoreOrder ?? unit.job?.ignoreOrder ?? false;
}

function laterUnits(engine: Engine, transaction: Transaction, unit: UnitState, type: JobType): UnitState[] {
  const later: UnitState[] = [];
  for (const other of linked(engine.graph, unit, "Before")) {
    const otherType = jobTypeOf(transaction, other);
    if (otherType !== null && earlierRunsFirst(type, otherType) && !isLoose(transaction, other))
      later.push(other);
  }
  for (const other of linked(engine.graph, unit, "After")) {
    const otherType = jobTypeOf(transaction, other);
    if (otherType !== null && laterRunsFirst(otherType, type) && !isLoose(transaction, other)) {
      later.push(other);
    }
  }
  return later;
}

function step(engine: Engine, transaction: Transaction, unit: UnitState): Step | null {
  const type = jobTypeOf(transaction, unit);
  if (type === null || isLoose(transaction, unit)) return null;
  return { unit, type, later: laterUnits(engine, transaction, unit, type), next: 0 };
}

function matters(jobs: readonly PlannedJob[]): boolean {
  return jobs.some((job) => job.mattersToAnchor);
}

/** The cycle, latest first: what the walk went through since it first met `again`. */
function cycleOf(path: readonly Step[], again: UnitState): Step[] {
  const start = path.findIndex((one) => one.unit === again);
  return path.slice(start).reverse();
}

function sayCycle(engine: Engine, cycle: readonly Step[], start: Step): void {
  for (const [i, one] of cycle.entries()) {
    const what = i === 0 ? "ordering cycle" : "dependency";
    log(engine, "warning", start.unit, `Found ${what} on ${one.unit.name}/${one.type}`);
  }
}

function breakCycle(
  engine: Engine,
  transaction: Transaction,
  path: readonly Step[],
  again: UnitState,
  force: boolean,
): OrderVerdict {
  const cycle = cycleOf(path, again);
  const start = cycle.at(-1);
  if (start === undefined) return { kind: "ok" };
  sayCycle(engine, cycle, start);
  if (force) return loosen(engine, transaction, cycle, start);
  const victim = cycle.find((one) => {
    const jobs = transaction.jobs.get(one.unit);
    return jobs !== undefined && !matters(jobs);
  });
  if (victim === undefined) return refuse(engine, start);
  const message = `Job ${victim.unit.name}/${victim.type} deleted to break ordering cycle starting with ${start.unit.name}/${start.type}`;
  log(engine, "error", start.unit, message);
  for (const job of [...(transaction.jobs.get(victim.unit) ?? [])]) deleteJob(transaction, job, true);
  return { kind: "retry" };
}

function refuse(engine: Engine, start: Step): OrderVerdict {
  log(engine, "error", start.unit, `Unable to break cycle starting with ${start.unit.name}/${start.type}`);
  const message = "Transaction order is cyclic. See system logs for details.";
  return { kind: "cyclic", error: { name: "org.freedesktop.systemd1.TransactionOrderIsCyclic", message } };
}

/** At the container's end everything has to stop: instead of leaving a unit out, its job runs in no order. */
function loosen(engine: Engine, transaction: Transaction, cycle: readonly Step[], start: Step): OrderVerdict {
  const victim = cycle.find((one) => transaction.jobs.has(one.unit));
  const job = victim === undefined ? undefined : transaction.jobs.get(victim.unit)?.[0];
  if (victim === undefined || job === undefined) return { kind: "ok" };
  job.ignoreOrder = true;
  log(
    engine,
    "warning",
    start.unit,
    `Job ${victim.unit.name}/${victim.type} runs in no order, to break the cycle`,
  );
  return { kind: "retry" };
}

function walkFrom(
  engine: Engine,
  transaction: Transaction,
  first: UnitState,
  state: Map<UnitState, "on-path" | "done">,
  force: boolean,
): OrderVerdict {
  const path: Step[] = [];
  const enter = (unit: UnitState): void => {
    const one = step(engine, transaction, unit);
    state.set(unit, one === null ? "done" : "on-path");
    if (one !== null) path.push(one);
  };
  enter(first);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const other = top.later[top.next];
    top.next += 1;
    if (other === undefined) {
      state.set(top.unit, "done");
      path.pop();
    } else if (state.get(other) === "on-path") {
      return breakCycle(engine, transaction, path, other, force);
    } else if (!state.has(other)) {
      enter(other);
    }
  }
  return { kind: "ok" };
}

/** `retry`: a cycle was broken, and there may be others. With `force` no job is taken out. */
export function verifyOrder(engine: Engine, transaction: Transaction, force: boolean): OrderVerdict {
  const state = new Map<UnitState, "on-path" | "done">();
  for (const unit of [...transaction.jobs.keys()]) {
    if (state.has(unit)) continue;
    const verdict = walkFrom(engine, transaction, unit, state, force);
    if (verdict.kind !== "ok") return verdict;
  }
  return { kind: "ok" };
}
