/**
 * Named timers over the host's single timer: a binary heap by time, with lazy deletion, so that arming, moving and
 * clearing cost a few comparisons however many timers there are, and nothing wakes up for a timer that was cleared.
 */

import { USEC_INFINITY, type Usec } from "../base/time.ts";
import type { Native } from "../host/native.ts";

export interface Timers {
  /** (Re)arms `id` for a monotonic time. */
  set(id: string, at: Usec, fire: () => void): void;
  clear(id: string): void;
  /** Arms the host's timer anew: whoever was called may have failed before it was. */
  recover(): void;
}

interface Entry {
  readonly id: string;
  readonly at: Usec;
  readonly fire: () => void;
}

/** A timer may be due and the clock read a moment earlier: times this close count as come. */
const SLACK_USEC = 50;

export function createTimers(host: Pick<Native, "setTimer" | "onTimer" | "monotonic">): Timers {
  const heap: Entry[] = [];
  const current = new Map<string, Entry>();
  let armed: Usec = 0;

  const stale = (entry: Entry): boolean => current.get(entry.id) !== entry;
  const arm = (): void => {
    for (let first = heap[0]; first !== undefined && stale(first); first = heap[0]) popFirst(heap);
    const next = heap[0]?.at ?? 0;
    if (next === armed) return;
    armed = next;
    host.setTimer(next === 0 ? 0 : Math.max(next, 1));
  };

  host.onTimer(() => {
    armed = 0;
    const due = host.monotonic() + SLACK_USEC;
    for (let first = heap[0]; first !== undefined && (stale(first) || first.at <= due); first = heap[0]) {
      popFirst(heap);
      if (stale(first)) continue;
      current.delete(first.id);
      first.fire();
    }
    arm();
  });

  return {
    set(id, at, fire) {
      current.delete(id);
      if (at < USEC_INFINITY) {
        const entry = { id, at, fire };
        current.set(id, entry);
        push(heap, entry);
      }
      arm();
    },
    clear(id) {
      if (current.delete(id)) arm();
    },
    recover() {
      armed = -1;
      arm();
    },
  };
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || above.at <= entry.at) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

function popFirst(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const child =
      (heap[left + 1]?.at ?? Number.POSITIVE_INFINITY) < (heap[left]?.at ?? Number.POSITIVE_INFINITY)
        ? left + 1
        : left;
    const below = heap[child];
    if (below === undefined || below.at >= last.at) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
}
