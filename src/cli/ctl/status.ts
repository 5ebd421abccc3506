/** The verb `status`. */
import type {
  ControlActiveState,
  LogEntry,
  SystemSummary,
  UnitDetails,
  UnitSummary,
} from "../../control/backend.ts";
import { formatRelative, formatTimestamp } from "../format/time.ts";
import { openUnitFiles } from "../unit-files/open.ts";
import type { UnitFileState, UnitFiles } from "../unit-files/store.ts";
import {
  type Context,
  complain,
  EXIT_FAILURE,
  EXIT_NOT_RUNNING,
  EXIT_OK,
  EXIT_UNKNOWN,
  print,
  reportFailure,
} from "./context.ts";
import { tableWidth } from "./list-units.ts";
import type { LogLayout } from "./log-lines.ts";
import { formatStatus, type StatusInput } from "./status-text.ts";
import { getUnit, isUnknown, resolveUnitNames } from "./units.ts";
import { explainFailure } from "./why.ts";

const DEFAULT_LINES = 10;

export async function status(context: Context, typed: readonly string[]): Promise<number> {
  const { settings } = context;
  if (typed.length === 0 && settings.states.length === 0 && settings.types.length === 0)
    return systemStatus(context);
  const pids = typed.filter((word) => /^[1-9]\d*$/.test(word)).map(Number);
  const words = typed.filter((word) => !/^[1-9]\d*$/.test(word));
  const names = await resolveUnitNames(context, words.length + pids.length === 0 ? ["*"] : words);
  if (!names.ok) return reportFailure(context, "Failed to list units", names.error);
  const all = [...names.value];
  for (const pid of pids) {
    const unit = await unitOfProcess(context, pid);
    if (unit === null) return EXIT_FAILURE;
    all.push(unit);
  }
  return showUnits(context, all);
}

async function showUnits(context: Context, names: readonly string[]): Promise<number> {
  const reply = await context.call("ListUnits", {});
  if (!reply.ok) return reportFailure(context, "Failed to get unit states", reply.error);
  const states = Object.fromEntries(reply.value.units.map((unit) => [unit.name, unit.activeState]));
  const files = await openUnitFiles(context);
  let exit = EXIT_OK;
  let first = true;
  for (const name of names) {
    const details = await getUnit(context, name);
    if (!details.ok) {
      exit = exit || reportFailure(context, `Failed to get properties of ${name}`, details.error);
      continue;
    }
    if (isUnknown(details.value)) {
      complain(context, `Unit ${name} could not be found.`);
      exit = exit || EXIT_UNKNOWN;
      continue;
    }
    if (!first) print(context, "\n");
    first = false;
    const input = await gather(context, details.value, files, states);
    print(context, context.settings.json === "off" ? textOf(context, input) : jsonOf(context, input));
    exit = exit || exitStatusOf(details.value.summary);
  }
  return exit;
}

/** LSB's: 0 running, 3 not running. */
function exitStatusOf({ activeState }: UnitSummary): number {
  return activeState === "active" || activeState === "reloading" || activeState === "refreshing"
    ? EXIT_OK
    : EXIT_NOT_RUNNING;
}

async function gather(
  context: Context,
  details: UnitDetails,
  files: UnitFiles,
  related: Readonly<Record<string, ControlActiveState>>,
): Promise<StatusInput> {
  const { name } = details.summary;
  const state = fileStateOf(details, files);
  return {
    details,
    fileState: state,
    preset: state === null ? null : files.preset(name),
    related,
    processNames: processNames(context, details),
    log: await lastLines(context, details),
    explanation: explainFailure(details, context.program),
  };
}

/** null where there is no file, or none any more. */
export function fileStateOf({ unit, summary }: UnitDetails, files: UnitFiles): UnitFileState | null {
  const state = unit.fragmentPath === null ? "not-found" : files.state(summary.name);
  return state === "not-found" ? null : state;
}

