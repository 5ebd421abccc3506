/**
 * Which sockets may be opened before anything else is loaded: those for which a start has nothing to wait for, to pull
 * in or to run, so that it comes to the same whatever the rest says.
 */
import { isPassive } from "./builtin-units.ts";
import type { DependencyKind, SocketUnit, Unit } from "./model.ts";

const PULLING: readonly DependencyKind[] = ["Requires", "Requisite", "Wants", "BindsTo", "Upholds", "After"];

function isHarmless(name: string): boolean {
  return name === "sysinit.target" || isPassive(name);
}

function waitsForNothing({ dependencies }: Unit): boolean {
  const pulls = PULLING.some((kind) => !(dependencies[kind] ?? []).every(isHarmless));
  return !pulls && (dependencies.Conflicts ?? []).every((name) => name === "shutdown.target");
}

function runsNothing({ socket }: SocketUnit): boolean {
  return socket.execStartPre.length === 0 && socket.execStartPost.length === 0;
}

/** `isKnown`: is there a service of that name which could be started? */
export function isEarly(unit: Unit, service: string | null, isKnown: (service: string) => boolean): boolean {
  if (unit.type !== "socket" || unit.loadState !== "loaded") return false;
  if (unit.unit.conditions.length > 0 || !runsNothing(unit) || !waitsForNothing(unit)) return false;
  return service === null || isKnown(service);
}
