/**
 * Command lines, on top of @pkgjs/parseargs (Node's own util.parseArgs as a package: 11 KB minified, no imports).
 *
 * The package splits the words into tokens; this file gives the tokens getopt_long's meaning and messages, so that a
 * face says exactly what the program that it stands for says: unknown and ambiguous options, unique abbreviations of
 * long ones, missing arguments, options after operands, or none after the first (`stopEarly`).
 */
import { parseArgs } from "@pkgjs/parseargs";
import { err, ok, type Result } from "../base/result.ts";

/** `flag`: takes no argument; `value`: needs one; `optional`: takes one only as --name=value. */
export interface OptionSpec {
  readonly kind: "flag" | "value" | "optional";
  readonly short?: string;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

export interface ParsedOptions<T extends OptionTable> {
  has(name: keyof T & string): boolean;
  /** How often it was given. */
  count(name: keyof T & string): number;
  /** The last value given, or null. */
  last(name: keyof T & string): string | null;
  all(name: keyof T & string): readonly string[];
  readonly operands: readonly string[];
}

export interface ParseRules {
  /** For messages. */
  readonly program: string;
  /** The first operand ends the options (a command line follows). */
  readonly stopEarly?: boolean;
}

type Token = ReturnType<typeof parseArgs>["tokens"][number];
type OptionToken = Extract<Token, { kind: "option" }>;

/** The error is getopt's message, program name included. */
export function parseOptions<T extends OptionTable>(
  table: T,
  args: readonly string[],
  rules: ParseRules,
): Result<ParsedOptions<T>, string> {
  const expanded = expandAbbreviations(table, args, rules.program);
  if (!expanded.ok) return expanded;
  const tokens = tokenize(table, expanded.value, rules.stopEarly === true);
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const problem = checkToken(table, token);
    if (problem !== null) return err(`${rules.program}: ${problem}`);
    values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? ""]);
  }
  return ok({
    has: (name) => values.has(name),
    count: (name) => values.get(name)?.length ?? 0,
    last: (name) => values.get(name)?.at(-1) ?? null,
    all: (name) => values.get(name) ?? [],
    operands,
  });
}

function tokenize(table: OptionTable, args: readonly string[], stopEarly: boolean): readonly Token[] {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { kind, short }]) => [
      name,
      { type: kind === "value" ? "string" : "boolean", ...(short === undefined ? {} : { short }) } as const,
    ]),
  );
  const split = (words: readonly string[]): readonly Token[] =>
    parseArgs({ args: words, options, strict: false, allowPositionals: true, tokens: true }).tokens;
  const tokens = split(args);
  if (!stopEarly) return tokens;
  const first = tokens.find((token) => token.kind === "positional");
  if (first === undefined) return tokens;
  const operands = args.slice(first.index).map((value): Token => ({ kind: "positional", index: 0, value }));
  return [...split(args.slice(0, first.index)), ...operands];
}

function checkToken(table: OptionTable, { name, rawName, value, inlineValue }: OptionToken): string | null {
  const spec = Object.hasOwn(table, name) ? table[name] : undefined;
  const long = rawName.startsWith("--");
  if (spec === undefined) {
    return long ? `unrecognized option '${rawName}'` : `invalid option -- '${rawName.slice(1)}'`;
  }
  if (spec.kind === "value" && value === undefined) {
    return long
      ? `option '${rawName}' requires an argument`
      : `option requires an argument -- '${rawName.slice(1)}'`;
  }
  if (spec.kind === "flag" && inlineValue === true) return `option '${rawName}' doesn't allow an argument`;
  return null;
}

/** getopt_long takes a long option's unique beginning for the whole. */
function expandAbbreviations(
  table: OptionTable,
  args: readonly string[],
  program: string,
): Result<readonly string[], string> {
  const end = args.indexOf("--");
  const words = [...args];
  for (let at = 0; at < (end < 0 ? words.length : end); at++) {
    const match = /^--([^=]+)(.*)$/s.exec(words[at] ?? "");
    const [, name = "", rest = ""] = match ?? [];
    if (match === null || Object.hasOwn(table, name)) continue;
    const meant = Object.keys(table).filter((option) => option.startsWith(name));
    if (meant.length > 1) {
      const possibilities = meant.map((option) => `'--${option}'`).join(" ");
      return err(`${program}: option '--${name}' is ambiguous; possibilities: ${possibilities}`);
    }
    if (meant[0] !== undefined) words[at] = `--${meant[0]}${rest}`;
  }
  return ok(words);
}
