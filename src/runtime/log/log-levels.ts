/** The one table between syslog's priorities (syslog(3)) and pino's levels. */

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface LevelRow {
  readonly name: LogLevel;
  /** pino's number. */
  readonly number: number;
}

/** Index = syslog priority: emerg, alert, crit, err, warning, notice, info, debug. */
export const LEVEL_OF_PRIORITY: readonly LevelRow[] = [
  { name: "fatal", number: 60 },
  { name: "fatal", number: 60 },
  { name: "fatal", number: 60 },
  { name: "error", number: 50 },
  { name: "warn", number: 40 },
  { name: "info", number: 30 },
  { name: "info", number: 30 },
  { name: "debug", number: 20 },
];

export const PRIORITY_OF_LEVEL: Readonly<Record<LogLevel, number>> = {
  fatal: 2,
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
  trace: 7,
  silent: 7,
};

/** pino's numbers. */
export const NUMBER_OF_LEVEL: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Number.POSITIVE_INFINITY,
};

export const LEVEL_WORDS: Readonly<Record<number, LogLevel>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

const NAMES: readonly string[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** A level by its name, as USHER_LOG_LEVEL gives it; null where there is none of that name. */
export function parseLogLevel(text: string): LogLevel | null {
  const name = text.toLowerCase();
  return NAMES.includes(name) ? (name as LogLevel) : null;
}
