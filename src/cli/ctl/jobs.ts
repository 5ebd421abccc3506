/** The verbs that start, stop, reload, restart, isolate, kill and clean units, and cancel jobs. */
import { parseSignal } from "../../base/signal.ts";
import type { ControlJobResult, ControlJobType, JobTicket, KillRequest } from "../../control/backend.ts";
import type { ClientError } from "../../control/client.ts";
import { JOB_MODES, type JobMode } from "../../unit/model.ts";
import { isGlob } from "../../unit/text/glob.ts";
import { CLEAN_KINDS, type CleanKind } from "../../unit/value/cleanable.ts";
import { type Context, complain, EXIT_FAILURE, EXIT_OK, print, quiet, reportFailure } from "./context.ts";
import { completeName, getUnit, resolveUnitNames } from "./units.ts";

/** A verb's job, and the word that failures name it by. */
export interface JobVerb {
  readonly type: ControlJobType;
  readonly word: string;
  readonly mode?: JobMode;
}

/** systemctl(1): 5 the unit is not there, 3 the job does not apply, 4 refused for want of a privilege, 1 the rest. */
const EXIT_BY_ERROR: Readonly<Record<string, number>> = {
  NoSuchUnit: 5,
  OnlyByDependency: 4,
  NoIsolation: 4,
  JobTypeNotApplicable: 3,
};

export async function runJobs(context: Context, verb: JobVerb, typed: readonly string[]): Promise<number> {
  const { options } = context.settings;
  const wait = options.has("wait");
  if (wait && options.has("no-block")) return refuse(context, "--wait may not be combined with --no-block.");
  if (wait && verb.word !== "start" && verb.word !== "restart")
    return refuse(context, "--wait may only be used with the 'start' or 'restart' commands.");
  const names = await namesFor(context, verb, typed);
  if (!names.ok) return reportFailure(context, "Failed to list units", names.error);
  const mode = chooseMode(context, verb);
  if (mode === null) return EXIT_FAILURE;
  const runs = await Promise.all(names.value.map((name) => runJob(context, verb, name, mode)));
  const exit = runs.find((status) => status !== EXIT_OK) ?? EXIT_OK;
  return exit === EXIT_OK && wait ? awaitInactive(context, names.value) : exit;
}

async function namesFor(
  context: Context,
  { type, mode, word }: JobVerb,
  typed: readonly string[],
): ReturnType<typeof resolveUnitNames> {
  if (type === "start" && typed.some(isGlob)) {
    complain(
      context,
      `Warning: ${context.program} ${word} called with a glob pattern.\nHint: unit globs expand to loaded units, so start will usually have no effect.\n      Passing --all will also load units which are pulled in by other units.\n      See systemctl(1) for more details.`,
    );
  }
  if (mode === "isolate")
    return { ok: true, value: typed.map((one) => completeName(context, one, "target")) };
  return resolveUnitNames(context, typed);
}

function chooseMode(context: Context, verb: JobVerb): JobMode | null {
  const { options } = context.settings;
  const asked = options.last("job-mode");
  if (asked !== null) {
    const mode = JOB_MODES.find((one) => one === asked);
    if (mode === undefined) complain(context, `Failed to parse job mode '${asked}'.`);
    return mode ?? null;
  }
  if (options.has("fail")) return "fail";
  if (options.has("irreversible")) return "replace-irreversibly";
  if (options.has("ignore-dependencies")) return "ignore-dependencies";
  return verb.mode ?? "replace";
}

async function runJob(context: Context, verb: JobVerb, unit: string, mode: JobMode): Promise<number> {
  const wait = !context.settings.options.has("no-block");
  let warned = false;
  const warn = (job: JobTicket): void => {
    if (!warned) warnOfTriggers(context, verb, job);
    warned = true;
  };
  const reply = await context.call(
    "StartJob",
    { unit, type: verb.type, mode, wait },
    { onProgress: ({ job }) => warn(job) },
  );
  if (!reply.ok) return reportJobError(context, verb, unit, reply.error);
  warn(reply.value.job);
  return reply.value.result === null
    ? EXIT_OK
    : reportResult(context, verb, reply.value.job.unit, reply.value.result);
}

