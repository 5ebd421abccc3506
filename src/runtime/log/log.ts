/**
 * The container's log: usher's own records by pino, and the lines of services in the same form, which the native
 * framer writes with prefixes that are made here. One record a line, on standard output:
 *
 *     {"level":30,"time":1764000000000,"unit":"app.service","pid":12,"msg":"ready"}
 *
 * A record without `pid` is usher speaking about the unit. Service lines are filtered by the unit's LogLevelMax=,
 * usher's own by USHER_LOG_LEVEL; both also go into the ring that `usherctl logs` and `status` read.
 */
import pino from "pino";
import type { CaptureSink, Native } from "../../host/native.ts";
import type { ExecSettings } from "../../unit/model.ts";
import {
  LEVEL_OF_PRIORITY,
  LEVEL_WORDS,
  type LogLevel,
  NUMBER_OF_LEVEL,
  PRIORITY_OF_LEVEL,
} from "./log-levels.ts";
import { isPlain, recordLine } from "./record-line.ts";

export type LogFormat = "json" | "pretty";

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly colour: boolean;
}

export interface Log {
  /** One record; `unit` null is usher itself. A call that the level leaves out costs nothing but the call. */
  write(
    level: LogLevel,
    unit: string | null,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
  /** Would a record of that level be written to standard output? Spares the making of a message that nobody sees. */
  shows(level: LogLevel): boolean;
  setLevel(level: LogLevel): void;
  level(): LogLevel;
  /** How the lines of one process of a unit are written. */
  sink(unit: string, pid: number, exec: ExecSettings): CaptureSink;
  /** The unit's number in the ring; 0 is usher itself. */
  tag(unit: string | null): number;
  unitOfTag(tag: number): string | null;
  /** The unit is gone, and its name in the ring with its last line. */
  forget(unit: string): void;
}

/** Kept for `usherctl logs` and `status` even where the level keeps them from standard output. */
const IN_RING: readonly LogLevel[] = ["info", "warn", "error", "fatal"];

export function createLog(host: Native, options: LogOptions): Log {
  const tags = createTags(host);
  const stream = {
    write: (line: string): void =>
      void host.writeOut(1, options.format === "json" ? line : prettyRecord(line, options.colour)),
  };
  const logger = pino({ base: null, level: options.level }, stream);
  let threshold = NUMBER_OF_LEVEL[options.level];
  const shows: Log["shows"] = (level) => level !== "silent" && NUMBER_OF_LEVEL[level] >= threshold;
  const write: Log["write"] = (level, unit, message, fields) => {
    const shown = shows(level);
    if (shown && level !== "silent") {
      if (fields === undefined || isPlain(fields))
        stream.write(recordLine(NUMBER_OF_LEVEL[level], Date.now(), unit, fields, message));
      else logger[level]({ ...(unit === null ? null : { unit }), ...fields }, message);
    }
    if (shown || IN_RING.includes(level))
      host.ringAdd(tags.of(unit), PRIORITY_OF_LEVEL[level], host.pid, message);
  };
  host.onOutDropped((lines) =>
    write("warn", null, `${lines} lines of this log were lost: nobody read them in time`),
  );
  return {
    write,
    shows,
    setLevel(level) {
      logger.level = level;
      threshold = NUMBER_OF_LEVEL[level];
    },
    level: () => logger.level as LogLevel,
    sink: (unit, pid, exec) => captureSink(options, tags.of(unit), unit, pid, exec),
    tag: tags.of,
    unitOfTag: tags.unitOf,
    forget: tags.forget,
  };
}

interface Tags {
  of(unit: string | null): number;
  unitOf(tag: number): string | null;
  forget(unit: string): void;
}

/** The ring's numbers for units. A unit that is gone keeps its own as long as the ring may have lines of it. */
function createTags(host: Pick<Native, "ringFirstSeq" | "ringLastSeq">): Tags {
  const tags = new Map<string, number>();
  const names = new Map<number, string>();
  /** With the last line that may be theirs. */
  const gone = new Map<string, number>();
  let latest = 0;
  const drop = (unit: string): void => {
    names.delete(tags.get(unit) ?? 0);
    tags.delete(unit);
    gone.delete(unit);
  };
  return {
    of(unit) {
      if (unit === null) return 0;
      const known = tags.get(unit);
      if (known !== undefined) {
        gone.delete(unit);
        return known;
      }
      latest += 1;
      tags.set(unit, latest);
      names.set(latest, unit);
      return latest;
    },
    unitOf: (tag) => names.get(tag) ?? null,
    forget(unit) {
      if (!tags.has(unit)) return;
      gone.set(unit, host.ringLastSeq());
      const first = host.ringFirstSeq();
      for (const [old, last] of gone) {
        if (last >= first) return;
        drop(old);
      }
    },
  };
}

type Beginnings = readonly (string | null)[];

/** By LogLevelMax=. */
const BEGINNINGS: Map<number, Beginnings> = new Map();

/** How a line of each priority begins; null: it is left out. There is one log, so the options are always the same. */
function beginnings({ format, colour }: LogOptions, max: number): Beginnings {
  const known = BEGINNINGS.get(max);
  if (known !== undefined) return known;
  const made = LEVEL_OF_PRIORITY.map((level, priority) => {
    if (priority > max) return null;
    return format === "json" ? `{"level":${level.number},"time":` : colourOf(level.name, colour);
  });
  BEGINNINGS.set(max, made);
  return made;
}

function captureSink(
  options: LogOptions,
  tag: number,
  unit: string,
  pid: number,
  exec: ExecSettings,
): CaptureSink {
  const json = options.format === "json";
  const { syslogIdentifier: identifier, logRateLimit: limit } = exec;
  const named = identifier === null ? "" : `,"identifier":${JSON.stringify(identifier)}`;
  const bindings = `"unit":${JSON.stringify(unit)},"pid":${pid}${named}`;
  const label = `${unit}[${pid}]`;
  return {
    tag,
    pid,
    stream: 1,
    before: beginnings(options, exec.logLevelMax),
    after: json
      ? `,${bindings},"msg":"`
      : ` ${options.colour ? `\u001b[0m\u001b[36m${label}\u001b[0m` : label}: `,
    suffix: json ? '"}\n' : "\n",
    json,
    timeFormat: json ? "ms" : "clock",
    priority: exec.syslogLevel,
    parsePrefix: exec.syslogLevelPrefix,
    ringPriorityMax: Math.min(exec.logLevelMax, 7),
    ...(limit === null ? null : { rateBurst: limit.burst, rateIntervalUsec: limit.intervalUsec }),
  };
}

/** "12:00:01.123 app.service: started" from one of pino's own lines. */
function prettyRecord(line: string, colour: boolean): string {
  const {
    level,
    time,
    unit,
    msg,
    job: _job,
    jobType: _type,
    jobResult: _result,
    ...fields
  } = JSON.parse(line) as Record<string, unknown>;
  const word = LEVEL_WORDS[Number(level)] ?? "info";
  const clock = new Date(Number(time)).toISOString().slice(11, 23);
  const rest = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
  const subject = typeof unit === "string" ? unit : "usher";
  const mark = word === "info" ? "" : `${word}: `;
  const start = colourOf(word, colour);
  return `${start}${clock} ${subject}: ${mark}${String(msg)}${rest}${start === "" ? "" : "\u001b[0m"}\n`;
}

const COLOURS: Readonly<Record<string, string>> = {
  warn: "\u001b[33m",
  error: "\u001b[31m",
  fatal: "\u001b[1;31m",
  debug: "\u001b[2m",
};

function colourOf(word: string, colour: boolean): string {
  return colour ? (COLOURS[word] ?? "") : "";
}
