/** The options of usherctl and systemctl: systemctl(1)'s, those without meaning here accepted, and a few of usher's. */
import { err, ok, type Result } from "../../base/result.ts";
import { unitType } from "../../unit/unit-name.ts";
import type { TimestampStyle } from "../format/time.ts";
import { type ParsedOptions, parseOptions } from "../options.ts";

export const CTL_OPTIONS = {
  help: { kind: "flag", short: "h" },
  version: { kind: "flag" },
  // What to show.
  type: { kind: "value", short: "t" },
  state: { kind: "value" },
  failed: { kind: "flag" },
  property: { kind: "value", short: "p" },
  "value-of": { kind: "value", short: "P" },
  value: { kind: "flag" },
  all: { kind: "flag", short: "a" },
  full: { kind: "flag", short: "l" },
  reverse: { kind: "flag" },
  before: { kind: "flag" },
  after: { kind: "flag" },
  "with-dependencies": { kind: "flag" },
  "show-types": { kind: "flag" },
  "show-transaction": { kind: "flag", short: "T" },
  recursive: { kind: "flag", short: "r" },
  lines: { kind: "value", short: "n" },
  output: { kind: "value", short: "o" },
  plain: { kind: "flag" },
  timestamp: { kind: "value" },
  legend: { kind: "value" },
  "no-legend": { kind: "flag" },
  "no-pager": { kind: "flag" },
  // How to do it.
  "job-mode": { kind: "value" },
  now: { kind: "flag" },
  quiet: { kind: "flag", short: "q" },
  wait: { kind: "flag" },
  "no-block": { kind: "flag" },
  "no-warn": { kind: "flag" },
  "no-reload": { kind: "flag" },
  "no-wall": { kind: "flag" },
  "no-ask-password": { kind: "flag" },
  message: { kind: "value" },
  signal: { kind: "value", short: "s" },
  "kill-whom": { kind: "value" },
  "kill-who": { kind: "value" },
  "kill-value": { kind: "value" },
  what: { kind: "value" },
  force: { kind: "flag", short: "f" },
  runtime: { kind: "flag" },
  global: { kind: "flag" },
  "preset-mode": { kind: "value" },
  root: { kind: "value" },
  "dry-run": { kind: "flag" },
  "check-inhibitors": { kind: "value" },
  "ignore-inhibitors": { kind: "flag", short: "i" },
  "ignore-dependencies": { kind: "flag" },
  fail: { kind: "flag" },
  irreversible: { kind: "flag" },
  "reboot-argument": { kind: "value" },
  when: { kind: "value" },
  "drop-in": { kind: "value" },
  stdin: { kind: "flag" },
  // Where.
  system: { kind: "flag" },
  user: { kind: "flag" },
  host: { kind: "value", short: "H" },
  machine: { kind: "value", short: "M" },
  // usher's own.
  unit: { kind: "value", short: "u" },
  follow: { kind: "flag" },
  priority: { kind: "value" },
} as const;

export type CtlOptions = ParsedOptions<typeof CTL_OPTIONS>;

/** Options read and checked. */
export interface CtlSettings {
  readonly json: "off" | "short" | "pretty";
  /** Bare lines without stamps for log output. */
  readonly output: string;
  /** Unit types and load states asked for with -t. */
  readonly types: readonly string[];
  readonly loadStates: readonly string[];
  readonly states: readonly string[];
  readonly properties: readonly string[];
  readonly valuesOnly: boolean;
  readonly lines: number | null;
  readonly legend: boolean;
  readonly timestamp: TimestampStyle;
  readonly root: string | null;
  readonly operands: readonly string[];
  readonly options: CtlOptions;
}

export const OUTPUTS: readonly string[] =
  "short short-full short-iso short-iso-precise short-precise short-monotonic short-unix short-delta verbose export json json-pretty json-sse json-seq cat with-unit".split(
    " ",
  );
export const TIMESTAMPS: readonly TimestampStyle[] = ["pretty", "us", "utc", "us+utc", "unix"];
export const LOAD_STATES: readonly string[] = [
  "stub",
  "loaded",
  "not-found",
  "bad-setting",
  "error",
  "merged",
  "masked",
];

/** The error is a whole message. */
export function parseCtlOptions(program: string, args: readonly string[]): Result<CtlOptions, string> {
  return parseOptions(CTL_OPTIONS, args, { program });
}

/** The error is a whole message. */
export function checkCtlOptions(options: CtlOptions): Result<CtlSettings, string> {
  const output = options.last("output") ?? "short";
  const lines = readLines(options.last("lines"));
  const timestamp = TIMESTAMPS.find((style) => style === (options.last("timestamp") ?? "pretty"));
  const types = splitLists(options.all("type"));
  const unknownType = types.find(
    (type) => unitType(`x.${type}`) === undefined && !LOAD_STATES.includes(type),
  );
  if (!OUTPUTS.includes(output)) return err(`Unknown output '${output}'.`);
  if (lines === undefined) return err(`Failed to parse lines '${options.last("lines")}'`);
  if (timestamp === undefined) return err(`Invalid value: ${options.last("timestamp")}.`);
  if (unknownType !== undefined) {
    return err(
      `Unknown unit type or load state '${unknownType}'.\nUse -t help to see a list of allowed values.`,
    );
  }
  return ok({
    json: output === "json-pretty" ? "pretty" : output.startsWith("json") ? "short" : "off",
    output,
    types: types.filter((type) => !LOAD_STATES.includes(type)),
    loadStates: types.filter((type) => LOAD_STATES.includes(type)),
    states: [...splitLists(options.all("state")), ...(options.has("failed") ? ["failed"] : [])],
    properties: splitLists([...options.all("property"), ...options.all("value-of")]),
    valuesOnly: options.has("value") || options.has("value-of"),
    lines,
    legend: !options.has("no-legend") && readBoolean(options.last("legend")) !== false,
    timestamp,
    root: options.last("root"),
    operands: options.operands,
    options,
  });
}

function splitLists(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(",")).filter((word) => word !== "");
}

/** undefined: no number; null: not given. "all" is everything. */
function readLines(text: string | null): number | null | undefined {
  if (text === null) return null;
  if (text === "all") return 1_000_000;
  return /^\+?\d{1,9}$/.test(text) ? Math.min(Number(text), 1_000_000) : undefined;
}

function readBoolean(text: string | null): boolean | null {
  if (text === null) return null;
  if (/^(1|y|yes|t|true|on)$/i.test(text)) return true;
  return /^(0|n|no|f|false|off)$/i.test(text) ? false : null;
}
