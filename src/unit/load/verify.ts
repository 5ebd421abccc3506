/** What systemd refuses a unit for when all of it is read (its service_verify and socket_verify). */
import { USEC_INFINITY } from "../../base/time.ts";
import type { ServiceSettings, SocketSettings, UnitSettings } from "../model.ts";
import { isNormalized, simplifyPath } from "../value/path.ts";
import { acceptsConnections } from "./default-dependencies.ts";

/** `refusal`: why the unit is not to be loaded, or null. `warnings`: settings that have no effect. */
export interface Verdict {
  readonly refusal: string | null;
  /** The LoadState of a unit that is refused. */
  readonly state: "bad-setting" | "error";
  readonly warnings: readonly string[];
}

function serviceRefusal(service: ServiceSettings, unit: UnitSettings): string | null {
  const { type, execStart } = service;
  const onlyOneshot = "which is only allowed for Type=oneshot services";
  if (execStart.length === 0 && service.execStop.length === 0 && unit.successAction === "none") {
    return "service has no ExecStart=, ExecStop= or SuccessAction=";
  }
  if (execStart.length === 0 && type !== "oneshot") return `service has no ExecStart=, ${onlyOneshot}`;
  if (execStart.length === 0 && !service.remainAfterExit && unit.successAction === "none") {
    return "service has no ExecStart= and no SuccessAction= and not RemainAfterExit=yes";
  }
  if (execStart.length > 1 && type !== "oneshot")
    return `service has more than one ExecStart=, ${onlyOneshot}`;
  if (type === "oneshot" && (service.restart === "always" || service.restart === "on-success")) {
    return `Restart=${service.restart} is not allowed for Type=oneshot services`;
  }
  if (type === "oneshot" && service.exitType === "cgroup") {
    return "ExitType=cgroup is not allowed for Type=oneshot services";
  }
  if (type === "dbus" && service.busName === null) return "service is Type=dbus but has no BusName=";
  return null;
}

function serviceWarnings(service: ServiceSettings): string[] {
  const warnings: string[] = [];
  const hasMaxDelay = service.restartMaxDelayUsec !== USEC_INFINITY;
  const hasRuntimeMax = service.runtimeMaxUsec !== USEC_INFINITY;
  if (hasRuntimeMax && service.type === "oneshot")
    warnings.push("RuntimeMaxSec= has no effect with Type=oneshot");
  if (!hasRuntimeMax && service.runtimeRandomizedExtraUsec !== 0) {
    warnings.push("RuntimeRandomizedExtraSec= has no effect without RuntimeMaxSec=");
  }
  if (!hasMaxDelay && service.restartSteps > 0) {
    warnings.push("RestartSteps= has no effect without RestartMaxDelaySec=");
  }
  if (hasMaxDelay && service.restartSteps === 0) {
    warnings.push("RestartMaxDelaySec= has no effect without RestartSteps=");
  }
  return warnings;
}

export function verifyService(service: ServiceSettings, unit: UnitSettings): Verdict {
  return { refusal: serviceRefusal(service, unit), state: "bad-setting", warnings: serviceWarnings(service) };
}

function fileNodes(socket: SocketSettings): number {
  return socket.listeners.filter(
    (listener) => listener.kind === "fifo" || ("address" in listener && listener.address.family === "unix"),
  ).length;
}

/** systemd wants the mounts below each path, and can't tell which these are for one that goes up. */
function pathThatGoesUp({ listeners }: SocketSettings): string | null {
  for (const listener of listeners) {
    const isUnix = "address" in listener && listener.address.family === "unix";
    if (isUnix && !isNormalized(simplifyPath(listener.address.path))) return listener.address.path;
  }
  return null;
}

export function verifySocket(socket: SocketSettings): Verdict {
  const path = pathThatGoesUp(socket);
  if (path !== null)
    return { refusal: `${path}: a socket's path must not contain ".."`, state: "error", warnings: [] };
  return { refusal: socketRefusal(socket), state: "bad-setting", warnings: [] };
}

function socketRefusal(socket: SocketSettings): string | null {
  if (socket.listeners.length === 0)
    return "socket has no Listen…= (ListenStream=, ListenDatagram=, ListenFIFO=, …)";
  if (socket.maxConnections <= 0) return "MaxConnections= is too small";
  if (socket.accept && !socket.listeners.every(acceptsConnections))
    return "Accept=yes, but not all listeners can accept connections";
  if (socket.accept && socket.service !== null) return "Service= is not allowed with Accept=yes";
  if (socket.symlinks.length > 0 && fileNodes(socket) !== 1) {
    return "Symlinks= needs exactly one listener in the file system";
  }
  return null;
}