function reportJobError(context: Context, { word }: JobVerb, unit: string, error: ClientError): number {
  reportFailure(context, `Failed to ${word} ${unit}`, error);
  const unsaid = ["NoSuchUnit", "UnitMasked", "JobTypeNotApplicable"];
  if (error.kind === "remote" && !unsaid.includes(error.name) && !quiet(context)) {
    complain(context, `See system logs and '${context.program} status ${unit}' for details.`);
  }
  return EXIT_BY_ERROR[error.name] ?? EXIT_FAILURE;
}

function warnOfTriggers(context: Context, { type }: JobVerb, job: JobTicket): void {
  if (
    type !== "stop" ||
    job.triggers.length === 0 ||
    context.settings.options.has("no-warn") ||
    quiet(context)
  )
    return;
  complain(
    context,
    `Stopping '${job.unit}', but its triggering units are still active:\n${job.triggers.join(", ")}`,
  );
}

const RESULT_MESSAGES: Readonly<Record<string, (unit: string) => string>> = {
  canceled: (unit) => `Job for ${unit} canceled.`,
  timeout: (unit) => `Job for ${unit} timed out.`,
  dependency: (unit) => `A dependency job for ${unit} failed. See 'usherctl logs' for details.`,
  invalid: (unit) => `${unit} is not active, cannot reload.`,
  assert: (unit) => `Assertion failed on job for ${unit}.`,
  unsupported: (unit) => `Operation on or unit type of ${unit} not supported on this system.`,
  collected: (unit) => `Queued job for ${unit} was garbage collected.`,
  once: (unit) => `Unit ${unit} was started already once and can't be started again.`,
  frozen: (unit) => `Cannot perform operation on frozen unit ${unit}.`,
  concurrency: (unit) => `Concurrency limit of a slice unit ${unit} is contained in has been reached.`,
};

const FAILURE_WORDS: Readonly<Record<string, string>> = {
  resources: "of unavailable resources or another system error",
  protocol: "the service did not take the steps required by its unit configuration",
  timeout: "a timeout was exceeded",
  "exit-code": "the control process exited with error code",
  signal: "a fatal signal was delivered to the control process",
  "core-dump": "a fatal signal was delivered causing the control process to dump core",
  watchdog: "the service failed to send watchdog ping",
  "start-limit-hit": "start of the service was attempted too often",
};

async function reportResult(
  context: Context,
  verb: JobVerb,
  unit: string,
  result: ControlJobResult,
): Promise<number> {
  if (result === "done" || result === "skipped") return EXIT_OK;
  if (!quiet(context)) {
    const message = RESULT_MESSAGES[result];
    if (message !== undefined) complain(context, message(unit));
    else await reportFailed(context, verb, unit);
  }
  return EXIT_FAILURE;
}

async function reportFailed(context: Context, verb: JobVerb, unit: string): Promise<void> {
  const details = await getUnit(context, unit);
  const result = details.ok ? (details.value.service?.result ?? "") : "";
  const reason = verb.type.includes("reload") ? undefined : FAILURE_WORDS[result];
  complain(
    context,
    reason === undefined ? `Job for ${unit} failed.` : `Job for ${unit} failed because ${reason}.`,
  );
  const hint =
    result === "start-limit-hit"
      ? `To force a start use "${context.program} reset-failed ${unit}"\nfollowed by "${context.program} start ${unit}" again.`
      : `See "${context.program} status ${unit}" and "usherctl logs -u ${unit}" for details.`;
  complain(context, hint);
}

/** --wait: until the units are down and have no job; 1 where one of them has failed. */
async function awaitInactive(context: Context, units: readonly string[]): Promise<number> {
  const reply = await context.call("AwaitInactive", { units });
  if (!reply.ok) return reportFailure(context, "Failed to wait", reply.error);
  return reply.value.failed.length > 0 ? EXIT_FAILURE : EXIT_OK;
}

// --------------------------------------------------------------------------------------------------------------- kill

const WHOM: readonly KillRequest["whom"][] = ["all", "main", "control"];

