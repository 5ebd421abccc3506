/**
 * What the instances of a template have in common. A socket with Accept=yes makes one for each connection, and most
 * templates mention the instance at most in Description=: then an instance is the one before it with another name.
 *
 * Where anything else may depend on the name (a specifier, a template that is completed, an alias, files or directories
 * for one instance) there is no pattern, and each instance is read like any other unit. A pattern holds as long as what
 * was found out about the files does, that is until the next reload.
 */
import type { Unit } from "../model.ts";
import { expandSpecifiers, type SpecifierFacts } from "../text/specifier.ts";
import { classifyUnitName, unitInstance, unitPrefix } from "../unit-name.ts";
import type { UnitSource } from "./load-unit.ts";
import type { UnitText } from "./read-unit.ts";

export interface InstancePattern {
  readonly unit: Unit;
  /** As written; null: there is none. */
  readonly description: string | null;
}

/** The texts that a unit was read from; null: not all of them are there any more. */
function textsOf({ texts }: UnitSource, { fragmentPath, dropInPaths }: Unit): UnitText[] | null {
  const found: UnitText[] = [];
  for (const path of [fragmentPath ?? "", ...dropInPaths]) {
    const text = texts.get(path);
    if (text === undefined) return null;
    found.push(text);
  }
  return found;
}

/** The last Description=, if it is the only thing that may mention the instance; undefined: it isn't. */
function onlyDescription(texts: readonly UnitText[]): string | null | undefined {
  let description: string | null = null;
  for (const { section, key, value } of texts.flatMap(({ lexed }) => lexed.assignments)) {
    if (section === "Unit" && key === "Description") description = value === "" ? null : value;
    else if (value.includes("%") || value.includes("@.")) return undefined;
  }
  return description;
}

/** Of an instance that was just read; null: others may differ in more than the name. */
export function instancePattern(source: UnitSource, unit: Unit): InstancePattern | null {
  const { name, aliases, dependencies } = unit;
  const prefix = unitPrefix(name);
  if (unit.loadState !== "loaded" || aliases.length > 0 || source.index.hasInstances(prefix)) return null;
  for (const by of source.addedLinks.keys()) if (by.startsWith(`${prefix}@`)) return null;
  const instance = unitInstance(name) ?? "";
  if (Object.values(dependencies).some((names) => names.some((other) => other.includes(instance))))
    return null;
  const texts = textsOf(source, unit);
  const description = texts === null ? undefined : onlyDescription(texts);
  return description === undefined ? null : { unit, description };
}

function describe(
  { unit, description }: InstancePattern,
  name: string,
  facts: SpecifierFacts,
): string | null {
  if (description === null || !description.includes("%")) return unit.unit.description;
  const expanded = expandSpecifiers(description, { unitName: name, fragmentPath: unit.fragmentPath, facts });
  return typeof expanded === "string" ? expanded : null;
}

/** Another instance; null: it has to be read. */
export function fromPattern(pattern: InstancePattern, name: string, facts: SpecifierFacts): Unit | null {
  if (classifyUnitName(name) !== "instance") return null;
  const { unit } = pattern;
  const description = describe(pattern, name, facts);
  if (description === null) return null;
  const isSame = description === unit.unit.description;
  return { ...unit, name, unit: isSame ? unit.unit : { ...unit.unit, description } };
}
