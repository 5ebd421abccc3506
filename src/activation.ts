/** The blob for what only [X-Usher] asks for; loaded with the first unit that does. */
import { USEC_INFINITY } from "./base/time.ts";
import type { Activation } from "./runtime/adopt/activation.ts";
import { createAdoption } from "./runtime/adopt/adoption.ts";
import { createHold } from "./runtime/adopt/hold.ts";
import { createIdleWatch } from "./runtime/adopt/idle-watch.ts";
import { createReadiness } from "./runtime/adopt/readiness.ts";
import { followLog, type Runtime, stateOf } from "./runtime/runtime.ts";
import type { ExecCommand } from "./unit/model.ts";

/** `run`: starts a command beside the service's own; its process id, or a negative number. */
export function createActivation(
  runtime: Runtime,
  run: (unit: string, command: ExecCommand) => number,
): Activation {
  const { host, log, timers, emit } = runtime;
  const hold = createHold(host, log, (fd) => runtime.sockets.tellIncoming(fd));
  const adoption = createAdoption(host, log, hold.isHoldingBack);
  const idleWatch = createIdleWatch(host, log, timers, (unit) => emit({ type: "service-idle", unit }));
  const readiness = createReadiness({
    host,
    log,
    timers,
    isAwaited(unit, token) {
      const state = stateOf(runtime, unit);
      return state?.kind === "service" && state.readyToken === token;
    },
    ready: (unit, token) => emit({ type: "ready-checked", unit, token }),
    run,
    followLog: (follow) => followLog(runtime, follow),
  });
  return {
    adoption,
    hold,
    readiness,
    prepare({ name, usher }, held) {
      if (usher.adoptSockets !== "no" || usher.holdUntilReady) adoption.keepNames(held);
      if (usher.holdUntilReady) hold.begin(name, held);
      if (usher.readyChecks.length > 0) readiness.spawning(name);
    },
    follow({ name, usher }, active, sub, socketsOf) {
      hold.follow(name, active, sub);
      if (active === "inactive" || active === "failed" || sub.startsWith("auto-restart"))
        adoption.restoreNames(name);
      if (sub === "running" && usher.idleTimeoutUsec < USEC_INFINITY)
        idleWatch.begin(name, usher.idleTimeoutUsec, socketsOf());
      else idleWatch.end(name);
    },
  };
}
