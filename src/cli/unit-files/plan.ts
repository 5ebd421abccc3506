/**
 * What enable, disable, mask and unmask would do to the links, as a list of changes: pure but for reading.
 *
 * The caller carries the changes out in order and prints one line for each (apply.ts).
 */
import { err, ok, type Result } from "../../base/result.ts";
import { baseName, directoryOf } from "../../unit/load/unit-files.ts";
import { templateOf, unitInstance } from "../../unit/unit-name.ts";
import {
  dependencyLinks,
  type FoundUnit,
  hasLinks,
  instanceToEnable,
  MASK_TARGET,
  type UnitFiles,
} from "./store.ts";

export type LinkChange =
  | { readonly kind: "link"; readonly path: string; readonly target: string; readonly replace: boolean }
  | { readonly kind: "remove"; readonly path: string };

export interface Plan {
  readonly changes: readonly LinkChange[];
  /** Lines to be said before and after the changes. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
  /** Some unit has an [Install] section; where none has, enabling does nothing and says why. */
  readonly installable: boolean;
}

export interface PlanOptions {
  readonly runtime: boolean;
  readonly force: boolean;
}

const MOST_UNITS = 1000;

export function configFolder({ paths }: UnitFiles, { runtime }: PlanOptions): string {
  return runtime ? paths.runtime : paths.persistent;
}

/** The units named, and those that their Also= names, each once. */
function withAlso(
  store: UnitFiles,
  names: readonly string[],
  action: string,
): Result<readonly (readonly [string, FoundUnit])[], string> {
  const found = new Map<string, FoundUnit>();
  const queue = [...names];
  for (let at = 0; at < queue.length && at < MOST_UNITS; at++) {
    const name = queue[at] ?? "";
    if (found.has(name)) continue;
    const unit = store.find(name);
    if (unit === null) {
      if (at >= names.length) continue;
      return err(`Failed to ${action} unit: Unit ${name} does not exist`);
    }
    found.set(name, unit);
    queue.push(...unit.install.also);
  }
  return ok([...found]);
}

export function planEnable(
  store: UnitFiles,
  names: readonly string[],
  options: PlanOptions,
): Result<Plan, string> {
  const units = withAlso(store, names, "enable");
  if (!units.ok) return units;
  const changes: LinkChange[] = [];
  const notes: string[] = [];
  let installable = false;
  for (const [name, unit] of units.value) {
    if (unit.masked) return err(`Failed to enable unit: Unit ${store.paths.root}${unit.entry} is masked`);
    installable ||= hasLinks(unit.install) || unit.install.also.length > 0;
    const links = store.isOwn(unit)
      ? enableOwn(store, name, unit)
      : enablingLinks(store, name, unit, options);
    changes.push(...links);
    notes.push(...missingTargets(store, unit, links));
  }
  return ok({ changes, warnings: [], notes, installable });
}

/** For a unit in usher's own folder: takes away what disable left. */
function enableOwn(store: UnitFiles, name: string, unit: FoundUnit): readonly LinkChange[] {
  const { persistent, runtime, root } = store.paths;
  const wanted = instanceToEnable(unit, name);
  return [persistent, runtime]
    .flatMap((folder) => dependencyLinks(unit.install, folder, wanted))
    .filter((path) => {
      const target = store.files.readLink(root + path);
      return target.ok && target.value === MASK_TARGET;
    })
    .map((path): LinkChange => ({ kind: "remove", path }));
}

function enablingLinks(
  store: UnitFiles,
  name: string,
  unit: FoundUnit,
  options: PlanOptions,
): readonly LinkChange[] {
  const folder = configFolder(store, options);
  const wanted = instanceToEnable(unit, name);
  if (wanted.includes("@.")) return [];
  const paths = [
    ...unit.install.alias.map((alias) => `${folder}/${alias}`),
    ...dependencyLinks(unit.install, folder, wanted),
  ];
  return paths.map((path): LinkChange => ({ kind: "link", path, target: unit.path, replace: options.force }));
}

function missingTargets(store: UnitFiles, unit: FoundUnit, links: readonly LinkChange[]): readonly string[] {
  return links.flatMap((link) => {
    const folder = baseName(directoryOf(link.path));
    const target = folder.replace(/\.(wants|requires|upholds)$/, "");
    if (link.kind !== "link" || target === folder || store.find(target) !== null) return [];
    if (target.endsWith(".target") && store.paths.root === "") return [];
    return [
      `Unit ${store.paths.root}${unit.path} is added as a dependency to a non-existent unit ${target}.`,
    ];
  });
}

