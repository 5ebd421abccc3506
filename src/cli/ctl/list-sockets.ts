/** list-sockets, list-timers and list-paths: units by what starts their work. */
import type { SocketListenerStatus, UnitDetails, UnitSummary } from "../../control/backend.ts";
import { type Cell, type Column, renderTable, tableJson } from "../format/table.ts";
import { formatLeft, formatTimestamp } from "../format/time.ts";
import { type Context, EXIT_OK, print, reportFailure } from "./context.ts";
import { stateStyle } from "./glyphs.ts";
import { tableWidth } from "./list-units.ts";
import { compareAddresses, compareText, compareUnits } from "./unit-order.ts";
import { patternFilter } from "./unit-patterns.ts";

const SOCKET_COLUMNS: readonly Column[] = [
  { field: "listen", header: "LISTEN", shrink: "middle" },
  { field: "unit", header: "UNIT", shrink: "middle" },
  { field: "activates", header: "ACTIVATES", shrink: "middle" },
];
const TYPE_COLUMN: Column = { field: "type", header: "TYPE", shrink: "keep" };

interface SocketRow {
  readonly listener: SocketListenerStatus;
  readonly unit: UnitSummary;
  readonly activates: readonly string[];
}

export async function listSockets(context: Context, patterns: readonly string[]): Promise<number> {
  const units = await loadUnits(context, "socket", patterns);
  if (units === null) return 1;
  const rows = units
    .flatMap((details) => socketRows(details))
    .sort(
      (a, b) =>
        compareAddresses(shownAddress(a), shownAddress(b)) ||
        compareText(a.listener.kind, b.listener.kind) ||
        compareUnits(a.unit.name, b.unit.name),
    );
  const withTypes = context.settings.options.has("show-types");
  const [listen, ...rest] = SOCKET_COLUMNS;
  const columns = listen !== undefined && withTypes ? [listen, TYPE_COLUMN, ...rest] : SOCKET_COLUMNS;
  const cells = rows.map((row): readonly Cell[] => [
    { text: shownAddress(row) },
    ...(withTypes ? [{ text: row.listener.kind }] : []),
    { text: row.unit.name, paint: unitPaint(context, row.unit) },
    { text: row.activates.length === 0 ? null : row.activates.join(", ") },
  ]);
  printListing(context, columns, cells, "sockets");
  return EXIT_OK;
}

function socketRows({ socket, summary, dependencies }: UnitDetails): readonly SocketRow[] {
  const activates = dependencies["Triggers"] ?? [];
  return (socket?.listeners ?? []).map((listener) => ({ listener, unit: summary, activates }));
}

function shownAddress({ listener }: SocketRow): string {
  return listener.bound ?? listener.address;
}

function unitPaint(context: Context, unit: UnitSummary): (text: string) => string {
  return unit.activeState === "failed" ? stateStyle("failed", context.style) : (text) => text;
}

/** Details of the units of a type that are asked for; null after a complaint. */
async function loadUnits(
  context: Context,
  type: string,
  patterns: readonly string[],
): Promise<readonly UnitDetails[] | null> {
  const reply = await context.call("ListUnits", {});
  if (!reply.ok) {
    reportFailure(context, "Failed to list units", reply.error);
    return null;
  }
  const { options, states } = context.settings;
  const matches = patternFilter(patterns);
  const wanted = reply.value.units.filter(
    (unit) =>
      unit.name.endsWith(`.${type}`) &&
      matches(unit.name) &&
      (options.has("all") || unit.activeState !== "inactive") &&
      (states.length === 0 || states.includes(unit.activeState) || states.includes(unit.subState)),
  );
  const details: UnitDetails[] = [];
  for (const unit of wanted) {
    const one = await context.call("GetUnit", { unit: unit.name });
    if (one.ok) details.push(one.value.unit);
  }
  return details;
}

function printListing(
  context: Context,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  what: string,
): void {
  const { settings, style } = context;
  if (settings.json !== "off") {
    print(context, tableJson(columns, rows, settings.json === "pretty"));
    return;
  }
  print(context, renderTable(columns, rows, { header: settings.legend, width: tableWidth(context), style }));
  if (!settings.legend) return;
  const hint = settings.options.has("all") ? "" : `Pass --all to see loaded but inactive ${what}, too.\n`;
  print(context, `\n${rows.length} ${what} listed.\n${hint}`);
}

// ------------------------------------------------------------------------------------------------------------- timers

const TIMER_COLUMNS: readonly Column[] = [
  { field: "next", header: "NEXT", shrink: "keep" },
  { field: "left", header: "LEFT", align: "right", shrink: "keep" },
  { field: "last", header: "LAST", shrink: "keep" },
  { field: "passed", header: "PASSED", align: "right", shrink: "keep" },
  { field: "unit", header: "UNIT", shrink: "middle" },
  { field: "activates", header: "ACTIVATES", shrink: "middle" },
];

export async function listTimers(context: Context, patterns: readonly string[]): Promise<number> {
  const units = await loadUnits(context, "timer", patterns);
  if (units === null) return 1;
  const { clock } = context.system;
  const rows = units.map((details): readonly Cell[] => {
    const last = details.inactiveExit.realtimeUsec;
    return [
      { text: null },
      { text: null },
      { text: formatTimestamp(last, clock.zone, context.settings.timestamp) || null },
      { text: last > 0 ? formatLeft(last, clock.realtime()) : null },
      { text: details.summary.name },
      { text: details.dependencies["Triggers"]?.join(", ") ?? null },
    ];
  });
  printListing(context, TIMER_COLUMNS, rows, "timers");
  return EXIT_OK;
}

const PATH_COLUMNS: readonly Column[] = [
  { field: "path", header: "PATH", shrink: "middle" },
  { field: "condition", header: "CONDITION", shrink: "keep" },
  { field: "unit", header: "UNIT", shrink: "middle" },
  { field: "activates", header: "ACTIVATES", shrink: "middle" },
];

export async function listPaths(context: Context, patterns: readonly string[]): Promise<number> {
  const units = await loadUnits(context, "path", patterns);
  if (units === null) return 1;
  const rows = units.map(({ summary, dependencies }): readonly Cell[] => [
    { text: null },
    { text: null },
    { text: summary.name },
    { text: dependencies["Triggers"]?.join(", ") ?? null },
  ]);
  printListing(context, PATH_COLUMNS, rows, "paths");
  return EXIT_OK;
}
