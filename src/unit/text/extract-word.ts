/**
 * Splitting a value into words, with the quoting and C escapes of systemd.syntax(7), "Quoting".
 *
 * Quotes may begin in the middle of a word. What an unknown escape does depends on the caller: `relaxed` keeps the
 * backslash, else the word is malformed.
 */
import { carriedByte, joinCarriedBytes } from "../../base/utf8.ts";
import { isBlank, isOneWord, skipBlanks } from "./whitespace.ts";

export interface WordRules {
  /** Quotes group and are removed; else they are ordinary characters. */
  readonly unquote: boolean;
  /** `c`: C escapes are decoded. `drop`: the backslash goes, the character stays. `keep`: an ordinary character. */
  readonly escapes: "c" | "drop" | "keep";
  /** With `c`: an unknown escape is kept as it is written, as is a backslash at the end. */
  readonly relaxed?: boolean;
  /** A quote that is never closed ends with the text, and a backslash at the end is dropped. */
  readonly openEnded?: boolean;
}

export interface Word {
  readonly text: string;
  /** Where the next word is looked for: after this word and the blanks that follow it. */
  readonly next: number;
}

/** A malformed word: unbalanced quote, or (not relaxed) an escape that is none. */
export interface WordError {
  readonly problem: "unbalanced quote" | "unknown escape sequence";
  /** Offset in the value of the quote or the backslash. */
  readonly at: number;
}

export type WordResult = Word | WordError | null;

export function isWordError(result: Word | WordError): result is WordError {
  return "problem" in result;
}

const BACKSLASH = "\\";
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
  s: " ",
};
const NUMERIC_ESCAPE = /x([0-9a-fA-F]{2})|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y;

export interface Unescaped {
  readonly text: string;
  /** Characters after the backslash that belong to the escape. */
  readonly length: number;
}

/** The C escape that follows a backslash at `at - 1`; undefined if it is none. NUL is none unless allowed. */
export function unescapeAt(text: string, at: number, allowNul = false): Unescaped | undefined {
  const simple = SIMPLE_ESCAPES[text.charAt(at)];
  if (simple !== undefined) return { text: simple, length: 1 };
  NUMERIC_ESCAPE.lastIndex = at;
  const match = NUMERIC_ESCAPE.exec(text);
  if (match === null) return undefined;
  const length = match[0].length;
  const hex = match[1] ?? match[3] ?? match[4];
  const code = hex === undefined ? Number.parseInt(match[2] ?? "0", 8) : Number.parseInt(hex, 16);
  if (code === 0 && !allowNul) return undefined;
  const isByte = match[1] !== undefined || match[2] !== undefined;
  if (isByte) return { text: code < 0x80 ? String.fromCharCode(code) : carriedByte(code), length };
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { text: String.fromCodePoint(code), length };
}

/** Decodes every C escape of a text; undefined if one of them is none. */
export function unescapeText(text: string, allowNul = false): string | undefined {
  let out = "";
  for (let at = 0; ; ) {
    const slash = text.indexOf(BACKSLASH, at);
    if (slash < 0) return joinCarriedBytes(out + text.slice(at));
    const unescaped = unescapeAt(text, slash + 1, allowNul);
    if (unescaped === undefined) return undefined;
    out += text.slice(at, slash) + unescaped.text;
    at = slash + 1 + unescaped.length;
  }
}

/** Length of the run from `at` in which nothing is special: copied at once. */
function plainEnd(text: string, at: number, quote: string, rules: WordRules): number {
  let end = at;
  for (; end < text.length; end++) {
    const c = text.charAt(end);
    if (c === BACKSLASH && rules.escapes !== "keep") break;
    if (quote !== "") {
      if (c === quote) break;
    } else if (isBlank(text.charCodeAt(end)) || (rules.unquote && (c === "'" || c === '"'))) break;
  }
  return end;
}

/** What a backslash at `at` stands for, and where the text goes on; undefined where it is no escape. */
function readEscape(text: string, at: number, quoted: boolean, rules: WordRules): Word | undefined {
  if (at + 1 >= text.length) {
    if (rules.relaxed === true && !quoted) return { text: BACKSLASH, next: at + 1 };
    return rules.openEnded === true ? { text: "", next: at + 1 } : undefined;
  }
  if (rules.escapes === "drop") return { text: text.charAt(at + 1), next: at + 2 };
  const unescaped = unescapeAt(text, at + 1);
  if (unescaped !== undefined) return { text: unescaped.text, next: at + 1 + unescaped.length };
  return rules.relaxed === true ? { text: text.slice(at, at + 2), next: at + 2 } : undefined;
}

/** The word at `at` if nothing in it is special, as in most words; else undefined. */
function plainWord(text: string, at: number): Word | undefined {
  const space = text.indexOf(" ", at);
  const end = space < 0 ? text.length : space;
  const word = text.slice(at, end);
  if (!isOneWord(word) || word.includes(BACKSLASH) || word.includes('"') || word.includes("'"))
    return undefined;
  return { text: word, next: skipBlanks(text, end) };
}

/** Reads the word at or after `from`; null when there is none left. */
export function extractWord(text: string, from: number, rules: WordRules): WordResult {
  let at = skipBlanks(text, from);
  if (at >= text.length) return null;
  const plain = plainWord(text, at);
  if (plain !== undefined) return plain;
  let word = "";
  let quote = "";
  let quoteAt = at;
  while (at < text.length) {
    const end = plainEnd(text, at, quote, rules);
    if (end > at) word += text.slice(at, end);
    at = end;
    if (at >= text.length) break;
    const c = text.charAt(at);
    if (c === BACKSLASH && rules.escapes !== "keep") {
      const unescaped = readEscape(text, at, quote !== "", rules);
      if (unescaped === undefined) return { problem: "unknown escape sequence", at };
      word += unescaped.text;
      at = unescaped.next;
    } else if (quote !== "") {
      quote = "";
      at++;
    } else if (isBlank(text.charCodeAt(at))) {
      break;
    } else {
      quote = c;
      quoteAt = at;
      at++;
    }
  }
  if (quote !== "" && rules.openEnded !== true) return { problem: "unbalanced quote", at: quoteAt };
  return { text: rules.escapes === "c" ? joinCarriedBytes(word) : word, next: skipBlanks(text, at) };
}

/** All words; the words before a malformed one are kept beside the error. */
export function extractWords(text: string, rules: WordRules): { words: string[]; error: WordError | null } {
  const words: string[] = [];
  for (let at = 0; ; ) {
    const word = extractWord(text, at, rules);
    if (word === null) return { words, error: null };
    if (isWordError(word)) return { words, error: word };
    words.push(word.text);
    at = word.next;
  }
}
