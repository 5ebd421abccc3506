/**
 * IdleTimeoutSec= of [X-Usher]: a service that nobody was connected to for so long is stopped; its sockets go on
 * listening, and the next connection starts it again. The runtime asks the kernel who is connected, and tells.
 */

import { type Engine, log } from "../engine.ts";
import { ATOM, linkedByAtom } from "../graph.ts";
import { addJob } from "../job/add-job.ts";
import type { ServiceState } from "../state.ts";
import { activeState, isActiveOrActivating } from "../unit/active-state.ts";

/** Its stop would take down what requires it: then it is not idle, whoever is connected. */
export function serviceIdle(engine: Engine, s: ServiceState): void {
  if (s.sub !== "running" || s.job !== null || engine.shutdown !== null) return;
  const needed = linkedByAtom(engine.graph, s, ATOM.propagateStop);
  if (needed.some((unit) => isActiveOrActivating(activeState(unit)))) return;
  log(engine, "info", s, "Nobody is connected any more, stopping until somebody is.");
  addJob(engine, s, "stop", "replace");
}
