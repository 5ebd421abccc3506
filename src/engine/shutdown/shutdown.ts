/**
 * The container's end. Everything that is up is stopped in order, the reverse of the order in which it was started,
 * within one budget; what is still there when it is spent is named, and the runtime kills it. A second signal leaves
 * less of the budget.
 *
 * The exit code: the one that was asked for (a SuccessAction= or FailureAction= has one too); else the main command's
 * own, 128 + N when signal N ended it; else 0.
 */
import { addUsec, USEC_INFINITY, type Usec } from "../../base/time.ts";
import type { EmergencyAction } from "../../unit/model.ts";
import { type Engine, emit, log } from "../engine.ts";
import { findUnit, linked } from "../graph.ts";
import { addShutdownJobs } from "../job/add-job.ts";
import { finishJob, unitOfJob } from "../job/job.ts";
import type { ShutdownKind, ShutdownState, UnitState } from "../state.ts";
import { clearTimer, setTimer, timerId } from "../timer.ts";
import { activeState, isInactiveOrFailed } from "../unit/active-state.ts";
import { ownExitStatus } from "../unit/unit-notify.ts";
import { partOfBudget } from "./stop-budget.ts";

const TIMER = "shutdown";

/** A unit without processes takes no time to stop. */
function weight(unit: UnitState): number {
  if (unit.kind !== "socket") return unit.kind === "service" ? 1 : 0;
  const { execStopPre, execStopPost } = unit.model.socket;
  return execStopPre.length + execStopPost.length > 0 ? 1 : 0;
}

function stopsLater(engine: Engine, unit: UnitState): UnitState[] {
  return [...linked(engine.graph, unit, "After")].filter((other) => other.job?.type === "stop");
}

/** How many stops that take time the longest chain from each unit on has, itself included. */
function computeHeights(engine: Engine): Record<string, number> {
  const heights = new Map<UnitState, number>();
  const entered = new Set<UnitState>();
  for (const job of engine.jobs.values()) {
    const stack = [unitOfJob(engine, job)];
    for (let unit = stack.at(-1); unit !== undefined; unit = stack.at(-1)) {
      const later = stopsLater(engine, unit);
      const open = entered.has(unit) ? [] : later.filter((other) => !entered.has(other));
      entered.add(unit);
      if (open.length > 0) {
        stack.push(...open);
        continue;
      }
      stack.pop();
      heights.set(unit, weight(unit) + Math.max(0, ...later.map((other) => heights.get(other) ?? 0)));
    }
  }
  return Object.fromEntries([...heights].map(([unit, height]) => [unit.name, Math.max(1, height)]));
}

function newShutdown(
  engine: Engine,
  kind: ShutdownKind,
  exitCode: number | null,
  budget: Usec,
): ShutdownState {
  const deadline = addUsec(engine.now, budget);
  return {
    kind,
    exitCode,
    deadline,
    hastened: 0,
    heights: {},
    unitDeadlines: {},
    late: [],
    over: false,
    done: false,
  };
}

export function beginShutdown(
  engine: Engine,
  kind: ShutdownKind,
  exitCode: number | null,
  budget: Usec | null,
): void {
  if (engine.shutdown !== null) {
    engine.shutdown.exitCode ??= exitCode;
    return;
  }
  engine.shutdown = newShutdown(engine, kind, exitCode, budget ?? engine.options.stopBudgetUsec);
  const outcome = addShutdownJobs(engine);
  if (outcome?.ok === false) log(engine, "error", null, `Cannot stop in order: ${outcome.error.message}`);
  engine.shutdown.heights = computeHeights(engine);
  shortenStops(engine, engine.shutdown);
  setTimer(engine, TIMER, engine.shutdown.deadline);
}

function isDown(unit: UnitState): boolean {
  return isInactiveOrFailed(activeState(unit)) || unit.kind === "passive";
}

