/**
 * Unit file text → assignments, line by line as systemd 257 reads it (systemd.syntax(7)).
 *
 * A line ends at newline, carriage return or NUL. A line whose first visible character is `#` or `;` is a comment,
 * in the middle of a continuation too; there are no comments after a value. A backslash at the end of a line joins
 * the next one to it, the backslash turned into a blank. A line that is not UTF-8, a section header without its `]`,
 * or a line longer than 1 MiB ends the file and refuses it.
 */
import { isBlank, skipBlanks, strip } from "./whitespace.ts";

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
  /** The file ended here: what comes before counts in a drop-in, a unit file is refused (LoadState "error"). */
  readonly fatal: LexerProblem | null;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

const LONGEST_LINE = 1024 * 1024;
const BACKSLASH = 92;
/** Whatever is beyond is visible. */
const SPACE = 32;
const HASH = 35;
const SEMICOLON = 59;
const OPENING_BRACKET = 91;
const BYTE_ORDER_MARK = 0xfeff;

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

/** `start` or the first visible character after it, `end` if there is none. */
function visibleStart(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** `end` without the blanks before it; hardly any line has some. */
function visibleEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && text.charCodeAt(at - 1) <= SPACE && isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}

interface LexerState {
  readonly assignments: Assignment[];
  readonly sections: string[];
  readonly problems: LexerProblem[];
  fatal: LexerProblem | null;
  section: string | null;
  /** Somewhere there is a byte that is no UTF-8; in a comment that is no harm. */
  readonly isBroken: boolean;
}

function complain(state: LexerState, line: number, column: number, message: string, found: string): void {
  state.problems.push({ line, column, message, found });
}

/** Headers that were found good, with the names in them: the same few stand in every file. */
const HEADERS: Map<string, string> = new Map();

