/**
 * After a callback of the event loop has failed, PID 1 goes on as if it had returned.
 *
 * An exception is caught where it can be (effects.ts, runtime.ts). But a callback that runs too long is ended by the
 * script engine without any `catch` or `finally`, and one that has no memory left may fail in those. So whatever was
 * under way is picked up from here: the event queue, the timers, the ends of children, and a client that would wait for
 * an answer for ever.
 */
import type { Pump, Runtime } from "./runtime.ts";
import { tellEnds } from "./signals.ts";

const TIMER = "recover";

export function recover(runtime: Runtime, pump: Pump): void {
  const { host, timers, abandon } = runtime;
  runtime.abandon = null;
  const wasPumping = pump.recover();
  timers.recover();
  abandon?.();
  if (!wasPumping && runtime.ends.length === 0) return;
  // In a callback of its own: this one has used up its time.
  timers.set(TIMER, host.monotonic(), () => {
    pump.goOn();
    tellEnds(runtime);
  });
}
