/** Environment assignments and names (systemd.exec(5), Environment= and its kin). */

import type { EnvironmentFile } from "../model.ts";
import { extractWords } from "../text/extract-word.ts";
import { parseAbsolutePath } from "./path.ts";
import { list, type Scope, type ValueType } from "./value-type.ts";

/** A letter or underscore, then those and digits. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** NAME=value whose value has no control characters but tab and newline. */
export function isAssignment(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is asked
  return /^[A-Za-z_][A-Za-z0-9_]*=[^\0-\x08\x0b-\x1f\x7f]*$/.test(text);
}

/** The list with `assignment` in it and no other of its name: the later one wins, at the earlier one's place. */
export function assignVariable(list: string[], assignment: string): void {
  const name = assignment.slice(0, assignment.indexOf("=") + 1);
  const index = list.length === 0 ? -1 : list.findIndex((entry) => entry.startsWith(name));
  if (index < 0) list.push(assignment);
  else list[index] = assignment;
}

interface WordsOf {
  readonly what: string;
  readonly escapes: "c" | "drop";
  readonly accepts: (word: string) => boolean;
}

/** The line's words that are accepted, with a complaint about each other one. */
function acceptedWords(text: string, scope: Scope, { what, escapes, accepts }: WordsOf): string[] {
  const accepted: string[] = [];
  const { words, error } = extractWords(text, { unquote: true, escapes });
  for (const word of words) {
    const expanded = scope.expand(word);
    if (expanded === undefined) continue;
    if (accepts(expanded)) accepted.push(expanded);
    else
      scope.report("error", `not ${what}, ignored`, {
        found: expanded,
        expected: what,
        offset: text.indexOf(word),
      });
  }
  if (error !== null) {
    const details = { found: text.slice(error.at), offset: error.at };
    scope.report("error", `${error.problem}, the rest of the line is ignored`, details);
  }
  return accepted;
}

/** Environment= */
export const assignments: ValueType<readonly string[]> = {
  expected: "NAME=value …",
  read: (text, scope, before) => {
    if (text === "") return [];
    const environment = [...before];
    const rules: WordsOf = { what: "an assignment NAME=value", escapes: "c", accepts: isAssignment };
    for (const assignment of acceptedWords(text, scope, rules)) assignVariable(environment, assignment);
    return environment;
  },
};

function uniqueWords(rules: WordsOf): ValueType<readonly string[]> {
  return {
    expected: rules.what,
    read: (text, scope, before) =>
      text === "" ? [] : [...new Set([...before, ...acceptedWords(text, scope, rules)])],
  };
}

/** PassEnvironment= */
export const variableNames: ValueType<readonly string[]> = uniqueWords({
  what: "a variable's name",
  escapes: "drop",
  accepts: isVariableName,
});

/** UnsetEnvironment= */
export const namesOrAssignments: ValueType<readonly string[]> = uniqueWords({
  what: "a variable's name or NAME=value",
  escapes: "c",
  accepts: (word) => isVariableName(word) || isAssignment(word),
});

/** EnvironmentFile= */
export const environmentFiles: ValueType<readonly EnvironmentFile[]> = list(
  "an absolute path, - before it if the file may be missing",
  (text, scope) => {
    const expanded = scope.expand(text);
    if (expanded === undefined) return [];
    const optional = expanded.startsWith("-");
    const path = parseAbsolutePath(optional ? expanded.slice(1) : expanded);
    return path === undefined ? undefined : [{ path, optional }];
  },
);
