/**
 * Dependencies that nobody writes: those that follow from settings (implicit), and those that every unit of a type
 * gets unless `DefaultDependencies=no` (default). systemd.service(5), systemd.socket(5), systemd.target(5), the
 * sections "Automatic Dependencies".
 *
 * Not here: ordering of targets after what they pull in, which needs the other unit too (`targetOrdering`).
 */
import type { DependencyKind, DependencyTable, ServiceUnit, SocketUnit, Unit } from "./model.ts";
import { withType } from "./unit-name.ts";

type Added = readonly (readonly [DependencyKind, string])[];

const SHUTDOWN: Added = [
  ["Conflicts", "shutdown.target"],
  ["Before", "shutdown.target"],
];

const SYSINIT: Added = [
  ["Requires", "sysinit.target"],
  ["After", "sysinit.target"],
];

/** The service that a socket starts: Service=, or the one of its name; null with Accept=yes, which has instances. */
export function triggeredService(socket: SocketUnit): string | null {
  if (socket.socket.accept) return null;
  return socket.socket.service ?? withType(socket.name, "service");
}

function ofSocket(unit: SocketUnit): Added {
  const added: [DependencyKind, string][] = [];
  const service = triggeredService(unit);
  if (service !== null) added.push(["Before", service], ["Triggers", service]);
  if (!unit.unit.defaultDependencies) return added;
  return [...added, ["Before", "sockets.target"], ...SYSINIT, ...SHUTDOWN];
}

function ofService(unit: ServiceUnit): Added {
  const added: [DependencyKind, string][] = [];
  for (const socket of unit.service.sockets)
    added.push(["Wants", socket], ["After", socket], ["TriggeredBy", socket]);
  if (unit.service.type === "dbus") added.push(["Requires", "dbus.socket"], ["After", "dbus.socket"]);
  if (!unit.unit.defaultDependencies) return added;
  return [...added, ...SYSINIT, ["After", "basic.target"], ...SHUTDOWN];
}

function ofPassive(unit: Unit): Added {
  if (!unit.unit.defaultDependencies || unit.type !== "target" || unit.name === "shutdown.target") return [];
  return SHUTDOWN;
}

function addedTo(unit: Unit): Added {
  if (unit.type === "socket") return ofSocket(unit);
  return unit.type === "service" ? ofService(unit) : ofPassive(unit);
}

/** The unit's dependencies with the automatic ones; as they are for a unit that is not loaded. */
export function defaultDependencies(unit: Unit): DependencyTable {
  if (unit.loadState !== "loaded") return unit.dependencies;
  const table: Partial<Record<DependencyKind, readonly string[]>> = { ...unit.dependencies };
  for (const [kind, name] of addedTo(unit)) {
    const names = table[kind] ?? [];
    if (name !== unit.name && !names.includes(name)) table[kind] = [...names, name];
  }
  return table;
}
