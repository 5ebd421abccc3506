/**
 * Dependencies that nobody writes: those that follow from settings (implicit), and those that every unit of a type
 * gets unless `DefaultDependencies=no` (default). systemd.service(5), systemd.socket(5), systemd.target(5), the
 * sections "Automatic Dependencies".
 *
 * Not here: the order of targets after what they pull in, which needs the other unit too (`target-ordering.ts`).
 */
import type {
  DependencyKind,
  DependencyTable,
  Listener,
  ServiceSettings,
  SocketSettings,
  UnitSettings,
} from "../model.ts";
import { withType } from "../unit-name.ts";

const SYSINIT: readonly string[] = ["sysinit.target"];
const SHUTDOWN: readonly string[] = ["shutdown.target"];

export function acceptsConnections({ kind }: Listener): boolean {
  return kind === "stream" || kind === "seqpacket";
}

/** The service that a socket starts: Service=, or the one of its name; null with Accept=yes where all can accept. */
export function triggeredService(name: string, socket: SocketSettings): string | null {
  if (socket.accept && socket.listeners.every(acceptsConnections)) return null;
  return socket.service ?? withType(name, "service");
}

export function socketDependencies(
  name: string,
  unit: UnitSettings,
  socket: SocketSettings,
): DependencyTable {
  const service = triggeredService(name, socket);
  if (!unit.defaultDependencies) return service === null ? {} : { Before: [service], Triggers: [service] };
  const defaults = { Requires: SYSINIT, After: SYSINIT, Conflicts: SHUTDOWN };
  if (service === null) return { Before: ["sockets.target", "shutdown.target"], ...defaults };
  return { Before: [service, "sockets.target", "shutdown.target"], Triggers: [service], ...defaults };
}

/** What a service has because of its sockets or its bus. */
function implicitDependencies({ sockets, type, busName }: ServiceSettings): DependencyTable {
  const bus = type === "dbus" && busName !== null ? ["dbus.socket"] : [];
  const After = [...sockets, ...bus];
  return {
    After,
    ...(bus.length > 0 && { Requires: bus }),
    ...(sockets.length > 0 && { Wants: sockets, TriggeredBy: sockets }),
  };
}

const SERVICE_DEFAULTS: DependencyTable = {
  Requires: SYSINIT,
  After: ["sysinit.target", "basic.target"],
  Before: SHUTDOWN,
  Conflicts: SHUTDOWN,
};

export function serviceDependencies(unit: UnitSettings, service: ServiceSettings): DependencyTable {
  const defaults = unit.defaultDependencies ? SERVICE_DEFAULTS : {};
  const hasImplicit = service.sockets.length > 0 || service.type === "dbus";
  return hasImplicit ? mergeDependencies(implicitDependencies(service), defaults) : defaults;
}

export function targetDependencies(name: string, unit: UnitSettings): DependencyTable {
  if (!unit.defaultDependencies || name === "shutdown.target") return {};
  return { Conflicts: SHUTDOWN, Before: SHUTDOWN };
}

/** Both tables in one. */
export function mergeDependencies(
  written: DependencyTable | undefined,
  added: DependencyTable,
): DependencyTable {
  if (written === undefined) return added;
  const merged: Partial<Record<DependencyKind, readonly string[]>> = { ...written };
  for (const key of Object.keys(added)) {
    const kind = key as DependencyKind;
    const names = added[kind] ?? [];
    const before = merged[kind] ?? [];
    if (names.length === 0) continue;
    merged[kind] = before.length === 0 ? names : [...new Set([...before, ...names])];
  }
  return merged;
}
