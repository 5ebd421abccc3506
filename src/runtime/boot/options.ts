/**
 * The command line and the variables of usher as an init: one row each. Everything a person reads at leisure
 * (--help, --verify, …) belongs to the tools and is only recognised here.
 */
import { err, ok, type Result } from "../../base/result.ts";
import { USEC_PER_SEC, type Usec } from "../../base/time.ts";
import { type LogLevel, parseLogLevel } from "../log/log-levels.ts";

export interface InitOptions {
  /** --units and USHER_UNIT_PATH; empty: the built-in search path. */
  readonly unitDirectories: readonly string[];
  readonly stopBudgetUsec: Usec;
  readonly logLevel: LogLevel;
  /** null: pretty on a terminal, JSON elsewhere. */
  readonly logFormat: "json" | "pretty" | null;
  /** Unit that is started at boot. */
  readonly bootUnit: string;
  /** Whether packages are told that systemd runs; null: where `systemctl` is usher. */
  readonly sdBooted: boolean | null;
  /** The main process beside the units, after `--`; empty: none. */
  readonly command: readonly string[];
}

export type Invocation = { readonly kind: "init"; readonly options: InitOptions } | { readonly kind: "tool" };

/** Docker kills ten seconds after its SIGTERM. */
const DEFAULT_STOP_BUDGET_USEC: Usec = 8 * USEC_PER_SEC;

const TOOL_OPTIONS: readonly string[] = [
  "--help",
  "-h",
  "--version",
  "-V",
  "--verify",
  "--link-faces",
  "--inspect",
];

type Values = { -readonly [K in keyof InitOptions]: InitOptions[K] };

interface OptionRow {
  readonly option: string;
  readonly variable: string;
  readonly expected: string;
  /** Puts the value in its place; false where it isn't of the expected form. */
  readonly set: (values: Values, text: string) => boolean;
}

const OPTIONS: readonly OptionRow[] = [
  {
    option: "--units",
    variable: "USHER_UNIT_PATH",
    expected: "a directory, or several joined by colons",
    set(values, text) {
      values.unitDirectories = text.split(":").filter((directory) => directory !== "");
      return values.unitDirectories.length > 0;
    },
  },
  {
    option: "--stop-timeout",
    variable: "USHER_STOP_TIMEOUT",
    expected: 'a number of seconds, for example "28" or "2.5"',
    set(values, text) {
      if (!/^[0-9]{1,6}(\.[0-9]{1,6})?s?$/.test(text)) return false;
      values.stopBudgetUsec = Math.round(Number.parseFloat(text) * USEC_PER_SEC);
      return true;
    },
  },
  {
    option: "--log-level",
    variable: "USHER_LOG_LEVEL",
    expected: "trace, debug, info, warn, error, fatal or silent",
    set(values, text) {
      const level = parseLogLevel(text);
      values.logLevel = level ?? values.logLevel;
      return level !== null;
    },
  },
  {
    option: "--log-format",
    variable: "USHER_LOG_FORMAT",
    expected: "json or pretty",
    set(values, text) {
      if (text !== "json" && text !== "pretty") return false;
      values.logFormat = text;
      return true;
    },
  },
  {
    option: "--unit",
    variable: "USHER_UNIT",
    expected: "the unit to start at boot, for example default.target",
    set(values, text) {
      values.bootUnit = text;
      return /^[^/\s]+\.[a-z]+$/.test(text);
    },
  },
  {
    option: "--sd-booted",
    variable: "USHER_SD_BOOTED",
    expected: "yes, no or auto",
    set(values, text) {
      values.sdBooted = text === "auto" ? null : text === "yes";
      return text === "auto" || text === "yes" || text === "no";
    },
  },
];

/**
 * Reads the command line; options win over variables. An error is a whole sentence that says what was expected. A
 * variable's wrong value is not fatal, since nothing that an image's environment says may stop PID 1: it is reported
 * through `warn` and the default serves.
 */
export function parseInvocation(
  args: readonly string[],
  variable: (name: string) => string | null,
  warn: (message: string) => void,
): Result<Invocation, string> {
  const values: Values = {
    unitDirectories: [],
    stopBudgetUsec: DEFAULT_STOP_BUDGET_USEC,
    logLevel: "info",
    logFormat: null,
    bootUnit: "default.target",
    sdBooted: null,
    command: [],
  };
  for (const row of OPTIONS) {
    const text = variable(row.variable);
    if (text !== null && text !== "" && !row.set(values, text))
      warn(`${complaint(row.variable, text, row.expected)}, ignoring`);
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--") {
      values.command = args.slice(i + 1);
      break;
    }
    if (TOOL_OPTIONS.includes(arg)) return ok({ kind: "tool" });
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const row = OPTIONS.find((candidate) => candidate.option === name);
    if (row === undefined) return err(unknownArgument(arg));
    const text = equals < 0 ? args[++i] : arg.slice(equals + 1);
    if (text === undefined) return err(`${name} needs a value: ${row.expected}`);
    if (!row.set(values, text)) return err(complaint(name, text, row.expected));
  }
  return ok({ kind: "init", options: values });
}

function complaint(name: string, found: string, expected: string): string {
  return `${name}: found "${found}", expected ${expected}`;
}

function unknownArgument(arg: string): string {
  const hint = arg.startsWith("-")
    ? `the options are ${OPTIONS.map((row) => row.option).join(", ")}`
    : "a command to run comes after --";
  return `unknown argument "${arg}": ${hint}; usher --help tells more`;
}
