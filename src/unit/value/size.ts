/** Sizes with the suffixes K, M, G, T, P, E to base 1024, and percentages. */
import { skipBlanks } from "../text/whitespace.ts";

const SUFFIXES = "EPTGMKB";
const TERM = /\+?(\d+)(?:\.(\d*))?[ \t]*([EPTGMKB]?)/y;

/** "1M", "1.5G", "2G 512M" (suffixes falling) in bytes; undefined if malformed or beyond 2⁶⁴, as much as can be from 2⁵³ on. */
export function parseSize(text: string): number | undefined {
  let sum = 0;
  let smallest = -1;
  let at = skipBlanks(text, 0);
  if (at === text.length) return undefined;
  while (at < text.length) {
    TERM.lastIndex = at;
    const match = TERM.exec(text);
    if (match === null) return undefined;
    const [whole, digits = "0", decimals = "", suffix = ""] = match;
    const index = suffix === "" ? SUFFIXES.length : SUFFIXES.indexOf(suffix);
    if (index <= smallest) return undefined;
    smallest = index;
    const factor = 1024 ** Math.max(0, SUFFIXES.length - 1 - index);
    sum += Number(digits) * factor + Math.trunc(Number(`0.${decimals || "0"}`) * factor);
    at = skipBlanks(text, at + whole.length);
  }
  return sum < 2 ** 64 ? Math.min(sum, Number.MAX_SAFE_INTEGER) : undefined;
}

/** "33%" → 33. Up to `max`; undefined otherwise. */
export function parsePercent(text: string, max = 100): number | undefined {
  const match = /^(\d+)%$/.exec(text);
  const percent = Number(match?.[1]);
  return match !== null && percent <= max ? percent : undefined;
}
