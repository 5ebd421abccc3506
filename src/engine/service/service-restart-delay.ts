/** How long to wait before an automatic restart (systemd.service(5), RestartSec=, RestartSteps=, RestartMaxDelaySec=). */
import { USEC_INFINITY, type Usec } from "../../base/time.ts";
import type { ServiceState } from "../state.ts";

export function nextRestartDelay(s: ServiceState): Usec {
  const { restartUsec: first, restartSteps: steps, restartMaxDelayUsec: last } = s.model.service;
  const nth = s.nRestarts + (s.sub === "auto-restart" ? 0 : 1);
  if (nth <= 1 || steps === 0 || first === 0 || last >= USEC_INFINITY || first >= last) return first;
  if (nth > steps) return last;
  return Math.floor(first * (last / first) ** ((nth - 1) / steps));
}
