/** Time spans (systemd.time(7), "Parsing Time Spans"). */
import { USEC_INFINITY, USEC_PER_MSEC, USEC_PER_SEC, type Usec } from "../../base/time.ts";
import { skipBlanks, strip } from "../text/whitespace.ts";

const MINUTE = 60 * USEC_PER_SEC;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Names of each unit, and its length in microseconds. A year is 365.25 days, a month its twelfth part. */
const UNITS: readonly (readonly [string, Usec])[] = [
  ["s sec second seconds", USEC_PER_SEC],
  ["m min minute minutes", MINUTE],
  ["h hr hour hours", HOUR],
  ["ms msec", USEC_PER_MSEC],
  ["us usec \u03bcs \u00b5s", 1],
  ["d day days", DAY],
  ["w week weeks", 7 * DAY],
  ["M month months", 2_629_800 * USEC_PER_SEC],
  ["y year years", 31_557_600 * USEC_PER_SEC],
];

const LENGTHS: ReadonlyMap<string, Usec> = new Map(
  UNITS.flatMap(([names, length]) => names.split(" ").map((name) => [name, length] as const)),
);

/** Tenths, hundredths … of the unit, each cut to whole microseconds. */
function fraction(digits: string, unit: Usec): Usec {
  let sum = 0;
  let part = unit;
  for (let i = 0; i < digits.length; i++) {
    part = Math.trunc(part / 10);
    sum += Number(digits.charAt(i)) * part;
  }
  return sum;
}

/** What systemd's own counter holds. */
const LARGEST = 2 ** 64;

const TERM = /\+?(\d*)(\.\d+)?(\s*)([a-zA-Z\u03bc\u00b5]*)/y;

/**
 * Microseconds of "5min 20s", "1.5h", "infinity"; a number alone counts in `defaultUnit`. undefined if malformed.
 * Spans beyond the largest safe integer (285 years) become infinity, those beyond 584542 years are malformed.
 */
export function parseTimespan(text: string, defaultUnit: Usec = USEC_PER_SEC): Usec | undefined {
  if (strip(text) === "infinity") return USEC_INFINITY;
  let sum = 0;
  let at = skipBlanks(text, 0);
  if (at === text.length) return undefined;
  while (at < text.length) {
    TERM.lastIndex = at;
    const match = TERM.exec(text);
    const [whole = "", digits = "", decimals = "", gap = "", name = ""] = match ?? [];
    if (digits === "" && decimals === "") return undefined;
    const end = at + whole.length;
    // "12.34.56" is no number, "12.34 .56" is two.
    if (name === "" && gap === "" && end < text.length) return undefined;
    const unit = name === "" ? defaultUnit : LENGTHS.get(name);
    if (unit === undefined) return undefined;
    sum += Number(digits) * unit + fraction(decimals.slice(1), unit);
    at = skipBlanks(text, end);
  }
  return sum < LARGEST ? Math.min(sum, USEC_INFINITY) : undefined;
}

/** As parseTimespan, but 0 means never: timeouts. */
export function parseTimeout(text: string): Usec | undefined {
  const usec = parseTimespan(text);
  return usec === 0 ? USEC_INFINITY : usec;
}

const FINE_TERM = /\+?(\d*\.?\d+)(\s*)([a-zA-Z\u03bc\u00b5]*)(\s*)/y;

/** As parseTimespan, but in nanoseconds, which are also a unit ("ns", "nsec") and the one that counts without unit. */
export function parseNanoseconds(text: string): number | undefined {
  if (strip(text) === "infinity") return Number.MAX_SAFE_INTEGER;
  let sum = 0;
  let at = skipBlanks(text, 0);
  if (at === text.length) return undefined;
  while (at < text.length) {
    FINE_TERM.lastIndex = at;
    const [whole = "", digits = "", gap = "", name = "", after = ""] = FINE_TERM.exec(text) ?? [];
    at += whole.length;
    const isFine = name === "" || name === "ns" || name === "nsec";
    const unit = isFine ? 1 / 1000 : LENGTHS.get(name);
    if (digits === "" || unit === undefined) return undefined;
    if (name === "" && gap === "" && after === "" && at < text.length) return undefined;
    sum += Math.trunc(Number(digits) * unit * 1000);
  }
  return Math.min(sum, Number.MAX_SAFE_INTEGER);
}