export async function kill(context: Context, typed: readonly string[]): Promise<number> {
  const { options } = context.settings;
  const text = options.last("signal") ?? "SIGTERM";
  const signal = parseSignal(text);
  const asked = options.last("kill-whom") ?? options.last("kill-who") ?? "all";
  const whom = WHOM.find((one) => one === asked);
  const value = options.last("kill-value");
  if (signal === undefined) return refuse(context, `Failed to parse signal string "${text}".`);
  if (whom === undefined)
    return refuse(context, `Failed to parse --kill-whom= argument: ${asked} (expected all, main or control)`);
  if (value !== null && !/^-?\d{1,9}$/.test(value))
    return refuse(context, `Unable to parse signal value: ${value}`);
  const names = await resolveUnitNames(context, typed);
  if (!names.ok) return reportFailure(context, "Failed to list units", names.error);
  let exit = EXIT_OK;
  for (const unit of names.value) {
    const request = { unit, whom, signal, value: value === null ? null : Number(value) };
    const reply = await context.call("KillUnit", request);
    if (!reply.ok) exit = reportFailure(context, `Failed to kill unit ${unit}`, reply.error);
  }
  return exit === EXIT_OK && options.has("wait") ? awaitInactive(context, names.value) : exit;
}

function refuse(context: Context, message: string): number {
  complain(context, message);
  return EXIT_FAILURE;
}

// -------------------------------------------------------------------------------------------------------------- clean

/** systemctl(1), --what= */
const CLEANED_BY_DEFAULT: readonly CleanKind[] = ["runtime", "cache", "fdstore"];

export async function clean(context: Context, typed: readonly string[]): Promise<number> {
  const words = context.settings.options.all("what").flatMap((word) => word.split(","));
  if (words.includes("help")) {
    print(context, `${[...CLEAN_KINDS, "all"].join("\n")}\n`);
    return EXIT_OK;
  }
  const bad = words.find((word) => word !== "all" && !CLEAN_KINDS.some((kind) => kind === word));
  if (typed.length === 0) return refuse(context, "Too few arguments.");
  if (bad !== undefined) {
    const all = [...CLEAN_KINDS, "all"].join(", ");
    return refuse(context, `Invalid resource type: ${bad} (expected ${all})`);
  }
  const asked = CLEAN_KINDS.filter((kind) => words.includes("all") || words.includes(kind));
  const what = words.length === 0 ? CLEANED_BY_DEFAULT : asked;
  const names = await resolveUnitNames(context, typed);
  if (!names.ok) return reportFailure(context, "Failed to list units", names.error);
  let exit = EXIT_OK;
  for (const unit of names.value) {
    const reply = await context.call("CleanUnit", { unit, what });
    if (!reply.ok) exit = reportFailure(context, `Failed to clean unit ${unit}`, reply.error);
  }
  return exit === EXIT_OK ? awaitInactive(context, names.value) : exit;
}

// ------------------------------------------------------------------------------------------------------------- cancel

export async function cancel(context: Context, typed: readonly string[]): Promise<number> {
  let exit = EXIT_OK;
  for (const word of typed.length === 0 ? ["0"] : typed) {
    if (!/^\d{1,9}$/.test(word)) return refuse(context, `Failed to parse job id "${word}".`);
    const reply = await context.call("CancelJob", { id: Number(word) });
    if (!reply.ok) {
      reportFailure(context, `Failed to cancel job ${word}, ignoring`, reply.error);
      exit = EXIT_FAILURE;
    }
  }
  return exit;
}

/** reset-failed */
export async function resetFailed(context: Context, typed: readonly string[]): Promise<number> {
  const names = await resolveUnitNames(context, typed);
  if (!names.ok) return reportFailure(context, "Failed to list units", names.error);
  let exit = EXIT_OK;
  for (const unit of typed.length === 0 ? [null] : names.value) {
    const reply = await context.call("ResetFailed", { unit });
    if (!reply.ok) {
      const of = unit === null ? "" : ` of unit ${unit}`;
      exit = reportFailure(context, `Failed to reset failed state${of}`, reply.error);
    }
  }
  return exit;
}