export function planDisable(
  store: UnitFiles,
  names: readonly string[],
  options: PlanOptions,
): Result<Plan, string> {
  const units = withAlso(store, names, "disable");
  if (!units.ok) return units;
  const folder = configFolder(store, options);
  const all = new Set(units.value.map(([name]) => name));
  const removals = store
    .links(folder)
    .filter(({ path, target }) => target !== MASK_TARGET && isLinkOf(all, path, target))
    .map(({ path }): LinkChange => ({ kind: "remove", path }));
  const own = units.value
    .filter(([, unit]) => store.isOwn(unit) && !unit.masked)
    .flatMap(([name, unit]) => dependencyLinks(unit.install, folder, instanceToEnable(unit, name)))
    .map((path): LinkChange => ({ kind: "link", path, target: MASK_TARGET, replace: true }));
  const installable = units.value.some(([, { install }]) => hasLinks(install) || install.also.length > 0);
  return ok({ changes: [...removals, ...own], warnings: [], notes: [], installable });
}

/** A link belongs to a unit by its own name or by where it leads; an instance's link to its template's too. */
function isLinkOf(units: ReadonlySet<string>, path: string, target: string): boolean {
  const name = baseName(path);
  if (units.has(name)) return true;
  if (unitInstance(name) && units.has(templateOf(name))) return true;
  return units.has(baseName(target)) && !baseName(target).includes("@.");
}

export function planMask(
  store: UnitFiles,
  names: readonly string[],
  options: PlanOptions,
): Result<Plan, string> {
  const changes: LinkChange[] = [];
  const warnings: string[] = [];
  for (const name of names) {
    const folder = maskFolder(store, name, options);
    const path = `${folder}/${name}`;
    if (store.find(name) === null) warnings.push(`Unit ${name} does not exist, proceeding anyway.`);
    const there = store.files.kind(store.paths.root + path);
    if (there.ok && there.value !== "link" && !options.force) {
      return err(`Failed to mask unit: File '${store.paths.root}${path}' already exists`);
    }
    changes.push({ kind: "link", path, target: MASK_TARGET, replace: options.force });
  }
  return ok({ changes, warnings, notes: [], installable: true });
}

/** The folder whose link wins over the unit's file; a file in usher's own folder comes before systemd's. */
function maskFolder(store: UnitFiles, name: string, options: PlanOptions): string {
  const unit = store.find(name);
  const usual = configFolder(store, options);
  return unit !== null && !unit.masked && store.isOwn(unit) ? directoryOf(unit.entry) : usual;
}

export function planUnmask(
  store: UnitFiles,
  names: readonly string[],
  options: PlanOptions,
): Result<Plan, string> {
  const folders = [...new Set([configFolder(store, options), ...store.paths.search.own])];
  const warnings = names
    .filter((name) => store.find(name) === null)
    .map((name) => `Unit ${name} does not exist, proceeding anyway.`);
  const changes = names.flatMap((name) =>
    folders
      .map((folder) => `${folder}/${name}`)
      .filter((path) => {
        const target = store.files.readLink(store.paths.root + path);
        return target.ok && target.value === MASK_TARGET;
      })
      .map((path): LinkChange => ({ kind: "remove", path })),
  );
  return ok({ changes, warnings, notes: [], installable: true });
}

/** preset: enable what the preset files enable, disable the others. */
export function planPreset(
  store: UnitFiles,
  names: readonly string[],
  options: PlanOptions,
): Result<Plan, string> {
  const missing = names.find((name) => store.find(name) === null);
  if (missing !== undefined) return err(`Failed to preset unit: Unit ${missing} does not exist`);
  const wanted = names.filter((name) => store.preset(name) === "enabled");
  const unwanted = names.filter((name) => store.preset(name) === "disabled");
  const off = planDisable(store, unwanted, options);
  if (!off.ok) return off;
  const on = planEnable(store, wanted, { ...options, force: true });
  if (!on.ok) return on;
  return ok({
    changes: [...off.value.changes, ...on.value.changes],
    warnings: [],
    notes: on.value.notes,
    installable: true,
  });
}
