/** Tables as systemctl prints them: a header, columns one blank apart, the last one without padding. */
import type { Style } from "./style.ts";
import { makePrintable, padEnd, padStart, textWidth, truncateEnd, truncateMiddle } from "./text-width.ts";

export interface Column {
  /** For --output=json: the field's name. */
  readonly field: string;
  readonly header: string;
  readonly align?: "right";
  /** How it gives way when the terminal is too narrow; "keep" never does. */
  readonly shrink: "keep" | "end" | "middle";
}

/** A cell: plain text, and what its text is shown with. null is printed as "-". */
export interface Cell {
  readonly text: string | null;
  /** For --output=json, where it isn't the text. */
  readonly json?: unknown;
  readonly paint?: (text: string) => string;
}

export interface TableLayout {
  readonly header: boolean;
  /** Columns of the terminal; null: as wide as need be. */
  readonly width: number | null;
  readonly style: Style;
}

const NARROWEST = 8;

export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  layout: TableLayout,
): string {
  const texts = rows.map((row) => row.map((cell) => makePrintable(cell.text ?? "-")));
  const widths = columns.map((column, at) =>
    Math.max(layout.header ? textWidth(column.header) : 0, ...texts.map((row) => textWidth(row[at] ?? ""))),
  );
  if (layout.width !== null) shrinkTo(layout.width, columns, widths);
  const line = (cells: readonly string[], paint: (at: number, text: string) => string): string =>
    `${columns
      .map((column, at) => {
        const fitted = fitCell(cells[at] ?? "", column, widths[at] ?? 0, at === columns.length - 1);
        return paint(at, fitted);
      })
      .join(" ")}\n`;
  const head = layout.header
    ? line(
        columns.map((column) => column.header),
        (_, text) => layout.style.header(text),
      )
    : "";
  const body = texts.map((row, index) => line(row, (at, text) => rows[index]?.[at]?.paint?.(text) ?? text));
  return head + body.join("");
}

function fitCell(text: string, column: Column, width: number, last: boolean): string {
  const cut = column.shrink === "middle" ? truncateMiddle(text, width) : truncateEnd(text, width);
  if (column.align === "right") return padStart(cut, width);
  return last ? cut : padEnd(cut, width);
}

/** Takes the missing columns from the last shrinkable column first, then from those before it. */
function shrinkTo(total: number, columns: readonly Column[], widths: number[]): void {
  let excess = widths.reduce((sum, width) => sum + width, columns.length - 1) - total;
  for (let at = columns.length - 1; at >= 0 && excess > 0; at--) {
    const width = widths[at] ?? 0;
    if (columns[at]?.shrink === "keep") continue;
    const given = Math.max(0, Math.min(excess, width - Math.min(width, NARROWEST)));
    widths[at] = width - given;
    excess -= given;
  }
}

/** The same rows as a list of objects, one line of JSON. */
export function tableJson(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  pretty: boolean,
): string {
  const objects = rows.map((row) =>
    Object.fromEntries(
      columns.flatMap(({ field }, at) =>
        field === "" ? [] : [[field, row[at]?.json ?? row[at]?.text ?? null]],
      ),
    ),
  );
  return `${JSON.stringify(objects, null, pretty ? 2 : 0)}\n`;
}
