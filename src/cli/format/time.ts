/** Points in time and spans as systemd prints them (systemd.time(7)). */
import { USEC_INFINITY, USEC_PER_MSEC, USEC_PER_SEC, type Usec } from "../../base/time.ts";

const MINUTE = 60 * USEC_PER_SEC;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** systemd's means: a year of 365.25 days, a twelfth of it. */
const YEAR = 31_557_600 * USEC_PER_SEC;
const MONTH = 2_629_800 * USEC_PER_SEC;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** --timestamp= */
export type TimestampStyle = "pretty" | "us" | "utc" | "us+utc" | "unix";

/** How a time zone counts at a moment. */
export interface ZoneTime {
  /** Minutes east of UTC. */
  readonly minutes: number;
  /** "CET" */
  readonly name: string;
}

export type TimeZone = (realtimeUsec: Usec) => ZoneTime;

const UTC: ZoneTime = { minutes: 0, name: "UTC" };

interface Parts {
  readonly weekday: string;
  readonly month: string;
  /** 2026-11-23 */
  readonly date: string;
  /** " 3" or "23" */
  readonly day: string;
  /** 12:00:00 */
  readonly clock: string;
}

function splitTime(at: Usec, { minutes }: ZoneTime): Parts {
  const date = new Date(Math.floor(at / USEC_PER_MSEC) + minutes * 60_000);
  const iso = date.toISOString();
  return {
    weekday: DAYS[date.getUTCDay()] ?? "",
    month: MONTHS[date.getUTCMonth()] ?? "",
    date: iso.slice(0, 10),
    day: String(date.getUTCDate()).padStart(2, " "),
    clock: iso.slice(11, 19),
  };
}

/** "Mon 2026-11-23 12:00:00 UTC"; "" for a moment that never came. */
export function formatTimestamp(at: Usec, zone: TimeZone, style: TimestampStyle = "pretty"): string {
  if (at <= 0 || at >= USEC_INFINITY) return "";
  if (style === "unix") return `@${Math.floor(at / USEC_PER_SEC)}`;
  const there = style.endsWith("utc") ? UTC : zone(at);
  const { weekday, date, clock } = splitTime(at, there);
  const fraction = style.startsWith("us") ? `.${String(at % USEC_PER_SEC).padStart(6, "0")}` : "";
  return `${weekday} ${date} ${clock}${fraction} ${there.name}`;
}

/** "Nov 23 12:00:00", the stamp of a log line. */
export function formatLogTime(at: Usec, zone: TimeZone): string {
  const { month, day, clock } = splitTime(at, zone(at));
  return `${month} ${day.replace(" ", "0")} ${clock}`;
}

/** "5s ago", "2h 3min ago", "3 days ago", "in …" never: what lies ahead is "left". */
export function formatRelative(at: Usec, now: Usec): string {
  const distance = Math.abs(now - at);
  if (distance === 0) return "now";
  return `${relativeSpan(distance)} ${at <= now ? "ago" : "left"}`;
}

function relativeSpan(d: Usec): string {
  const whole = (unit: Usec): number => Math.floor(d / unit);
  const rest = (of: Usec, unit: Usec): number => Math.floor((d % of) / unit);
  const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
  if (d >= YEAR) return `${plural(whole(YEAR), "year")} ${plural(rest(YEAR, MONTH), "month")}`;
  if (d >= MONTH) return `${plural(whole(MONTH), "month")} ${plural(rest(MONTH, DAY), "day")}`;
  if (d >= WEEK) return `${plural(whole(WEEK), "week")} ${plural(rest(WEEK, DAY), "day")}`;
  if (d >= 2 * DAY) return `${whole(DAY)} days`;
  if (d >= 25 * HOUR) return `1 day ${whole(HOUR) - 24}h`;
  if (d >= 6 * HOUR) return `${whole(HOUR)}h`;
  if (d >= HOUR) return `${whole(HOUR)}h ${rest(HOUR, MINUTE)}min`;
  if (d >= 5 * MINUTE) return `${whole(MINUTE)}min`;
  if (d >= MINUTE) return `${whole(MINUTE)}min ${rest(MINUTE, USEC_PER_SEC)}s`;
  if (d >= USEC_PER_SEC) return `${whole(USEC_PER_SEC)}s`;
  return d >= USEC_PER_MSEC ? `${whole(USEC_PER_MSEC)}ms` : `${d}us`;
}

const SPAN_UNITS: readonly (readonly [string, Usec])[] = [
  ["y", YEAR],
  ["month", MONTH],
  ["w", WEEK],
  ["d", DAY],
  ["h", HOUR],
  ["min", MINUTE],
  ["s", USEC_PER_SEC],
  ["ms", USEC_PER_MSEC],
  ["us", 1],
];

/** "1min 30.123s", "5ms", "infinity"; nothing finer than `accuracy` (a power of ten). */
export function formatSpan(span: Usec, accuracy: Usec = 1): string {
  if (span >= USEC_INFINITY) return "infinity";
  if (span <= 0) return "0";
  const words: string[] = [];
  let left = span;
  for (const [name, unit] of SPAN_UNITS) {
    if (left <= 0 || (left < accuracy && words.length > 0)) break;
    if (left < unit) continue;
    const whole = Math.floor(left / unit);
    const rest = left % unit;
    const digits = Math.round(Math.log10(unit)) - Math.round(Math.log10(accuracy));
    if (left < MINUTE && rest > 0 && digits > 0) {
      const fraction = String(Math.floor(rest / accuracy)).padStart(digits, "0");
      words.push(`${whole}.${fraction}${name}`);
      break;
    }
    words.push(`${whole}${name}`);
    left = rest;
  }
  return words.join(" ");
}

/** A column of list-timers: the time left or passed without its word. */
export function formatLeft(at: Usec, now: Usec): string {
  return formatRelative(at, now).replace(/ (ago|left)$/, "");
}