/** The name in "[name]", undefined if there is something wrong with it. */
function sectionName(header: string): string | undefined {
  const known = HEADERS.get(header);
  if (known !== undefined) return known;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is asked
  const [, name] = /^\[([^\0-\x1f\x7f"'\\]*)\]$/.exec(header) ?? [];
  if (name !== undefined) HEADERS.set(header, name);
  return name;
}

function openSection(state: LexerState, header: string, line: number, column: number): void {
  const name = sectionName(header);
  if (name === undefined) {
    const what = header.endsWith("]") ? "with a character that is not allowed" : "without a closing ]";
    state.fatal = { line, column, message: `section header ${what}`, found: header };
    return;
  }
  state.section = name;
  if (!state.sections.includes(name)) state.sections.push(name);
}

/** A byte that is no UTF-8 is carried by the second half of a surrogate pair without the first. */
const LONE_SURROGATE = /(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** ES2024, which the engine has and the library's types don't have yet. */
type WellFormed = string & { isWellFormed(): boolean };

/**
 * The logical line from `start`, its first visible character, to `end`. `line` is that of its beginning, `shift` what
 * is to be added to an offset for its column. A line put together of several has `breaks`: for each part but the
 * first its offset in the text, its line and its column.
 */
function takeLine(
  state: LexerState,
  text: string,
  start: number,
  end: number,
  line: number,
  shift: number,
  breaks: readonly number[] | null,
): void {
  if (state.isBroken && LONE_SURROGATE.test(text.slice(start, end))) {
    state.fatal = { line, column: start + shift, message: "not UTF-8", found: text.slice(start, end) };
    return;
  }
  if (text.charCodeAt(start) === OPENING_BRACKET) {
    openSection(state, text.slice(start, visibleEnd(text, start, end)), line, start + shift);
    return;
  }
  const { section } = state;
  const equals = text.indexOf("=", start);
  if (section === null || equals < 0 || equals >= end || equals === start) {
    const missing = equals === start ? "line without a name before =" : "line without =";
    const message = section === null ? "assignment outside of a section" : missing;
    complain(state, line, start + shift, `${message}, ignored`, strip(text.slice(start, end)));
    return;
  }
  let valueStart = equals + 1;
  if (text.charCodeAt(valueStart) <= SPACE) valueStart = visibleStart(text, valueStart, end);
  const assignment: Assignment = {
    section,
    key: text.slice(start, visibleEnd(text, start, equals)),
    value: text.slice(valueStart, visibleEnd(text, valueStart, end)),
    line,
    column: start + shift,
    valueLine: line,
    valueColumn: valueStart + shift,
    breaks: null,
  };
  state.assignments.push(breaks === null ? assignment : withBreaks(assignment, breaks, valueStart));
}

/** The assignment with the places of its value's further lines. */
function withBreaks(assignment: Assignment, breaks: readonly number[], valueStart: number): Assignment {
  let { valueLine, valueColumn } = assignment;
  const inValue: number[] = [];
  for (let i = 0; i + 2 < breaks.length; i += 3) {
    const at = breaks[i] ?? 0;
    const line = breaks[i + 1] ?? valueLine;
    const column = breaks[i + 2] ?? 1;
    if (at <= valueStart) {
      valueLine = line;
      valueColumn = column + valueStart - at;
    } else {
      inValue.push(at - valueStart, line, column);
    }
  }
  return { ...assignment, valueLine, valueColumn, breaks: inValue };
}

/** A logical line that is being put together. */
interface Pending {
  text: string;
  readonly line: number;
  readonly shift: number;
  readonly breaks: number[];
}

function takePending(state: LexerState, { text, line, shift, breaks }: Pending): void {
  const start = skipBlanks(text, 0);
  if (start < text.length) takeLine(state, text, start, text.length, line, shift, breaks);
}

/** One more part of a line that was continued; null once it is complete. */
function extend(state: LexerState, pending: Pending, part: string, line: number): Pending | null {
  const continues = endsInContinuation(part, 0, part.length);
  pending.breaks.push(pending.text.length, line, 1);
  pending.text += continues ? `${part.slice(0, -1)} ` : part;
  if (continues) return pending;
  takePending(state, pending);
  return null;
}

/** Lexes a whole file. Never fails: what is wrong is in `problems` and `fatal`. */
export function lexUnitFile(source: string): LexedFile {
  const text = unifyLineEnds(source);
  const isBroken = !(text as WellFormed).isWellFormed();
  const state: LexerState = {
    assignments: [],
    sections: [],
    problems: [],
    fatal: null,
    section: null,
    isBroken,
  };
  let pending: Pending | null = null;
  let line = 0;
  let bomSeen = false;
  let next = 0;
  while (next < text.length && state.fatal === null) {
    const lineStart = next;
    let start = lineStart;
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    next = end + 1;
    line++;
    let visible = start;
    let code = text.charCodeAt(start);
    if (code <= SPACE) {
      visible = visibleStart(text, start, end);
      code = visible < end ? text.charCodeAt(visible) : SPACE;
    }
    if (code === HASH || code === SEMICOLON) continue;
    if (code === BYTE_ORDER_MARK && visible === start && !bomSeen) {
      bomSeen = true;
      start++;
      visible = visibleStart(text, start, end);
    }
    if (end - start + (pending?.text.length ?? 0) > LONGEST_LINE) {
      state.fatal = { line, column: 0, message: "line longer than 1 MiB", found: null };
    } else if (pending !== null) {
      pending = extend(state, pending, text.slice(start, end), line);
    } else if (text.charCodeAt(end - 1) === BACKSLASH && endsInContinuation(text, start, end)) {
      const shift = 1 + start - lineStart;
      pending = { text: `${text.slice(start, end - 1)} `, line, shift, breaks: [] };
    } else if (visible < end) {
      takeLine(state, text, visible, end, line, 1 - lineStart, null);
    }
  }
  if (pending !== null && state.fatal === null) takePending(state, pending);
  return state;
}
