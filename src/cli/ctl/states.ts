/** Verbs that answer with one word and an exit status: is-active, is-failed, is-system-running, health. */
import type { ControlActiveState, SystemSummary } from "../../control/backend.ts";
import {
  type Context,
  EXIT_FAILURE,
  EXIT_NOT_RUNNING,
  EXIT_OK,
  EXIT_UNKNOWN,
  print,
  quiet,
  reportFailure,
} from "./context.ts";
import { getUnit, isUnknown, resolveUnitNames } from "./units.ts";

const RUNNING: readonly ControlActiveState[] = ["active", "reloading", "refreshing"];

export function isActive(context: Context, typed: readonly string[]): Promise<number> {
  return checkUnits(context, typed, RUNNING, EXIT_NOT_RUNNING);
}

export function isFailed(context: Context, typed: readonly string[]): Promise<number> {
  if (typed.length > 0) return checkUnits(context, typed, ["failed"], EXIT_FAILURE);
  return checkSystem(context, (state) => state === "degraded");
}

/** 0 where one unit at least is in one of the states; 4 where none of them exists. */
async function checkUnits(
  context: Context,
  typed: readonly string[],
  good: readonly ControlActiveState[],
  bad: number,
): Promise<number> {
  const names = await resolveUnitNames(context, typed);
  if (!names.ok) return reportFailure(context, "Failed to list units", names.error);
  let found = false;
  let known = false;
  const rows: { unit: string; state: string }[] = [];
  for (const name of names.value) {
    const details = await getUnit(context, name);
    if (!details.ok && details.error.kind !== "remote") return reportFailure(context, "", details.error);
    const state = details.ok ? details.value.summary.activeState : "inactive";
    known ||= details.ok && !isUnknown(details.value);
    found ||= good.includes(state);
    rows.push({ unit: name, state });
  }
  printStates(context, rows);
  if (found) return EXIT_OK;
  return known || names.value.length === 0 ? bad : EXIT_UNKNOWN;
}

/** A line for each, or one piece of JSON. */
export function printStates(
  context: Context,
  rows: readonly { readonly unit: string; readonly state: string }[],
): void {
  if (quiet(context)) return;
  if (context.settings.json !== "off") print(context, `${JSON.stringify(rows)}\n`);
  else print(context, rows.map(({ state }) => `${state}\n`).join(""));
}

export function isSystemRunning(context: Context): Promise<number> {
  return checkSystem(context, (state) => state === "running");
}

async function checkSystem(
  context: Context,
  good: (state: SystemSummary["state"]) => boolean,
): Promise<number> {
  const method = context.settings.options.has("wait") ? "AwaitBoot" : "GetSystem";
  const reply = await context.call(method, {});
  if (!reply.ok) {
    if (reply.error.kind !== "absent")
      return reportFailure(context, "Failed to query system state", reply.error);
    if (!quiet(context)) print(context, "offline\n");
    return EXIT_FAILURE;
  }
  const { state } = reply.value.system;
  if (!quiet(context))
    print(context, context.settings.json === "off" ? `${state}\n` : `${JSON.stringify({ state })}\n`);
  return good(state) ? EXIT_OK : EXIT_FAILURE;
}

export interface Health {
  readonly status: "healthy" | "starting" | "unhealthy";
  /** One line each. */
  readonly reasons: readonly string[];
}

/** For HEALTHCHECK: 0 healthy, 1 not (yet). With units: each must be active; without: nothing may have failed. */
export async function health(context: Context, typed: readonly string[]): Promise<number> {
  const verdict = typed.length > 0 ? await unitHealth(context, typed) : await systemHealth(context);
  if (context.settings.json !== "off") print(context, `${JSON.stringify(verdict)}\n`);
  else if (!quiet(context)) print(context, `${[verdict.status, ...verdict.reasons].join("\n")}\n`);
  return verdict.status === "healthy" ? EXIT_OK : EXIT_FAILURE;
}

async function systemHealth(context: Context): Promise<Health> {
  const reply = await context.call("GetSystem", {});
  if (!reply.ok) return { status: "unhealthy", reasons: [reply.error.message] };
  const { state, failed } = reply.value.system;
  if (state === "initializing" || state === "starting") return { status: "starting", reasons: [] };
  if (state === "running") return { status: "healthy", reasons: [] };
  const reasons = failed.map((name) => `${name} has failed`);
  return { status: "unhealthy", reasons: reasons.length > 0 ? reasons : [`the system is ${state}`] };
}

async function unitHealth(context: Context, typed: readonly string[]): Promise<Health> {
  const names = await resolveUnitNames(context, typed);
  if (!names.ok) return { status: "unhealthy", reasons: [names.error.message] };
  const reasons: string[] = [];
  let starting = false;
  for (const name of names.value) {
    const details = await getUnit(context, name);
    const state = details.ok ? details.value.summary.activeState : "inactive";
    if (RUNNING.includes(state)) continue;
    starting ||= state === "activating";
    reasons.push(`${name} is ${details.ok && isUnknown(details.value) ? "not there" : state}`);
  }
  if (reasons.length === 0) return { status: "healthy", reasons };
  return { status: starting && reasons.length === 1 ? "starting" : "unhealthy", reasons };
}
