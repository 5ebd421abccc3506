import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { USEC_INFINITY } from "../../src/base/time.ts";
import { createTimers } from "../../src/runtime/timers.ts";

/** A clock that jumps to whatever the one timer is armed for. */
function fakeHost(): {
  setTimer(at: number): number;
  onTimer(callback: () => void): void;
  monotonic(): number;
  runToEnd(): void;
  armed(): number;
} {
  let now = 0;
  let armed = 0;
  let callback = (): void => {};
  return {
    setTimer(at) {
      armed = at;
      return 0;
    },
    onTimer(given) {
      callback = given;
    },
    monotonic: () => now,
    armed: () => armed,
    runToEnd() {
      while (armed !== 0) {
        now = Math.max(now, armed);
        armed = 0;
        callback();
      }
    },
  };
}

describe("timers", () => {
  it("fire in order of time, however they were set, moved and cleared", () => {
    const change = fc.record({
      id: fc.integer({ min: 0, max: 12 }),
      at: fc.integer({ min: 1, max: 1_000_000 }),
      clear: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const host = fakeHost();
        const timers = createTimers(host);
        const expected = new Map<number, number>();
        const fired: [number, number][] = [];
        for (const { id, at, clear } of changes) {
          if (clear) {
            timers.clear(String(id));
            expected.delete(id);
          } else {
            timers.set(String(id), at, () => fired.push([at, id]));
            expected.set(id, at);
          }
        }
        host.runToEnd();
        const times = fired.map(([at]) => at);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(new Map(fired.map(([at, id]) => [id, at]))).toEqual(expected);
      }),
    );
  });
  it("disarm the host's timer when the last one is cleared", () => {
    const host = fakeHost();
    const timers = createTimers(host);
    timers.set("a", 500, () => {});
    expect(host.armed()).toBe(500);
    timers.clear("a");
    expect(host.armed()).toBe(0);
  });
  it("never arm for infinity", () => {
    const host = fakeHost();
    createTimers(host).set("a", USEC_INFINITY, () => {});
    expect(host.armed()).toBe(0);
  });
});
