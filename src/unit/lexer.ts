/**
 * Unit file text → assignments, line by line as systemd 257 reads it (systemd.syntax(7)).
 *
 * A line ends at newline, carriage return or NUL. A line whose first visible character is `#` or `;` is a comment,
 * in the middle of a continuation too; there are no comments after a value. A backslash at the end of a line joins
 * the next one to it, the backslash turned into a blank. A line that is not UTF-8 is passed over with a warning; a
 * section header without its `]`, or a line longer than 1 MiB, ends the file.
 */
import { isBlank, skipBlanks, strip, trimmedEnd } from "./whitespace.ts";

export interface Assignment {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** Where the key begins, from 1. */
  readonly line: number;
  readonly column: number;
  /** Where the value begins, from 1. */
  readonly valueLine: number;
  readonly valueColumn: number;
  /** For a value that goes over several lines: offset in the value, line, column for each further line. */
  readonly breaks: readonly number[] | null;
}

export interface LexerProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly found: string | null;
}

export interface LexedFile {
  readonly assignments: readonly Assignment[];
  /** Sections in order of first appearance; they need not have assignments. */
  readonly sections: readonly string[];
  readonly problems: readonly LexerProblem[];
  /** The file ended here: nothing of it counts (LoadState "error"). */
  readonly fatal: LexerProblem | null;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

const LONGEST_LINE = 1024 * 1024;
const BACKSLASH = 92;
const HASH = 35;
const SEMICOLON = 59;
const OPENING_BRACKET = 91;
const BYTE_ORDER_MARK = "\ufeff";
const REPLACEMENT = "\ufffd";

/** The place of a character of the value, `offset` from its beginning. */
export function positionAt(assignment: Assignment, offset: number): Position {
  const { breaks } = assignment;
  let line = assignment.valueLine;
  let column = assignment.valueColumn + offset;
  if (breaks === null) return { line, column };
  for (let i = 0; i + 2 < breaks.length; i += 3) {
    const at = breaks[i] ?? 0;
    if (at > offset) break;
    line = breaks[i + 1] ?? line;
    column = (breaks[i + 2] ?? 1) + offset - at;
  }
  return { line, column };
}

/** Each run of newline, carriage return and NUL is one line end as long as none of them repeats. */
function unifyLineEnds(text: string): string {
  if (!text.includes("\r") && !text.includes("\0")) return text;
  return text.replace(/[\r\n\0]+/g, (run) => {
    let ends = "\n";
    let seen = "";
    for (const character of run) {
      if (seen.includes(character)) {
        ends += "\n";
        seen = "";
      }
      seen += character;
    }
    return ends;
  });
}

function endsInContinuation(text: string, start: number, end: number): boolean {
  let at = end;
  while (at > start && text.charCodeAt(at - 1) === BACKSLASH) at--;
  return ((end - at) & 1) === 1;
}

function isComment(text: string, start: number, end: number): boolean {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  if (at === end) return false;
  const code = text.charCodeAt(at);
  return code === HASH || code === SEMICOLON;
}

interface LexerState {
  readonly assignments: Assignment[];
  readonly sections: string[];
  readonly problems: LexerProblem[];
  fatal: LexerProblem | null;
  section: string | null;
}

function openSection(state: LexerState, header: string, line: number, column: number): void {
  if (!header.endsWith("]")) {
    state.fatal = { line, column, message: "section header without a closing ]", found: header };
    return;
  }
  const name = header.slice(1, -1);
  if (!isSafeText(name)) {
    state.fatal = {
      line,
      column,
      message: "section header with a character that is not allowed",
      found: header,
    };
    return;
  }
  state.section = name;
  if (!state.sections.includes(name)) state.sections.push(name);
}

/** No control characters, quotes or backslashes. */
function isSafeText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is asked
  return !/[\0-\x1f\x7f"'\\]/.test(text);
}

/**
 * One logical line. `breaks` holds offset in `text`, line and column of each physical line but the first.
 */
function takeLine(
  state: LexerState,
  text: string,
  line: number,
  shift: number,
  breaks: readonly number[] | null,
): void {
  const start = skipBlanks(text, 0);
  if (start === text.length) return;
  const column = start + 1 + shift;
  if (text.includes(REPLACEMENT)) {
    state.problems.push({ line, column, message: "not UTF-8, line ignored", found: text });
    return;
  }
  if (text.charCodeAt(start) === OPENING_BRACKET) {
    openSection(state, strip(text), line, column);
    return;
  }
  if (state.section === null) {
    state.problems.push({
      line,
      column,
      message: "assignment outside of a section, ignored",
      found: strip(text),
    });
    return;
  }
  const equals = text.indexOf("=", start);
  if (equals < 0 || equals === start) {
    const message = equals < 0 ? "line without =, ignored" : "line without a name before =, ignored";
    state.problems.push({ line, column, message, found: strip(text) });
    return;
  }
  let keyEnd = equals;
  while (isBlank(text.charCodeAt(keyEnd - 1))) keyEnd--;
  const valueStart = skipBlanks(text, equals + 1);
  const value = text.slice(valueStart, trimmedEnd(text, valueStart));
  state.assignments.push(
    place(state.section, text.slice(start, keyEnd), value, line, column, valueStart, shift, breaks),
  );
}

function place(
  section: string,
  key: string,
  value: string,
  line: number,
  column: number,
  valueStart: number,
  shift: number,
  breaks: readonly number[] | null,
): Assignment {
  if (breaks === null) {
    const valueColumn = valueStart + 1 + shift;
    return { section, key, value, line, column, valueLine: line, valueColumn, breaks };
  }
  let valueLine = line;
  let valueColumn = valueStart + 1 + shift;
  const inValue: number[] = [];
  for (let i = 0; i + 2 < breaks.length; i += 3) {
    const at = breaks[i] ?? 0;
    const breakLine = breaks[i + 1] ?? line;
    const breakColumn = breaks[i + 2] ?? 1;
    if (at <= valueStart) {
      valueLine = breakLine;
      valueColumn = breakColumn + valueStart - at;
    } else {
      inValue.push(at - valueStart, breakLine, breakColumn);
    }
  }
  return { section, key, value, line, column, valueLine, valueColumn, breaks: inValue };
}

/** Lexes a whole file. Never fails: what is wrong is in `problems` and `fatal`. */
export function lexUnitFile(source: string): LexedFile {
  const text = unifyLineEnds(source);
  const state: LexerState = { assignments: [], sections: [], problems: [], fatal: null, section: null };
  let pending: string | null = null;
  let pendingLine = 0;
  let pendingShift = 0;
  let breaks: number[] | null = null;
  let line = 0;
  let bomSeen = false;

  for (let start = 0; start < text.length && state.fatal === null; ) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    let from = start;
    start = end + 1;
    line++;
    if (isComment(text, from, end)) continue;
    let shift = 0;
    if (!bomSeen && text.startsWith(BYTE_ORDER_MARK, from)) {
      bomSeen = true;
      from++;
      shift = 1;
    }
    if (end - from + (pending?.length ?? 0) > LONGEST_LINE) {
      state.fatal = { line, column: 0, message: "line longer than 1 MiB", found: null };
      break;
    }
    const continues = endsInContinuation(text, from, end);
    const part = continues ? `${text.slice(from, end - 1)} ` : text.slice(from, end);
    if (pending === null) {
      if (!continues) {
        takeLine(state, part, line, shift, null);
        continue;
      }
      pending = part;
      pendingLine = line;
      pendingShift = shift;
      breaks = [];
      continue;
    }
    breaks?.push(pending.length, line, 1 + shift);
    pending += part;
    if (continues) continue;
    takeLine(state, pending, pendingLine, pendingShift, breaks);
    pending = null;
    breaks = null;
  }
  if (pending !== null && state.fatal === null) takeLine(state, pending, pendingLine, pendingShift, breaks);
  return state;
}
