/** The lines that tell of a job's begin and end, in systemd's words. */
import type { LogLevel } from "../effect.ts";
import { type Engine, emit } from "../engine.ts";
import type { Job, JobResult, JobType, UnitState } from "../state.ts";
import { describeUnit } from "../unit/unit-state.ts";

type Wording = Partial<Record<JobResult, (what: string) => string>>;

const START: Wording = {
  done: (what) => `Started ${what}.`,
  timeout: (what) => `Timed out starting ${what}.`,
  failed: (what) => `Failed to start ${what}.`,
  dependency: (what) => `Dependency failed for ${what}.`,
  assert: (what) => `Assertion failed for ${what}.`,
  unsupported: (what) => `Starting of ${what} unsupported.`,
};

const STOP: Wording = {
  done: (what) => `Stopped ${what}.`,
  failed: (what) => `Stopped ${what} with error.`,
  timeout: (what) => `Timed out stopping ${what}.`,
};

const RELOAD: Wording = {
  done: (what) => `Reloaded ${what}.`,
  failed: (what) => `Reload failed for ${what}.`,
  timeout: (what) => `Timed out reloading ${what}.`,
};

const SOCKET_START: Wording = {
  done: (what) => `Listening on ${what}.`,
  failed: (what) => `Failed to listen on ${what}.`,
};
const SOCKET_STOP: Wording = {
  done: (what) => `Closed ${what}.`,
  failed: (what) => `Failed stopping ${what}.`,
};
const TARGET_START: Wording = { done: (what) => `Reached target ${what}.` };
const TARGET_STOP: Wording = { done: (what) => `Stopped target ${what}.` };
const ONESHOT_START: Wording = { done: (what) => `Finished ${what}.` };

const LEVEL: Readonly<Record<JobResult, LogLevel>> = {
  done: "info",
  canceled: "info",
  timeout: "error",
  failed: "error",
  dependency: "warning",
  skipped: "notice",
  invalid: "info",
  assert: "warning",
  unsupported: "warning",
  collected: "info",
  once: "error",
  frozen: "error",
  concurrency: "error",
};

function ownWording(unit: UnitState, start: boolean): Wording {
  if (unit.kind === "socket") return start ? SOCKET_START : SOCKET_STOP;
  if (unit.kind === "passive" && unit.name.endsWith(".target")) return start ? TARGET_START : TARGET_STOP;
  if (start && unit.kind === "service" && unit.model.service.type === "oneshot") return ONESHOT_START;
  return {};
}

function skippedMessage(unit: UnitState): string | null {
  const outcome = unit.conditionResult;
  if (outcome === null || outcome.met) return null;
  const which = outcome.failed === null ? "" : ` (${outcome.failed})`;
  return `${describeUnit(unit)} was skipped because of an unmet condition check${which}.`;
}

function doneMessage(unit: UnitState, type: JobType, result: JobResult): string | null {
  if (type === "start" && result === "done") {
    const skipped = skippedMessage(unit);
    if (skipped !== null) return skipped;
  }
  const what = describeUnit(unit);
  switch (type) {
    case "start":
      return (ownWording(unit, true)[result] ?? START[result])?.(what) ?? null;
    case "stop":
    case "restart":
      return (ownWording(unit, false)[result] ?? STOP[result])?.(what) ?? null;
    case "reload":
      return RELOAD[result]?.(what) ?? null;
    case "verify-active":
      return result === "skipped" ? `${what} is inactive.` : null;
    case "nop":
      return null;
  }
}

export function tellJobDone(engine: Engine, unit: UnitState, job: Job, result: JobResult): void {
  const message = doneMessage(unit, job.type, result);
  if (message === null) return;
  const fields = { job: job.id, jobType: job.type, jobResult: result };
  emit(engine, { type: "log", level: LEVEL[result], unit: unit.name, message, fields });
}

/** Such a job ends with the first command, or without one. */
function isAtOnce(unit: UnitState, type: "start" | "stop" | "reload"): boolean {
  if (unit.kind === "socket") {
    const { execStartPre, execStartPost, execStopPre, execStopPost } = unit.model.socket;
    return type === "start"
      ? execStartPre.length + execStartPost.length === 0
      : execStopPre.length + execStopPost.length === 0;
  }
  if (unit.kind !== "service" || type !== "start") return false;
  const { type: kind, execCondition, execStartPre, execStartPost } = unit.model.service;
  return kind === "simple" && execCondition.length + execStartPre.length + execStartPost.length === 0;
}

const VERBS = { start: "Starting", stop: "Stopping", reload: "Reloading" } as const;

/** Said only when the job takes a while: a unit that is up at once just has "Started". */
export function tellJobBegun(
  engine: Engine,
  unit: UnitState,
  job: Job,
  type: "start" | "stop" | "reload",
): void {
  if (isAtOnce(unit, type)) return;
  const verb = VERBS[type];
  const message = `${verb} ${describeUnit(unit)}...`;
  emit(engine, {
    type: "log",
    level: "info",
    unit: unit.name,
    message,
    fields: { job: job.id, jobType: type },
  });
}
