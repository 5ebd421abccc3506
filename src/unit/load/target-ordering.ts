/**
 * A target is reached when what it pulls in is up: it comes after each unit that it wants or requires, unless one of
 * the two has DefaultDependencies=no or the order is already the other way round (systemd.target(5), "Default
 * Dependencies").
 */
import type { Unit } from "../model.ts";

/** Is `first` stated to be before `second`? */
function isBefore(first: Unit, second: Unit): boolean {
  const before = first.dependencies.Before ?? [];
  const after = second.dependencies.After ?? [];
  return (
    [second.name, ...second.aliases].some((name) => before.includes(name)) ||
    [first.name, ...first.aliases].some((name) => after.includes(name))
  );
}

function takesDefaults(unit: Unit): boolean {
  return unit.loadState === "loaded" && unit.unit.defaultDependencies;
}

/** The target with its order after what it pulls in; any other unit as it is. */
export function orderTarget(target: Unit, find: (name: string) => Unit | null): Unit {
  if (target.type !== "target" || !takesDefaults(target)) return target;
  const {
    Wants = [],
    Requires = [],
    Requisite = [],
    BindsTo = [],
    Upholds = [],
    After = [],
  } = target.dependencies;
  const after = new Set(After);
  for (const name of [...Wants, ...Requires, ...Requisite, ...BindsTo, ...Upholds]) {
    const other = find(name);
    if (other === null || other === target || after.has(other.name) || !takesDefaults(other)) continue;
    if (!isBefore(target, other)) after.add(other.name);
  }
  if (after.size === After.length) return target;
  return { ...target, dependencies: { ...target.dependencies, After: [...after] } };
}
