/** What is wrong with units only in view of the others: a socket without its service, or one that nothing starts. */

import type { DependencyKind, SocketUnit, Unit } from "../model.ts";
import type { Diagnostic, Severity } from "../text/diagnostic.ts";
import { unitPrefix } from "../unit-name.ts";
import { triggeredService } from "./default-dependencies.ts";
import type { UnitDiagnostic } from "./load-unit.ts";

export interface Surroundings {
  readonly units: Iterable<Unit>;
  readonly find: (name: string) => Unit | null;
  /** Is there a file (or nothing needed) for the name, and no mask? */
  readonly exists: (name: string) => boolean;
  /** Does the file lie where units are enabled by being there? */
  readonly isOwn: (path: string) => boolean;
}

const STARTING: readonly DependencyKind[] = ["Wants", "Requires", "BindsTo", "Upholds"];

function complaint({ name, fragmentPath }: Unit, severity: Severity, message: string): UnitDiagnostic {
  const nowhere = { line: 0, column: 0, found: null, expected: null };
  const diagnostic: Diagnostic = { severity, file: fragmentPath ?? name, message, ...nowhere };
  return { unit: name, diagnostic };
}

function checkService(socket: SocketUnit, { find, exists }: Surroundings): UnitDiagnostic | null {
  const service = triggeredService(socket.name, socket.socket);
  if (service === null) {
    const template = `${unitPrefix(socket.name)}@.service`;
    if (exists(template)) return null;
    return complaint(socket, "warning", `${template}, which it starts for each connection, does not exist`);
  }
  const state = find(service)?.loadState ?? "not-found";
  if (state === "loaded" || state === "error" || state === "bad-setting") return null;
  const what = state === "masked" ? "is masked" : "does not exist";
  return complaint(socket, "error", `${service}, which it starts, ${what}`);
}

/** Names that some unit pulls in. */
function pulledIn(units: Iterable<Unit>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { dependencies } of units) {
    for (const kind of STARTING) for (const name of dependencies[kind] ?? []) names.add(name);
  }
  return names;
}

function isPulledIn({ name, aliases }: SocketUnit, pulled: ReadonlySet<string>): boolean {
  return pulled.has(name) || aliases.some((alias) => pulled.has(alias));
}

export function crossCheck(surroundings: Surroundings): UnitDiagnostic[] {
  const found: UnitDiagnostic[] = [];
  const sockets: SocketUnit[] = [];
  for (const unit of surroundings.units) {
    if (unit.type === "socket" && unit.loadState === "loaded") sockets.push(unit);
  }
  const pulled = sockets.length === 0 ? new Set<string>() : pulledIn(surroundings.units);
  for (const socket of sockets) {
    const { fragmentPath, install } = socket;
    const isOwn = fragmentPath !== null && surroundings.isOwn(fragmentPath);
    const isWanted = isPulledIn(socket, pulled);
    // A package's socket that is only named somewhere, in After= for one, is nobody's concern.
    const withoutService = isOwn || isWanted ? checkService(socket, surroundings) : null;
    if (withoutService !== null) found.push(withoutService);
    if (isOwn && !isWanted && !install.present) {
      found.push(complaint(socket, "notice", "nothing starts this socket: it has no [Install] section"));
    }
  }
  return found;
}
