/**
 * Which sockets may be opened before anything else is loaded: those for which a start has nothing to wait for, to pull
 * in or to run, so that it comes to the same whatever the rest says.
 */

import type { DependencyKind, SocketUnit, Unit } from "../model.ts";
import { isPassive } from "./builtin-units.ts";

const PULLING: readonly DependencyKind[] = ["Requires", "Requisite", "Wants", "BindsTo", "Upholds", "After"];

function isHarmless(name: string): boolean {
  return name === "sysinit.target" || isPassive(name);
}

function isShutdown(name: string): boolean {
  return name === "shutdown.target";
}

function waitsForNothing({ dependencies }: Unit): boolean {
  for (const kind of PULLING) if (dependencies[kind]?.every(isHarmless) === false) return false;
  return dependencies.Conflicts?.every(isShutdown) !== false;
}

function runsNothing({ socket }: SocketUnit): boolean {
  return socket.execStartPre.length === 0 && socket.execStartPost.length === 0;
}

/** `hasService`: there is a service that it could start, or one for each connection. */
export function isEarly(unit: Unit, hasService: boolean): boolean {
  if (!hasService || unit.type !== "socket" || unit.loadState !== "loaded") return false;
  return unit.unit.conditions.length === 0 && runsNothing(unit) && waitsForNothing(unit);
}
