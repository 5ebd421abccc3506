/**
 * What PID 1 does when it can accept nothing for want of descriptors or memory (accept(2): EMFILE, ENFILE, ENOBUFS,
 * ENOMEM). The listener stays readable, so that watching it would turn the event loop in a circle; its clients wait in
 * the kernel's queue, and it is looked at again in a while.
 */
import { describe, EMFILE, ENFILE } from "../../host/errno.ts";
import type { Native } from "../../host/native.ts";
import type { Log } from "../log/log.ts";
import type { Timers } from "../timers.ts";

const ENOMEM = 12;
const ENOBUFS = 105;
const EXHAUSTED: readonly number[] = [EMFILE, ENFILE, ENOMEM, ENOBUFS];

const PAUSE_USEC = 250_000;
/** It is said again only when it has been well for so long. */
const QUIET_USEC = 60_000_000;

export function isExhausted(code: number): boolean {
  return EXHAUSTED.includes(-code);
}

export type AcceptPause = (unit: string | null, listener: number, code: number, retry: () => void) => void;

export function createAcceptPause(
  host: Pick<Native, "monotonic">,
  timers: Pick<Timers, "set">,
  log: Pick<Log, "write">,
): AcceptPause {
  let quietUntil = 0;
  return (unit, listener, code, retry) => {
    const now = host.monotonic();
    if (now >= quietUntil)
      log.write("warn", unit, `cannot accept connections for now, they wait: ${describe(code)}`);
    quietUntil = now + QUIET_USEC;
    timers.set(`accept/${unit ?? ""}/${listener}`, now + PAUSE_USEC, retry);
  };
}
