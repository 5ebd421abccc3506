/**
 * Unit files as `systemctl enable` and its sisters see them (systemd.unit(5), "[Install] Section Options").
 *
 * A unit file is found by name along the search path, first folder wins. What enables a unit is a symbolic link in the
 * persistent or the runtime configuration folder: `TARGET.wants/UNIT`, `TARGET.requires/UNIT`, `TARGET.upholds/UNIT`,
 * or an alias. A unit in usher's own folder with an [Install] section is enabled by being there; `disable` leaves a
 * link to /dev/null in the place of each of those links, which is systemd's own way to mask one dependency.
 *
 * Nothing here writes. Paths are those inside `root`, which is put before them for access only.
 */
import {
  baseName,
  directoryOf,
  isTransientPath,
  linkTarget,
  type SearchPath,
} from "../../unit/load/unit-files.ts";
import { isValidUnitName, templateOf, unitInstance, withInstance } from "../../unit/unit-name.ts";
import type { FileEntry, Files } from "../system.ts";
import { type InstallSection, NO_INSTALL, readInstall } from "./install-section.ts";
import { presetFor } from "./preset.ts";

export type UnitFileState =
  | "enabled"
  | "enabled-runtime"
  | "linked"
  | "linked-runtime"
  | "alias"
  | "masked"
  | "masked-runtime"
  | "static"
  | "disabled"
  | "indirect"
  | "transient"
  | "not-found";

export interface UnitPaths {
  readonly search: SearchPath;
  /** Where enablement links go. */
  readonly persistent: string;
  readonly runtime: string;
  /** "" or another root directory without a slash at its end. */
  readonly root: string;
}

export const PERSISTENT_DIRECTORY = "/etc/systemd/system";
export const RUNTIME_DIRECTORY = "/run/systemd/system";

export const MASK_TARGET = "/dev/null";

/** The folder kinds that an [Install] line fills. */
export const LINK_FOLDERS = { wantedBy: "wants", requiredBy: "requires", upheldBy: "upholds" } as const;

/** A file that a unit name leads to. */
export interface FoundUnit {
  /** The file's own name: a template for an instance, the target's name for an alias. */
  readonly name: string;
  /** Path without root; for a link that leaves the search path, the link's target. */
  readonly path: string;
  /** Where it was found, before links were followed. */
  readonly entry: string;
  readonly masked: boolean;
  /** A link in the search path to a file outside of it. */
  readonly linked: boolean;
  readonly install: InstallSection;
}

/** A link that enables a unit, or would. */
export interface EnablingLink {
  readonly path: string;
  readonly target: string;
}

export interface UnitFiles {
  readonly paths: UnitPaths;
  find(name: string): FoundUnit | null;
  state(name: string): UnitFileState;
  preset(name: string): "enabled" | "disabled";
  /** Names of all unit files, sorted. */
  names(): readonly string[];
  /** Every link below a configuration folder, one level of *.wants and the like included. */
  links(folder: string): readonly EnablingLink[];
  /** The file enables itself by lying in usher's own folder. */
  isOwn(unit: FoundUnit): boolean;
  readonly files: Files;
}

export function createUnitFiles(files: Files, paths: UnitPaths): UnitFiles {
  const store: UnitFiles = {
    paths,
    files,
    find: (name) => findUnit(files, paths, name),
    state: (name) => unitFileState(store, name),
    preset: (name) => presetFor(files, paths.root, name),
    names: () => unitNames(files, paths),
    links: (folder) => linksBelow(files, paths, folder),
    isOwn: (unit) => paths.search.own.includes(directoryOf(unit.entry)),
  };
  return store;
}

function findUnit(files: Files, paths: UnitPaths, name: string): FoundUnit | null {
  const direct = findExactly(files, paths, name);
  const template = unitInstance(name) ? templateOf(name) : null;
  if (direct !== null || template === null || template === name) return direct;
  return findExactly(files, paths, template);
}

function findExactly(files: Files, paths: UnitPaths, name: string): FoundUnit | null {
  for (const folder of paths.search.directories) {
    const entry = `${folder}/${name}`;
    const kind = files.kind(paths.root + entry);
    if (!kind.ok || kind.value === "directory") continue;
    if (kind.value === "link") return followLink(files, paths, name, entry);
    const text = files.read(paths.root + entry);
    const masked = text.ok && text.value === "";
    const install = text.ok ? readInstall(text.value, name, dropInTexts(files, paths, name)) : NO_INSTALL;
    return { name, path: entry, entry, masked, linked: false, install };
  }
  return null;
}

function followLink(files: Files, paths: UnitPaths, name: string, entry: string): FoundUnit | null {
  const target = files.readLink(paths.root + entry);
  if (!target.ok) return null;
  const path = linkTarget(entry, target.value);
  if (path === MASK_TARGET)
    return { name, path: entry, entry, masked: true, linked: false, install: NO_INSTALL };
  const inside = isSearched(paths, directoryOf(path));
  if (inside && baseName(path) !== name && isValidUnitName(baseName(path))) {
    const real = findExactly(files, paths, baseName(path));
    return real === null ? null : { ...real, entry };
  }
  const text = files.read(paths.root + path);
  if (!text.ok) return null;
  const install = readInstall(text.value, name, dropInTexts(files, paths, name));
  return { name, path, entry, masked: text.value === "", linked: !inside, install };
}

/** Links of packages may still say /lib where it is a link to /usr/lib. */
function isSearched({ search }: UnitPaths, folder: string): boolean {
  return search.directories.includes(folder) || search.directories.includes(`/usr${folder}`);
}