function exitCodeOf(engine: Engine, shutdown: ShutdownState): number {
  if (shutdown.exitCode !== null) return shutdown.exitCode;
  const name = engine.options.commandUnit;
  const command = name === null ? undefined : findUnit(engine.graph, name);
  return (command === undefined ? null : ownExitStatus(engine, command)) ?? 0;
}

/** Nobody waits for an answer that can't come any more. */
function cancelRest(engine: Engine): void {
  for (const job of [...engine.jobs.values()])
    finishJob(engine, job, "canceled", { recursive: false, already: true });
}

function finish(engine: Engine, shutdown: ShutdownState): void {
  shutdown.done = true;
  cancelRest(engine);
  clearTimer(engine, TIMER);
  const unfinished = [...engine.graph.units.values()]
    .filter((unit) => !isDown(unit))
    .map((unit) => unit.name);
  if (unfinished.length > 0) log(engine, "warning", null, `Not stopped in time: ${unfinished.join(", ")}`);
  else if (shutdown.late.length > 0)
    log(engine, "warning", null, `Had to be killed: ${shutdown.late.join(", ")}`);
  emit(engine, { type: "exit", kind: shutdown.kind, code: exitCodeOf(engine, shutdown), unfinished });
}

/** Called when a step's work is done, because `exit` is the last effect. */
export function endShutdownWhenDone(engine: Engine): void {
  const shutdown = engine.shutdown;
  if (shutdown !== null && !shutdown.done && (shutdown.over || engine.jobs.size === 0))
    finish(engine, shutdown);
}

/** The budget is spent. */
export function shutdownTimedOut(engine: Engine): void {
  if (engine.shutdown !== null) engine.shutdown.over = true;
}

/** What is being stopped right now has no more time than its part either. */
function shorten(engine: Engine, shutdown: ShutdownState, unit: UnitState): void {
  if (activeState(unit) !== "deactivating") return;
  const end = Math.min(
    shutdown.unitDeadlines[unit.name] ?? USEC_INFINITY,
    partOfBudget(engine, shutdown, unit),
  );
  shutdown.unitDeadlines[unit.name] = end;
  const id = timerId("state", unit);
  const at = engine.timers.get(id);
  if (at !== undefined) setTimer(engine, id, Math.min(at, engine.now + Math.floor((end - engine.now) / 2)));
}

function shortenStops(engine: Engine, shutdown: ShutdownState): void {
  for (const job of engine.jobs.values()) shorten(engine, shutdown, unitOfJob(engine, job));
}

/** The second time what is left is the option's, the third time nothing. */
export function hastenShutdown(engine: Engine): void {
  const shutdown = engine.shutdown;
  if (shutdown === null || shutdown.done) return;
  shutdown.hastened += 1;
  const left = shutdown.hastened > 1 ? 0 : engine.options.hastenedBudgetUsec;
  shutdown.deadline = Math.min(shutdown.deadline, addUsec(engine.now, left));
  log(engine, "notice", null, "Told again to stop, hurrying.");
  setTimer(engine, TIMER, shutdown.deadline);
  shortenStops(engine, shutdown);
}

interface ActionPlan {
  readonly kind: ShutdownKind;
  readonly now: boolean;
}

function planOf(action: Exclude<EmergencyAction, "none">): ActionPlan {
  const [, kind = "exit", force] =
    /^(exit|reboot|poweroff|soft-reboot|kexec|halt)(-force|-immediate)?$/.exec(action) ?? [];
  return { kind: kind as ShutdownKind, now: force !== undefined };
}

/** FailureAction=, SuccessAction=, StartLimitAction=, JobTimeoutAction= (systemd.unit(5)). */
export function takeEmergencyAction(
  engine: Engine,
  action: EmergencyAction,
  exitStatus: number | null,
  reason: string,
): void {
  if (action === "none") return;
  const plan = planOf(action);
  log(engine, "notice", null, `Taking action '${action}': ${reason}.`);
  if (!plan.now) {
    beginShutdown(engine, plan.kind, exitStatus, null);
    return;
  }
  engine.shutdown ??= newShutdown(engine, plan.kind, exitStatus, 0);
  engine.shutdown.over = true;
}
