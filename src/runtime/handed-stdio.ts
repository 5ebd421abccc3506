/** Descriptors that a program gave a transient unit for its standard streams (systemd-run --pipe, --pty). */
import { activeState, isInactiveOrFailed } from "../engine/unit/active-state.ts";
import { type Runtime, stateOf } from "./runtime.ts";

/** Closes them when the unit is down for good: whoever reads from a pipe waits for that. */
export function releaseHandedStdio(runtime: Runtime, unit: string): void {
  const stdio = runtime.handedStdio.get(unit);
  const state = stateOf(runtime, unit);
  if (stdio === undefined || (state !== undefined && !isInactiveOrFailed(activeState(state)))) return;
  runtime.handedStdio.delete(unit);
  for (const fd of new Set(stdio)) if (fd >= 0) runtime.host.close(fd);
}