function processNames(
  context: Context,
  { service, processes }: UnitDetails,
): Readonly<Record<number, string>> {
  const pids = [service?.mainPid ?? 0, service?.controlPid ?? 0, ...processes.map(({ pid }) => pid)];
  const names: Record<number, string> = {};
  for (const pid of pids) {
    const comm = pid > 0 ? context.system.files.read(`/proc/${pid}/comm`) : null;
    if (comm?.ok === true) names[pid] = comm.value.trimEnd();
  }
  return names;
}

/** The unit's newest lines since it was last started. A stranger may not read them and gets none. */
async function lastLines(context: Context, details: UnitDetails): Promise<readonly LogEntry[]> {
  const lines = context.settings.lines ?? DEFAULT_LINES;
  if (lines === 0) return [];
  const query = { units: [details.summary.name], lines, afterSeq: 0, priorityMax: 7, follow: false };
  const reply = await context.call("Logs", query);
  return reply.ok ? reply.value.entries : [];
}

function textOf(context: Context, input: StatusInput): string {
  const { system, style, settings } = context;
  const width = tableWidth(context);
  const log: LogLayout = {
    output: settings.output,
    hostName: system.hostName,
    zone: system.clock.zone,
    style,
    width,
  };
  return formatStatus(input, {
    style,
    width,
    now: system.clock.realtime(),
    timestamp: settings.timestamp,
    zone: system.clock.zone,
    log,
  });
}

function jsonOf(
  { settings }: Context,
  { details, fileState, preset, log, explanation }: StatusInput,
): string {
  const value = { ...details, unitFileState: fileState, unitFilePreset: preset, log, explanation };
  return `${JSON.stringify(value, null, settings.json === "pretty" ? 2 : 0)}\n`;
}

/** The unit that a process belongs to; null after a complaint. */
async function unitOfProcess(context: Context, pid: number): Promise<string | null> {
  const reply = await context.call("ListUnits", {});
  if (!reply.ok) {
    reportFailure(context, `Failed to get unit for PID ${pid}`, reply.error);
    return null;
  }
  for (const { name, activeState } of reply.value.units) {
    if (activeState === "inactive" || !name.endsWith(".service")) continue;
    const details = await getUnit(context, name);
    if (details.ok && details.value.processes.some((process) => process.pid === pid)) return name;
  }
  const alive = context.system.files.exists(`/proc/${pid}`);
  complain(
    context,
    alive ? `PID ${pid} does not belong to any loaded unit.` : `PID ${pid} doesn't exist or is already gone.`,
  );
  return null;
}

async function systemStatus(context: Context): Promise<number> {
  const reply = await context.call("GetSystem", {});
  if (!reply.ok) return reportFailure(context, "Failed to get system state", reply.error);
  const { system } = reply.value;
  if (context.settings.json !== "off") {
    print(context, `${JSON.stringify(system, null, context.settings.json === "pretty" ? 2 : 0)}\n`);
  } else print(context, formatSystem(context, system));
  return EXIT_OK;
}

function formatSystem({ system: here, style }: Context, system: SystemSummary): string {
  const good = system.state === "running";
  const paint = good ? style.good : system.state === "degraded" ? style.bad : style.warn;
  const since = formatTimestamp(system.started.realtimeUsec, here.clock.zone);
  const ago = formatRelative(system.started.realtimeUsec, here.clock.realtime());
  const failed = `${system.failed.length} units`;
  return [
    `${paint("●")} ${here.hostName}`,
    `    State: ${paint(system.state)}`,
    `    Units: ${system.unitCount} loaded (incl. loaded aliases)`,
    `     Jobs: ${system.jobCount} queued`,
    `   Failed: ${system.failed.length > 0 ? style.bad(failed) : failed}`,
    `    Since: ${since}; ${ago}`,
    `    usher: ${system.version}`,
    ...system.failed.map((name) => `           ${style.bad("×")} ${name}`),
    "",
  ].join("\n");
}
