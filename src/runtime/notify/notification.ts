/** From a datagram at the notification socket to an event: whose process sent it, and what became of its descriptors. */

import type { Runtime } from "../runtime.ts";
import type { NotifyMessage } from "./notify-socket.ts";

/**
 * Descriptors that the engine didn't have stored are closed when the event has been handled: for BARRIER=1 that is
 * the answer itself (sd_notify_barrier(3)).
 */
export function onNotification(runtime: Runtime, message: NotifyMessage): void {
  const { host } = runtime;
  const unit = message.pid > 0 ? runtime.processes.unitOf(message.pid) : null;
  if (unit === null)
    runtime.log.write(
      "debug",
      null,
      `notification from process ${message.pid}, which is of no unit, ignoring`,
    );
  else {
    runtime.arrivedFds = message.fds;
    runtime.emit({
      type: "notify",
      unit,
      pid: message.pid,
      tags: message.tags.filter((tag) => isTrustworthy(runtime, unit, message, tag)),
      descriptors: message.fds.length,
    });
    if (runtime.arrivedFds.length === 0) return;
    runtime.arrivedFds = [];
  }
  for (const fd of message.fds) host.close(fd);
}

/** MAINPID= must name a living process of the unit; root may name any but usher itself, as under systemd. */
function isTrustworthy(runtime: Runtime, unit: string, message: NotifyMessage, tag: string): boolean {
  if (!tag.startsWith("MAINPID=")) return true;
  const pid = Number(tag.slice("MAINPID=".length));
  const { host, processes, log } = runtime;
  const usable = Number.isInteger(pid) && pid > 1 && pid !== host.pid && host.kill(pid, 0) >= 0;
  if (usable && (processes.unitOf(pid) === unit || message.uid === 0)) return true;
  log.write("warn", unit, `${tag} from process ${message.pid} names no process of this unit, ignoring`);
  return false;
}
