/** list-units and list-jobs. */
import type { UnitSummary } from "../../control/backend.ts";
import { type Cell, type Column, renderTable, tableJson } from "../format/table.ts";
import { type Context, EXIT_OK, print, reportFailure } from "./context.ts";
import { stateStyle } from "./glyphs.ts";
import { compareUnits } from "./unit-order.ts";
import { patternFilter } from "./unit-patterns.ts";

const COLUMNS: readonly Column[] = [
  { field: "unit", header: "UNIT", shrink: "middle" },
  { field: "load", header: "LOAD", shrink: "keep" },
  { field: "active", header: "ACTIVE", shrink: "keep" },
  { field: "sub", header: "SUB", shrink: "keep" },
];
const JOB_COLUMN: Column = { field: "job", header: "JOB", shrink: "keep" };
const DESCRIPTION_COLUMN: Column = { field: "description", header: "DESCRIPTION", shrink: "end" };

export async function listUnits(context: Context, patterns: readonly string[]): Promise<number> {
  const reply = await context.call("ListUnits", {});
  if (!reply.ok) return reportFailure(context, "Failed to list units", reply.error);
  const units = selectUnits(context, reply.value.units, patterns);
  print(context, formatUnits(context, units));
  return EXIT_OK;
}

/** The units that list-units shows: all that are wanted by name, type and state; the dead ones only when asked for. */
export function selectUnits(
  context: Context,
  units: readonly UnitSummary[],
  patterns: readonly string[],
): readonly UnitSummary[] {
  const { types, loadStates, states, options } = context.settings;
  const matches = patternFilter(patterns);
  const shown = (unit: UnitSummary): boolean => {
    if (types.length > 0 && !types.includes(unit.name.slice(unit.name.lastIndexOf(".") + 1))) return false;
    if (loadStates.length > 0 && !loadStates.includes(unit.loadState)) return false;
    if (states.length > 0) {
      return [unit.loadState, unit.activeState, unit.subState].some((state) => states.includes(state));
    }
    return (
      options.has("all") || loadStates.length > 0 || unit.activeState !== "inactive" || unit.job !== null
    );
  };
  return units
    .filter((unit) => matches(unit.name) && shown(unit))
    .sort((a, b) => compareUnits(a.name, b.name));
}

function formatUnits(context: Context, units: readonly UnitSummary[]): string {
  const { settings, style } = context;
  const withJobs = units.some((unit) => unit.job !== null);
  const columns = [...COLUMNS, ...(withJobs ? [JOB_COLUMN] : []), DESCRIPTION_COLUMN];
  const rows = units.map((unit) => unitRow(context, unit, withJobs));
  if (settings.json !== "off") return tableJson(columns, rows, settings.json === "pretty");
  const dots = !settings.options.has("plain");
  const width = tableWidth(context);
  const table = renderTable(columns, rows, {
    header: settings.legend,
    width: width === null || !dots ? width : width - 2,
    style,
  });
  const lines = dots ? prefixDots(table, units, settings.legend, style.bad) : table;
  return settings.legend ? lines + legend(context, units.length, withJobs) : lines;
}

function unitRow(context: Context, unit: UnitSummary, withJobs: boolean): readonly Cell[] {
  const { style, settings } = context;
  const paint = unit.activeState === "failed" ? { paint: stateStyle("failed", style) } : {};
  const load = unit.loadState === "loaded" ? {} : { paint: style.bad };
  const job = unit.job === null ? (settings.json === "off" ? "" : null) : unit.job.type;
  return [
    { text: unit.name, ...paint },
    { text: unit.loadState, ...load },
    { text: unit.activeState, ...paint },
    { text: unit.subState, ...paint },
    ...(withJobs ? [{ text: job }] : []),
    { text: unit.description === "" ? unit.name : unit.description },
  ];
}

/** A dot before each unit that needs a look, two blanks before the others and the header. */
function prefixDots(
  table: string,
  units: readonly UnitSummary[],
  header: boolean,
  bad: (text: string) => string,
): string {
  const first = header ? 1 : 0;
  return table
    .split("\n")
    .map((line, at) => {
      const unit = units[at - first];
      if (line === "") return line;
      const wrong = unit !== undefined && (unit.activeState === "failed" || unit.loadState !== "loaded");
      return wrong ? `${bad("●")} ${line}` : `  ${line}`;
    })
    .join("\n");
}

const LEGEND = `
Legend: LOAD   → Reflects whether the unit definition was properly loaded.
        ACTIVE → The high-level unit activation state, i.e. generalization of SUB.
        SUB    → The low-level unit activation state, values depend on unit type.
`;

function legend(context: Context, count: number, withJobs: boolean): string {
  const { states, loadStates, options } = context.settings;
  const words = count === 0 ? "" : LEGEND + (withJobs ? "        JOB    → Pending job for the unit.\n" : "");
  const total = `\n${count} loaded units listed.`;
  if (states.length > 0 || loadStates.length > 0) return `${words}${total}\n`;
  const hint = options.has("all") ? "" : " Pass --all to see loaded but inactive units, too.";
  return `${words}${total}${hint}\nTo show all installed unit files use '${context.program} list-unit-files'.\n`;
}

/** Columns that a table may take. */
export function tableWidth(context: Context): number | null {
  return context.settings.options.has("full") ? null : context.system.output.columns;
}

// --------------------------------------------------------------------------------------------------------------- jobs

const JOB_COLUMNS: readonly Column[] = [
  { field: "job", header: "JOB", align: "right", shrink: "keep" },
  { field: "unit", header: "UNIT", shrink: "middle" },
  { field: "type", header: "TYPE", shrink: "keep" },
  { field: "state", header: "STATE", shrink: "keep" },
];

export async function listJobs(context: Context, patterns: readonly string[]): Promise<number> {
  const reply = await context.call("ListJobs", {});
  if (!reply.ok) return reportFailure(context, "Failed to list jobs", reply.error);
  const { settings, style } = context;
  const matches = patternFilter(patterns);
  const jobs = reply.value.jobs.filter((job) => matches(job.unit)).sort((a, b) => a.id - b.id);
  const rows = jobs.map((job): readonly Cell[] => [
    { text: String(job.id), json: job.id },
    { text: job.unit },
    { text: job.type },
    { text: job.state, ...(job.state === "running" ? { paint: style.good } : {}) },
  ]);
  if (settings.json !== "off") print(context, tableJson(JOB_COLUMNS, rows, settings.json === "pretty"));
  else if (jobs.length > 0) {
    print(
      context,
      renderTable(JOB_COLUMNS, rows, { header: settings.legend, width: tableWidth(context), style }),
    );
    if (settings.legend) print(context, `\n${jobs.length} jobs listed.\n`);
  } else if (settings.legend) {
    print(context, patterns.length > 0 ? "No jobs listed.\n" : "No jobs running.\n");
  }
  return EXIT_OK;
}
