/**
 * Time as systemd keeps it: whole microseconds. `USEC_INFINITY` ("infinity", "never") is the largest safe
 * integer, so that it survives JSON and compares as later than everything else.
 */
export type Usec = number;

export const USEC_INFINITY: Usec = Number.MAX_SAFE_INTEGER;
export const USEC_PER_MSEC = 1_000;
export const USEC_PER_SEC = 1_000_000;

/** Sum of two times that stays at infinity. */
export function addUsec(a: Usec, b: Usec): Usec {
  return a >= USEC_INFINITY - b ? USEC_INFINITY : a + b;
}
