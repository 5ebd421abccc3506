/** Command lines of Exec…= (systemd.service(5), "Command Lines"; prefixes: its table of special characters). */

import type { ExecCommand } from "../model.ts";
import { extractWord, isWordError } from "../text/extract-word.ts";
import { isBlank, skipBlanks } from "../text/whitespace.ts";
import { isAbsolute, isFileName, isValidPath, simplifyPath } from "./path.ts";
import type { Scope, ValueType } from "./value-type.ts";

const EXPECTED = "a command line: [@-:+!]program arguments…";

interface Prefixes {
  readonly ignoreFailure: boolean;
  readonly separateArgv0: boolean;
  readonly noEnvExpand: boolean;
  readonly viaShell: boolean;
  readonly privileges: ExecCommand["privileges"];
  /** The word without its prefixes. */
  readonly rest: string;
}

/** Each prefix once, in any order; the first character that is none begins the program. */
function readPrefixes(word: string): Prefixes {
  let ignoreFailure = false;
  let separateArgv0 = false;
  let noEnvExpand = false;
  let viaShell = false;
  let marks = "";
  let at = 0;
  for (; ; at++) {
    const c = word.charAt(at);
    if (c === "-" && !ignoreFailure) ignoreFailure = true;
    else if (c === "@" && !separateArgv0) separateArgv0 = true;
    else if (c === ":" && !noEnvExpand) noEnvExpand = true;
    else if (c === "|" && !viaShell) viaShell = true;
    else if (c === "+" && marks === "") marks = "+";
    else if (c === "!" && (marks === "" || marks === "!")) marks += "!";
    else break;
  }
  // "!!" means "!" only on kernels without ambient capabilities, of which there are none left.
  const privileges = marks === "+" ? "full" : marks === "!" ? "keep" : "normal";
  return { ignoreFailure, separateArgv0, noEnvExpand, viaShell, privileges, rest: word.slice(at) };
}

function namesDirectory(path: string): boolean {
  return path.endsWith("/") || path.endsWith("/.") || path.endsWith("/..") || path === "." || path === "..";
}

/** Why a text can't be a program, or null. */
function programProblem(path: string): string | null {
  if (path === "") return "the program is missing";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\0-\x1f\x7f"'\\]/.test(path)) return "the program's path has a quote, backslash or control character";
  if (namesDirectory(path)) return "the program's path names a directory";
  if (isAbsolute(path) ? !isValidPath(path) : !isFileName(path)) {
    return "the program is neither an absolute path nor a plain name";
  }
  return null;
}

interface Cursor {
  readonly text: string;
  at: number;
}

interface FoundWord {
  readonly text: string;
  readonly at: number;
}

/** The next word with C escapes; an unknown escape is kept with a warning. null: no more; undefined: malformed. */
function nextWord(cursor: Cursor, scope: Scope): FoundWord | null | undefined {
  const { text } = cursor;
  const at = skipBlanks(text, cursor.at);
  const strict = extractWord(text, at, { unquote: true, escapes: "c" });
  if (strict === null) return null;
  if (!isWordError(strict)) {
    cursor.at = strict.next;
    return { text: strict.text, at };
  }
  const relaxed = extractWord(text, at, { unquote: true, escapes: "c", relaxed: true });
  if (relaxed === null || isWordError(relaxed)) return undefined;
  scope.report("warning", "unknown escape sequence, kept as it is written", {
    found: text.slice(strict.at, strict.at + 2),
    offset: strict.at,
  });
  cursor.at = relaxed.next;
  return { text: relaxed.text, at };
}

/** Is there an unquoted word `mark` at `at`? */
function standsAlone(text: string, at: number, mark: string): boolean {
  if (!text.startsWith(mark, at)) return false;
  const after = at + mark.length;
  return after >= text.length || isBlank(text.charCodeAt(after));
}

/** Arguments up to the end or a lone ";". undefined: malformed. */
function readArguments(
  cursor: Cursor,
  scope: Scope,
  argv: string[],
): { readonly separated: boolean } | undefined {
  const { text } = cursor;
  while (cursor.at < text.length) {
    if (standsAlone(text, cursor.at, ";")) {
      cursor.at = skipBlanks(text, cursor.at + 1);
      return { separated: true };
    }
    if (standsAlone(text, cursor.at, "\\;")) {
      cursor.at = skipBlanks(text, cursor.at + 2);
      argv.push(";");
      continue;
    }
    const word = nextWord(cursor, scope);
    if (word === undefined) return undefined;
    if (word === null) break;
    const argument = scope.expand(word.text);
    if (argument === undefined) return undefined;
    argv.push(argument);
  }
  return { separated: false };
}

interface OneCommand {
  /** null: the line ends here with a complaint. */
  readonly command: ExecCommand | null;
  readonly separated: boolean;
}

function fail(scope: Scope, ignore: boolean, message: string, found: string, offset: number): OneCommand {
  const details = { found, expected: EXPECTED, offset };
  if (ignore) scope.report("warning", `${message}; ignored because of its -`, details);
  else scope.refuse(message, details);
  return { command: null, separated: false };
}

function readCommand(cursor: Cursor, first: FoundWord, scope: Scope): OneCommand {
  const prefixes = readPrefixes(first.text);
  const ignore = prefixes.ignoreFailure;
  const path = scope.expand(prefixes.rest);
  if (path === undefined) return fail(scope, ignore, "the program can't be resolved", first.text, first.at);
  const problem = programProblem(path);
  if (problem !== null) return fail(scope, ignore, problem, first.text, first.at);
  const argv = prefixes.separateArgv0 ? [] : [path];
  const rest = cursor.at;
  const end = readArguments(cursor, scope, argv);
  if (end === undefined) {
    return fail(scope, ignore, "the arguments can't be read", cursor.text.slice(cursor.at), cursor.at);
  }
  if (argv.length === 0) return fail(scope, ignore, "@ needs a word for argv[0]", cursor.text, rest);
  const { ignoreFailure, noEnvExpand, privileges, viaShell } = prefixes;
  const command = { path: simplifyPath(path), argv, ignoreFailure, privileges, noEnvExpand, viaShell };
  return { command, separated: end.separated };
}

/** All commands of one value: several are separated by a lone ";". */
export function readCommands(text: string, scope: Scope): readonly ExecCommand[] {
  const commands: ExecCommand[] = [];
  const cursor: Cursor = { text, at: 0 };
  for (;;) {
    const start = cursor.at;
    const first = nextWord(cursor, scope);
    if (first === undefined) {
      const details = { found: text.slice(start), expected: "a closing quote", offset: start };
      scope.report("error", "unbalanced quote, line ignored", details);
    }
    if (first === undefined || first === null) return commands;
    if (first.text === ";") continue;
    const { command, separated } = readCommand(cursor, first, scope);
    if (command === null) return commands;
    commands.push(command);
    if (!separated) return commands;
  }
}

/** The value of an Exec…= directive: lines add commands, an empty one clears them. */
export const execCommands: ValueType<readonly ExecCommand[]> = {
  expected: EXPECTED,
  read: (text, scope, before) => (text === "" ? [] : before.concat(readCommands(text, scope))),
};
