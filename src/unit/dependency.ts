/** Unit names as values of dependencies, Service=, Sockets=, Alias= and the like (systemd.unit(5)). */

import { words } from "./text/whitespace.ts";
import { isValidUnitName, unitPrefix, unitType, withInstance } from "./unit-name.ts";
import type { Scope, ValueType } from "./value/value-type.ts";

const EXPECTED = "names of units, with their suffix";

function ownInstance(unitName: string): string {
  const at = unitName.indexOf("@");
  const instance = at < 0 ? "" : unitName.slice(at + 1, unitName.lastIndexOf("."));
  return instance === "" ? unitPrefix(unitName) : instance;
}

/**
 * A template that a unit depends on, completed with the unit's instance or, if it has none, with its prefix; any other
 * name as it is.
 */
export function completeTemplate(name: string, unitName: string): string {
  return name.includes("@.") ? (withInstance(name, ownInstance(unitName)) ?? name) : name;
}

/** The unit that a word names, specifiers replaced. undefined after a complaint. */
export function readUnitName(word: string, scope: Scope): string | undefined {
  const name = scope.expand(word, true);
  if (name === undefined) return undefined;
  const complete = completeTemplate(name, scope.unitName);
  if (isValidUnitName(complete)) return complete;
  scope.report("error", "not a unit's name, ignored", { found: name, expected: EXPECTED });
  return undefined;
}

/** Words of a dependency line, backslashes kept as they are part of escaped names. */
export function readUnitNames(text: string, scope: Scope): string[] {
  const names: string[] = [];
  for (const word of words(text)) {
    const name = readUnitName(word, scope);
    if (name !== undefined) names.push(name);
  }
  return names;
}

function unite(before: readonly string[], added: readonly string[]): readonly string[] {
  if (before.length === 0 && added.length < 2) return added;
  return [...new Set([...before, ...added])];
}

/** Requires=, After= and the like: lines add, an empty one changes nothing. */
export const dependencyNames: ValueType<readonly string[]> = {
  expected: EXPECTED,
  read: (text, scope, before) => unite(before, readUnitNames(text, scope)),
};

/** Sockets=: as dependencies, sockets only. */
export const socketNames: ValueType<readonly string[]> = {
  expected: "names of socket units",
  read: (text, scope, before) => {
    const sockets = readUnitNames(text, scope).filter((name) => {
      if (unitType(name) === "socket") return true;
      scope.report("error", "not a socket unit, ignored", { found: name, expected: "name.socket" });
      return false;
    });
    return unite(before, sockets);
  },
};

/** [Install] Alias=, WantedBy= and the like. Templates stay templates: they are completed when enabled. */
export const installNames: ValueType<readonly string[]> = {
  expected: EXPECTED,
  read: (text, scope, before) => {
    if (text === "") return [];
    const names: string[] = [];
    for (const word of words(text)) {
      const name = scope.expand(word, true);
      if (name === undefined) continue;
      if (isValidUnitName(name)) names.push(name);
      else scope.report("error", "not a unit's name, ignored", { found: name, expected: EXPECTED });
    }
    return unite(before, names);
  },
};

/** [Socket] Service= */
export const serviceName: ValueType<string | null> = {
  expected: "the name of a service unit, of an instance where it is a template",
  read: (text, scope, before) => {
    if (text.endsWith("@.service")) return undefined;
    const name = readUnitName(text, scope);
    if (name === undefined) return before;
    return unitType(name) === "service" ? name : undefined;
  },
};