function dropInTexts(files: Files, paths: UnitPaths, name: string): readonly string[] {
  const texts = new Map<string, string>();
  for (const folder of paths.search.directories) {
    const entries = files.list(`${paths.root}${folder}/${name}.d`);
    for (const entry of entries.ok ? entries.value : []) {
      if (!entry.name.endsWith(".conf") || texts.has(entry.name)) continue;
      const text = files.read(`${paths.root}${folder}/${name}.d/${entry.name}`);
      if (text.ok) texts.set(entry.name, text.value);
    }
  }
  return [...texts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
}

function unitNames(files: Files, paths: UnitPaths): readonly string[] {
  const names = paths.search.directories.flatMap((folder) => {
    const entries = files.list(paths.root + folder);
    return (entries.ok ? entries.value : []).filter(isUnitEntry).map((entry) => entry.name);
  });
  return [...new Set(names)];
}

function isUnitEntry(entry: FileEntry): boolean {
  return entry.kind !== "directory" && isValidUnitName(entry.name);
}

function linksBelow(files: Files, paths: UnitPaths, folder: string): readonly EnablingLink[] {
  const entries = files.list(paths.root + folder);
  const folders = (entries.ok ? entries.value : []).filter(
    ({ kind, name }) => kind === "directory" && /\.(wants|requires|upholds)$/.test(name),
  );
  return [
    ...folders.flatMap(({ name }) => linksIn(files, paths, `${folder}/${name}`)),
    ...linksIn(files, paths, folder),
  ];
}

function linksIn(files: Files, paths: UnitPaths, folder: string): readonly EnablingLink[] {
  const entries = files.list(paths.root + folder);
  return (entries.ok ? entries.value : [])
    .filter((entry) => entry.kind === "link")
    .flatMap((entry) => linkAt(files, paths, `${folder}/${entry.name}`));
}

function linkAt(files: Files, paths: UnitPaths, path: string): readonly EnablingLink[] {
  const target = files.readLink(paths.root + path);
  return target.ok ? [{ path, target: linkTarget(path, target.value) }] : [];
}

// -------------------------------------------------------------------------------------------------------------- state

function unitFileState(store: UnitFiles, name: string): UnitFileState {
  const unit = store.find(name);
  if (unit === null) return "not-found";
  const runtime = directoryOf(unit.entry) === store.paths.runtime;
  if (unit.masked) return runtime ? "masked-runtime" : "masked";
  if (isTransientPath(unit.entry)) return "transient";
  if (baseName(unit.entry) !== unit.name) return "alias";
  const enabled = enabledState(store, unit, name);
  if (enabled !== null) return enabled;
  if (unit.linked) return runtime ? "linked-runtime" : "linked";
  if (hasLinks(unit.install)) return "disabled";
  return unit.install.also.length > 0 ? "indirect" : "static";
}

function enabledState(store: UnitFiles, unit: FoundUnit, name: string): UnitFileState | null {
  const { persistent, runtime } = store.paths;
  if (store.isOwn(unit) && hasLinks(unit.install))
    return isDisabledHere(store, unit, name) ? "disabled" : "enabled";
  const wanted = instanceToEnable(unit, name);
  const enables = (link: EnablingLink): boolean =>
    link.target !== MASK_TARGET &&
    link.path !== unit.entry &&
    (baseName(link.path) === wanted ||
      (baseName(link.target) === unit.name && isAliasLink(link, unit, wanted)));
  if (store.links(persistent).some(enables)) return "enabled";
  if (store.links(runtime).some(enables)) return "enabled-runtime";
  const isOther = (link: EnablingLink): boolean =>
    baseName(link.target) === unit.name && link.path !== unit.entry;
  return store.links(persistent).some(isOther) && unit.name.includes("@.") ? "indirect" : null;
}

/** An alias link lies directly in the folder, under one of the names that [Install] gives. */
function isAliasLink(link: EnablingLink, unit: FoundUnit, wanted: string): boolean {
  return unit.install.alias.includes(baseName(link.path)) || baseName(link.path) === wanted;
}

/** The unit that an enablement of `name` links: an instance for a template with DefaultInstance=. */
export function instanceToEnable(unit: FoundUnit, name: string): string {
  if (unitInstance(name)) return name;
  const { defaultInstance } = unit.install;
  if (!name.includes("@.") || defaultInstance === null) return unit.name;
  return withInstance(name, defaultInstance) ?? unit.name;
}

export function hasLinks(install: InstallSection): boolean {
  return (
    install.alias.length + install.wantedBy.length + install.requiredBy.length + install.upheldBy.length > 0
  );
}

/** The places of the links that pull a unit in. */
export function dependencyLinks(install: InstallSection, folder: string, unit: string): readonly string[] {
  return (["wantedBy", "requiredBy", "upheldBy"] as const).flatMap((kind) =>
    install[kind].map((target) => `${folder}/${target}.${LINK_FOLDERS[kind]}/${unit}`),
  );
}

function isDisabledHere(store: UnitFiles, unit: FoundUnit, name: string): boolean {
  const { persistent, runtime, root } = store.paths;
  const wanted = instanceToEnable(unit, name);
  const places = [persistent, runtime].flatMap((folder) => dependencyLinks(unit.install, folder, wanted));
  return places.some((path) => {
    const target = store.files.readLink(root + path);
    return target.ok && target.value === MASK_TARGET;
  });
}
