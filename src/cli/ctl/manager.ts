/** Verbs that speak to init itself: daemon-reload, environment, log level, and the container's end. */
import type { ExitRequest } from "../../control/backend.ts";
import { quoteShellValue } from "../format/quote.ts";
import { getVariable } from "../system.ts";
import { type Context, complain, EXIT_FAILURE, EXIT_OK, print, reportFailure } from "./context.ts";

export async function daemonReload(context: Context): Promise<number> {
  const reply = await context.call("Reload", {});
  return reply.ok ? EXIT_OK : reportFailure(context, "Failed to reload daemon", reply.error);
}

export async function daemonReexec(context: Context): Promise<number> {
  const reply = await context.call("Reexec", { path: null });
  // The new program takes over before the old one has answered.
  if (reply.ok || reply.error.kind === "broken") return EXIT_OK;
  return reportFailure(context, "Failed to reexecute daemon", reply.error);
}

export async function showEnvironment(context: Context): Promise<number> {
  const reply = await context.call("GetEnvironment", {});
  if (!reply.ok) return reportFailure(context, "Failed to get environment", reply.error);
  const { environment } = reply.value;
  if (context.settings.json !== "off") {
    print(context, `${JSON.stringify(Object.fromEntries(environment.map(splitAssignment)))}\n`);
    return EXIT_OK;
  }
  for (const assignment of environment) {
    const [name, value] = splitAssignment(assignment);
    print(context, `${name}=${quoteShellValue(value)}\n`);
  }
  return EXIT_OK;
}

function splitAssignment(assignment: string): readonly [string, string] {
  const at = assignment.indexOf("=");
  return [assignment.slice(0, at), assignment.slice(at + 1)];
}

export async function setEnvironment(context: Context, assignments: readonly string[]): Promise<number> {
  const bad = assignments.find((one) => !/^[A-Za-z_]\w*=/.test(one));
  if (bad !== undefined) return refuse(context, `Failed to set environment: Invalid environment assignments`);
  const reply = await context.call("ChangeEnvironment", { set: assignments, unset: [] });
  return reply.ok ? EXIT_OK : reportFailure(context, "Failed to set environment", reply.error);
}

export async function unsetEnvironment(context: Context, names: readonly string[]): Promise<number> {
  const reply = await context.call("ChangeEnvironment", { set: [], unset: names });
  return reply.ok ? EXIT_OK : reportFailure(context, "Failed to unset environment", reply.error);
}

export async function importEnvironment(context: Context, names: readonly string[]): Promise<number> {
  const { environment } = context.system;
  const missing = names.find((name) => getVariable(context.system, name) === null);
  if (missing !== undefined) return refuse(context, `Environment variable $${missing} not set, ignoring.`);
  const chosen = environment.filter((one) => names.length === 0 || names.includes(splitAssignment(one)[0]));
  return setEnvironment(context, chosen);
}

const LOG_LEVELS: readonly string[] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

export async function logLevel(context: Context, [level]: readonly string[]): Promise<number> {
  if (level === undefined) {
    const reply = await context.call("GetSystem", {});
    if (!reply.ok) return reportFailure(context, "Failed to get log level", reply.error);
    print(context, `${reply.value.system.logLevel}\n`);
    return EXIT_OK;
  }
  const word = /^[0-7]$/.test(level) ? (LOG_LEVELS[Number(level)] ?? level) : level;
  const reply = await context.call("SetLogLevel", { level: word });
  return reply.ok ? EXIT_OK : reportFailure(context, "Failed to set log level", reply.error);
}

/** poweroff, halt, reboot, exit: all end the container, in order unless forced. */
export async function endContainer(
  context: Context,
  verb: ExitRequest["verb"],
  [status]: readonly string[],
): Promise<number> {
  const code = status ?? "0";
  if (!/^\d{1,3}$/.test(code) || Number(code) > 255) return refuse(context, `Invalid exit code ${code}.`);
  const force = Math.min(context.settings.options.count("force"), 2) as 0 | 1 | 2;
  const reply = await context.call("Exit", { verb, status: Number(code), force });
  // The container may be gone before the answer is.
  if (reply.ok || reply.error.kind === "broken") return EXIT_OK;
  return reportFailure(context, `Failed to ${verb === "exit" ? "exit" : `${verb} container`}`, reply.error);
}

function refuse(context: Context, message: string): number {
  complain(context, message);
  return EXIT_FAILURE;
}
