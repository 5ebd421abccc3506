/**
 * Counting events against a limit, as systemd does: a window begins with the first event after the last window is
 * over, and takes `burst` events. An interval or a burst of zero is no limit.
 */
import { addUsec, type Usec } from "../../base/time.ts";
import type { RateLimit } from "../../unit/model.ts";
import type { RateWindow } from "../state.ts";

export function freshWindow(): RateWindow {
  return { beginUsec: null, count: 0 };
}

/** Counts one event; false: it is one too many. */
export function countWithin(window: RateWindow, limit: RateLimit, now: Usec): boolean {
  if (limit.intervalUsec === 0 || limit.burst === 0) return true;
  if (window.beginUsec === null || addUsec(window.beginUsec, limit.intervalUsec) < now) {
    window.beginUsec = now;
    window.count = 1;
    return true;
  }
  if (window.count >= limit.burst) return false;
  window.count += 1;
  return true;
}

export function resetWindow(window: RateWindow): void {
  window.beginUsec = null;
  window.count = 0;
}
