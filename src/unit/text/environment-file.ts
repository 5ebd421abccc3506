/**
 * Files of EnvironmentFile= (systemd.exec(5)), and others that a shell could read too, such as os-release(5).
 *
 * NAME=value, one a line; `#` and `;` begin a comment line. A value may be put together from quoted and unquoted
 * parts; nothing is expanded. Outside of quotes a backslash takes the next character as it is, between double quotes
 * only `"`, `\\`, `` ` `` and `$`; before a line's end it joins the lines. The characters are taken one by one in the
 * states that systemd's reader has, since its answers to odd input follow from them.
 */
import { assignVariable, isAssignment } from "../value/environment.ts";
import { isBlank, trimmedEnd } from "./whitespace.ts";

type State =
  | "before-key"
  | "key"
  /** After "=" and after a closing quote: blanks are passed over. */
  | "before-value"
  | "value"
  | "escape"
  | "single"
  | "double"
  | "double-escape"
  | "comment"
  | "comment-escape";

interface Reader {
  state: State;
  key: string;
  value: string;
  /** Length of `value` without the blanks at its end that no quote or backslash protects. */
  solid: number;
  readonly pairs: (readonly [string, string])[];
}

function isLineEnd(c: string): boolean {
  return c === "\n" || c === "\r";
}

function isBlankCharacter(c: string): boolean {
  return isBlank(c.charCodeAt(0));
}

function push(reader: Reader): void {
  reader.pairs.push([reader.key.slice(0, trimmedEnd(reader.key, 0)), reader.value.slice(0, reader.solid)]);
  reader.key = "";
  reader.value = "";
  reader.solid = 0;
}

function append(reader: Reader, text: string): void {
  reader.value += text;
  reader.solid = reader.value.length;
}

function beforeValue(reader: Reader, c: string): State {
  if (isLineEnd(c)) {
    push(reader);
    return "before-key";
  }
  if (c === "'") return "single";
  if (c === '"') return "double";
  if (c === "\\") return "escape";
  if (isBlankCharacter(c)) return "before-value";
  append(reader, c);
  return "value";
}

function inValue(reader: Reader, c: string): State {
  if (isLineEnd(c)) {
    push(reader);
    return "before-key";
  }
  if (c === "\\") {
    reader.solid = reader.value.length;
    return "escape";
  }
  reader.value += c;
  if (!isBlankCharacter(c)) reader.solid = reader.value.length;
  return "value";
}

function inDouble(reader: Reader, c: string): State {
  if (c === '"') return "before-value";
  if (c === "\\") return "double-escape";
  append(reader, c);
  return "double";
}

/** What each state makes of a character, and the state that follows. */
const STEPS: Readonly<Record<State, (reader: Reader, c: string) => State>> = {
  "before-key": (reader, c) => {
    if (c === "#" || c === ";") return "comment";
    if (isBlankCharacter(c)) return "before-key";
    reader.key = c;
    return "key";
  },
  key: (reader, c) => {
    if (isLineEnd(c)) return "before-key";
    if (c === "=") return "before-value";
    reader.key += c;
    return "key";
  },
  "before-value": beforeValue,
  value: inValue,
  escape: (reader, c) => {
    if (!isLineEnd(c)) append(reader, c);
    return "value";
  },
  single: (reader, c) => {
    if (c === "'") return "before-value";
    append(reader, c);
    return "single";
  },
  double: inDouble,
  "double-escape": (reader, c) => {
    if ('"\\`$'.includes(c)) append(reader, c);
    else if (c !== "\n") append(reader, `\\${c}`);
    return "double";
  },
  comment: (_, c) => (c === "\\" ? "comment-escape" : isLineEnd(c) ? "before-key" : "comment"),
  "comment-escape": (_, c) => (isLineEnd(c) ? "before-key" : "comment"),
};

/** All names and values as they stand, in order; a name may be one that no variable can have. */
export function readVariables(text: string): readonly (readonly [string, string])[] {
  const reader: Reader = { state: "before-key", key: "", value: "", solid: 0, pairs: [] };
  for (const c of text) reader.state = STEPS[reader.state](reader, c);
  if (!["before-key", "key", "comment", "comment-escape"].includes(reader.state)) push(reader);
  return reader.pairs;
}

/** `NAME=value` of each variable that can be one, the later assignment of a name at the earlier one's place. */
export function parseEnvironmentFile(text: string): string[] {
  const assignments: string[] = [];
  for (const [name, value] of readVariables(text)) {
    const assignment = `${name}=${value}`;
    if (isAssignment(assignment)) assignVariable(assignments, assignment);
  }
  return assignments;
}
