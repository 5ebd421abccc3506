/** Value types of one plain value each, shared by many directives. */
import { parseSignal } from "../../base/signal.ts";
import type { Usec } from "../../base/time.ts";
import { extractWords } from "../text/extract-word.ts";
import { parseBoolean } from "./boolean.ts";
import { parseMode } from "./number.ts";
import { isNormalized, parseAbsolutePath } from "./path.ts";
import { parseSize } from "./size.ts";
import { parseTimeout, parseTimespan } from "./timespan.ts";
import { list, orDefault, plain, specified, type ValueType } from "./value-type.ts";

export const boolean: ValueType<boolean> = plain("a boolean (yes or no)", parseBoolean);

/** A boolean that refuses the unit if it is none. */
export const vitalBoolean: ValueType<boolean> = {
  expected: boolean.expected,
  read: (value, scope, before) => {
    const result = parseBoolean(value);
    if (result !== undefined) return result;
    scope.refuse("not a boolean", { found: value, expected: boolean.expected });
    return before;
  },
};

/** A boolean that can be unset again. */
export const tristate: ValueType<boolean | null> = orDefault(
  plain<boolean | null>("a boolean (yes or no)", parseBoolean),
);

const A_TIME_SPAN = "a time span such as 5min 20s, or infinity";

export const timespan: ValueType<Usec> = plain(A_TIME_SPAN, (text) => parseTimespan(text));

/** 0 is never. */
export const timeout: ValueType<Usec> = plain(A_TIME_SPAN, parseTimeout);

export const optionalTimespan: ValueType<Usec | null> = orDefault(
  plain<Usec | null>(A_TIME_SPAN, (text) => parseTimespan(text)),
);

export const signal: ValueType<number> = plain("a signal such as SIGTERM", parseSignal);
export const optionalSignal: ValueType<number | null> = plain<number | null>(
  "a signal such as SIGTERM",
  parseSignal,
);
export const mode: ValueType<number> = plain("an octal mode such as 0644", parseMode);
export const bytes: ValueType<number> = plain("a size such as 64K", parseSize);

/** Any text, specifiers replaced; an empty one unsets it. */
export const text: ValueType<string | null> = orDefault(
  specified(plain<string | null>("text", (value) => value)),
);

/** Any text as it is written; an empty one unsets it. */
export const rawText: ValueType<string | null> = orDefault(plain<string | null>("text", (value) => value));

/** An absolute path, specifiers replaced; an empty one unsets it. */
export const path: ValueType<string | null> = orDefault(
  specified(plain<string | null>("an absolute path", parseAbsolutePath)),
);

/** As `path`, but a bad one refuses the unit. */
export const vitalPath: ValueType<string | null> = {
  expected: path.expected,
  read: (value, scope, before) => {
    if (value === "") return null;
    const result = parseAbsolutePath(scope.expand(value) ?? "");
    if (result !== undefined) return result;
    scope.refuse("not an absolute path", { found: value, expected: path.expected });
    return before;
  },
};

/** Absolute paths with quoting between blanks; the others of a line count though one is wrong. */
export const paths: ValueType<readonly string[]> = list("absolute paths", (value, scope) => {
  const { words, error } = extractWords(value, { unquote: true, escapes: "drop" });
  const found: string[] = [];
  for (const word of words) {
    const path = parseAbsolutePath(scope.expand(word) ?? "");
    if (path !== undefined) found.push(path);
    else scope.report("error", "not an absolute path, ignored", { found: word, offset: value.indexOf(word) });
  }
  if (error !== null) {
    const details = { found: value.slice(error.at), offset: error.at };
    scope.report("error", `${error.problem}, the rest of the line is ignored`, details);
  }
  return found;
});

/** Absolute paths between colons. */
export const pathsByColon: ValueType<readonly string[]> = list(
  "absolute paths separated by colons",
  (value, scope) => {
    const found = value.split(":").map((part) => parseAbsolutePath(scope.expand(part) ?? ""));
    const good = found.filter((one) => one !== undefined);
    return good.length === found.length && good.every(isNormalized) ? good : undefined;
  },
);

function isDocumentation(url: string): boolean {
  return /^(https?:\/\/|file:\/|info:|man:)[\0-\x7f]+$/.test(url);
}

const DOCUMENTATION = "addresses: http://…, https://…, file:/…, info:… or man:…";

/** Documentation= */
export const documentation: ValueType<readonly string[]> = list(DOCUMENTATION, (value, scope) => {
  const expanded = scope.expand(value);
  if (expanded === undefined) return [];
  const { words, error } = extractWords(expanded, { unquote: true, escapes: "keep" });
  if (error !== null) return undefined;
  for (const found of words.filter((word) => !isDocumentation(word)))
    scope.report("warning", "not an address, ignored", { found, expected: DOCUMENTATION });
  return words.filter(isDocumentation);
});
