/**
 * What reading unit files has to say. Nothing is logged here: the caller decides what becomes of a diagnostic.
 *
 * `error`: a value was not what its directive takes (it is ignored, or the unit refused, as systemd does);
 * `warning`: text that has no effect or not the one that was surely meant; `notice`: accepted, without effect here.
 */
export type Severity = "error" | "warning" | "notice";

export interface Diagnostic {
  readonly severity: Severity;
  readonly file: string;
  /** From 1; 0 where the whole file is meant. */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 where the whole line is meant. */
  readonly column: number;
  readonly message: string;
  readonly found: string | null;
  readonly expected: string | null;
  /** A key, or a section, that nobody knows: for who wants to guess what was meant. */
  readonly unknown?: { readonly section: string; readonly key: string | null };
}

const LONGEST_QUOTE = 80;

function quote(text: string): string {
  return text.length > LONGEST_QUOTE ? `"${text.slice(0, LONGEST_QUOTE)}…"` : `"${text}"`;
}

/** "file:line:column: message (found "x", expected y)". */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, found, expected } = diagnostic;
  let text = file;
  if (line > 0) text += column > 0 ? `:${line}:${column}` : `:${line}`;
  text += `: ${diagnostic.message}`;
  if (found !== null && expected !== null) text += `: found ${quote(found)}, expected ${expected}`;
  else if (found !== null) text += `: found ${quote(found)}`;
  else if (expected !== null) text += `: expected ${expected}`;
  return text;
}
