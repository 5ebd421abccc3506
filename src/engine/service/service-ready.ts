/**
 * ReadyCheck= of [X-Usher]: a service that has started by the rules of its type is not up before all of its checks
 * have succeeded once. Until then it stays in `start`, as a Type=notify service does until its READY=1, and
 * TimeoutStartSec= holds. The runtime does the checking (`check-readiness`), and says once that all is well
 * (`ready-checked`); a service that has left `start` meanwhile has another token or none.
 */
import { type Engine, emit } from "../engine.ts";
import type { ServiceState } from "../state.ts";
import { armStartTimer, enterStartPost } from "./service-start.ts";

/** The program runs, or has said that it is ready: checks come next, if there are any. */
export function mainStarted(engine: Engine, s: ServiceState): void {
  if (s.model.usher.readyChecks.length === 0) {
    enterStartPost(engine, s);
    return;
  }
  s.readyToken = engine.nextToken++;
  armStartTimer(engine, s);
  emit(engine, { type: "check-readiness", unit: s.name, token: s.readyToken });
}

export function readyChecked(engine: Engine, s: ServiceState, token: number): void {
  if (s.readyToken === token && s.sub === "start") enterStartPost(engine, s);
}
