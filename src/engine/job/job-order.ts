/**
 * May a job run, or does another one go first (systemd's job_compare and job_is_runnable)? Of two units' jobs the one
 * of the unit that is ordered before goes first, unless the later unit's is a stop: then that does.
 *
 * A target may wait for two thousand units, and is looked at again whenever one of them is done. So what a job waits
 * for is remembered, with the place in the unit's links where the search stopped: all in all each link is looked at
 * about twice. The memory is only a shortcut; before a job runs, all links are looked at anew.
 */
import type { Engine } from "../engine.ts";
import { linked } from "../graph.ts";
import type { Job, JobType, UnitState } from "../state.ts";
import type { Wait } from "./wait.ts";

/** `a`'s unit is ordered before `b`'s unit: does a's job go first? */
export function earlierRunsFirst(a: JobType, b: JobType): boolean {
  return a !== "nop" && b !== "nop" && b !== "stop" && b !== "restart";
}

/** `a`'s unit is ordered before `b`'s unit: does b's job go first? (Both false: a nop is in no order.) */
export function laterRunsFirst(a: JobType, b: JobType): boolean {
  return a !== "nop" && b !== "nop" && (b === "stop" || b === "restart");
}

function blocks(job: Job, other: UnitState, after: boolean): boolean {
  if (other.job === null) return false;
  return after ? earlierRunsFirst(other.job.type, job.type) : laterRunsFirst(job.type, other.job.type);
}

/** Goes on until it finds a unit whose job goes first. */
function search(job: Job, links: Iterator<UnitState, unknown>, after: boolean): UnitState | null {
  for (let next = links.next(); next.done !== true; next = links.next()) {
    if (blocks(job, next.value, after)) return next.value;
  }
  return null;
}

function searchIn(engine: Engine, job: Job, unit: UnitState, after: boolean): Wait | null {
  const rest = linked(engine.graph, unit, after ? "After" : "Before").values();
  const blocker = search(job, rest, after);
  return blocker === null ? null : { blocker, rest, after };
}

/** A job that is alone waits for none. */
function searchAll(engine: Engine, job: Job, unit: UnitState): Wait | null {
  if (engine.jobs.size === 1) return null;
  return searchIn(engine, job, unit, true) ?? searchIn(engine, job, unit, false);
}

/** Still waiting, for the same unit or for one further on. */
function stillWaits(job: Job, wait: Wait): boolean {
  if (blocks(job, wait.blocker, wait.after)) return true;
  const blocker = search(job, wait.rest, wait.after);
  if (blocker === null) return false;
  wait.blocker = blocker;
  return true;
}

export function isRunnable(engine: Engine, job: Job, unit: UnitState): boolean {
  if (job.ignoreOrder || job.type === "nop") return true;
  const known = engine.waits.get(job);
  if (known !== undefined && stillWaits(job, known)) return false;
  const wait = searchAll(engine, job, unit);
  if (wait === null) engine.waits.delete(job);
  else engine.waits.set(job, wait);
  return wait === null;
}
