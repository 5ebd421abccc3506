/**
 * From names to files: which file a unit name leads to, under which other names, with which drop-ins, and which
 * `.wants/` and similar links there are for it (systemd.unit(5), "Unit File Load Path").
 *
 * Each directory of the search path is listed once, and each directory below it once when something in it may matter:
 * the system calls grow with the directories and the files read, not with the names that are looked up.
 */

import type { UnitType } from "../model.ts";
import {
  classifyUnitName,
  isValidUnitName,
  templateOf,
  unitInstance,
  unitPrefix,
  unitType,
  withInstance,
} from "../unit-name.ts";
import { isBuiltin, isGiven } from "./builtin-units.ts";
import {
  baseName,
  directoryOf,
  linkTarget,
  type SearchPath,
  type UnitFileEntry,
  type UnitFiles,
  VENDOR_DIRECTORIES,
} from "./unit-files.ts";

/** What a name leads to. */
export interface ResolvedUnit {
  /** The unit's own name, with the instance that was asked for. */
  readonly name: string;
  /** Where its text is, a template's for an instance; null for a unit that needs none. */
  readonly path: string | null;
  /** The file is a link to /dev/null. (An empty file is a mask too, but has to be read to know.) */
  readonly masked: boolean;
}

export type LinkKind = "wants" | "requires" | "upholds";

/** An entry of a `.wants/` directory. */
export interface PulledIn {
  readonly name: string;
  readonly path: string;
  /** "link": it counts. "mask": a link to /dev/null, which hides others of its name. "file": not a link. */
  readonly kind: "link" | "mask" | "file";
}

export interface OwnFile {
  readonly name: string;
  readonly path: string;
}

export interface UnitIndex {
  readonly search: SearchPath;
  /** A valid unit name's unit; null: there is none. */
  readonly resolve: (name: string) => ResolvedUnit | null;
  /** Forgets what a name leads to, of which there may be any number (instances for connections). */
  readonly forget: (name: string) => void;
  /** The other names that lead to a unit, in the order of the search path. */
  readonly aliases: (name: string) => readonly string[];
  /** Another name for a unit, as its link would be: without effect where a file has that name. */
  readonly addAlias: (alias: string, name: string) => void;
  /** Is there any directory of drop-ins or links? */
  readonly hasFolders: () => boolean;
  /** Is there any file or directory for a single instance of the template with this prefix? */
  readonly hasInstances: (prefix: string) => boolean;
  /** Drop-in files for a unit with these names, in the order in which they are read. */
  readonly dropIns: (names: readonly string[]) => readonly string[];
  /** Entries of the directories of these names; there are none unless `hasFolders`. */
  readonly pulledIn: (names: readonly string[], kind: LinkKind) => readonly PulledIn[];
  /** The units in usher's own directories whose names end so, sorted by name, each name once. */
  readonly ownFiles: (suffix: string) => readonly OwnFile[];
  /** Does the file lie in one of usher's own directories? */
  readonly isOwn: (path: string) => boolean;
}

const MASK_TARGET = "/dev/null";
const LONGEST_LINK_CHAIN = 16;

interface Directory {
  readonly path: string;
  readonly isVendor: boolean;
  /** Files and links by name; not all of them need be units. */
  readonly units: ReadonlyMap<string, UnitFileEntry["kind"]>;
  /** Those of them that may be links. */
  readonly links: readonly string[];
  /** Names of the directories (and of what may be one) below it, such as "foo.service.d". */
  readonly below: ReadonlySet<string>;
}

function readDirectory(files: UnitFiles, path: string): Directory {
  const units = new Map<string, UnitFileEntry["kind"]>();
  const links: string[] = [];
  const below = new Set<string>();
  for (const { name, kind } of files.list(path) ?? []) {
    if (kind === "file") units.set(name, kind);
    else if (/\.(?:d|wants|requires|upholds)$/.test(name)) below.add(name);
    else if (kind !== "directory") {
      units.set(name, kind);
      links.push(name);
    }
  }
  return { path, isVendor: VENDOR_DIRECTORIES.includes(path), units, links, below };
}

/** "foo-bar-baz.service" → "foo-bar-.service", "foo-bar@x.service" → "foo-@x.service"; null where no dash is left. */
function truncatedName(name: string): string | null {
  const prefix = unitPrefix(name);
  const dash = prefix.lastIndexOf("-", prefix.length - 2);
  if (dash <= 0) return null;
  const rest =
    classifyUnitName(name) === "template" ? name.slice(prefix.length + 1) : name.slice(prefix.length);
  return prefix.slice(0, dash + 1) + rest;
}

/**
 * The names whose `.d/`, `.wants/`, … count for a unit, the most special first: its own, its template's, and those
 * with less and less of its prefix (a template's without the "@").
 */
function folderNames(name: string): string[] {
  const template = classifyUnitName(name) === "instance" ? folderNames(templateOf(name)) : [];
  const truncated = truncatedName(name);
  return [name, ...template, ...(truncated === null ? [] : folderNames(truncated))];
}

/**
 * The name that an alias leads to, with the alias's instance for a template; null if they don't fit: an alias is as
 * plain, or as much of a template, as what it stands for (systemd.unit(5), "Unit File Load Path").
 */
function throughAlias(alias: string, target: string): string | null {
  if (unitType(alias) !== unitType(target)) return null;
  const kind = classifyUnitName(alias);
  if (kind === classifyUnitName(target)) {
    return kind !== "instance" || unitInstance(alias) === unitInstance(target) ? target : null;
  }
  const instance = unitInstance(alias);
  if (kind !== "instance" || instance === null) return null;
  return classifyUnitName(target) === "template" ? (withInstance(target, instance) ?? null) : null;
}

interface State {
  readonly files: UnitFiles;
  readonly search: SearchPath;
  directories: readonly Directory[] | null;
  /** Some directory has directories of drop-ins or links below it. */
  hasFolders: boolean;
  readonly links: Map<string, string | null>;
  readonly resolved: Map<string, ResolvedUnit | null>;
  /** From [Install] of usher's own units. */
  readonly added: Map<string, string>;
  /** By type: own name → other names. */
  readonly aliases: Map<UnitType, Map<string, string[]>>;
  readonly lists: Map<string, readonly UnitFileEntry[]>;
}

function directoriesOf(state: State): readonly Directory[] {
  if (state.directories !== null) return state.directories;
  state.directories = state.search.directories.map((path) => readDirectory(state.files, path));
  state.hasFolders = state.directories.some(({ below }) => below.size > 0);
  return state.directories;
}

/** The absolute target of a link, read once; null for a file. */
function targetOf(state: State, path: string, kind: UnitFileEntry["kind"]): string | null {
  if (kind !== "link" && kind !== "unknown") return null;
  const known = state.links.get(path);
  if (known !== undefined) return known;
  const target = state.files.readLink(path);
  const absolute = target === null ? null : linkTarget(path, target);
  state.links.set(path, absolute);
  return absolute;
}

interface FoundFile {
  readonly path: string;
  readonly masked: boolean;
}

/** One step: the file of exactly this name, or the other name that it is a link to. */
function lookUp(state: State, name: string): FoundFile | { readonly alias: string } | null {
  for (const directory of directoriesOf(state)) {
    const kind = directory.units.get(name);
    if (kind === undefined || (directory.isVendor && isBuiltin(name))) continue;
    const path = `${directory.path}/${name}`;
    const target = targetOf(state, path, kind);
    const masked = target === MASK_TARGET;
    if (target === null || masked || baseName(target) === name) return { path, masked };
    const isInside =
      state.search.directories.includes(directoryOf(target)) ||
      VENDOR_DIRECTORIES.includes(directoryOf(target));
    return isInside && isValidUnitName(baseName(target)) ? { alias: baseName(target) } : { path, masked };
  }
  const added = state.added.get(name);
  return added === undefined ? null : { alias: added };
}

function resolve(state: State, name: string): ResolvedUnit | null {
  let current = name;
  for (let step = 0; step < LONGEST_LINK_CHAIN; step++) {
    const isInstance = current.includes("@") && classifyUnitName(current) === "instance";
    const found = lookUp(state, current) ?? (isInstance ? lookUp(state, templateOf(current)) : null);
    if (found === null)
      return isBuiltin(current) || isGiven(current) ? { name: current, path: null, masked: false } : null;
    if ("path" in found) return { name: current, path: found.path, masked: found.masked };
    const next = throughAlias(current, found.alias);
    if (next === null || next === current) return null;
    current = next;
  }
  return null;
}

function resolveOnce(state: State, name: string): ResolvedUnit | null {
  const known = state.resolved.get(name);
  if (known !== undefined) return known;
  const found = resolve(state, name);
  state.resolved.set(name, found);
  return found;
}

/** All aliases of one type, found by following each link once. */
function aliasesOfType(state: State, type: UnitType): Map<string, string[]> {
  const known = state.aliases.get(type);
  if (known !== undefined) return known;
  const aliases = new Map<string, string[]>();
  const names = [...directoriesOf(state).flatMap(({ links }) => links), ...state.added.keys()];
  for (const name of new Set(names)) {
    if (unitType(name) !== type || !isValidUnitName(name)) continue;
    const target = resolveOnce(state, name)?.name;
    if (target !== undefined && target !== name) aliases.set(target, [...(aliases.get(target) ?? []), name]);
  }
  state.aliases.set(type, aliases);
  return aliases;
}

const NONE: readonly never[] = [];

function aliasesOf(state: State, name: string): readonly string[] {
  const type = unitType(name);
  if (type === undefined) return [];
  const aliases = aliasesOfType(state, type);
  if (aliases.size === 0) return NONE;
  const direct = aliases.get(name) ?? NONE;
  const instance = unitInstance(name);
  if (instance === null || instance === "" || resolveOnce(state, name)?.path?.endsWith(`/${name}`))
    return direct;
  const ofTemplate = aliases.get(templateOf(name)) ?? [];
  return [...direct, ...ofTemplate.flatMap((alias) => withInstance(alias, instance) ?? [])];
}

function listOnce(state: State, path: string): readonly UnitFileEntry[] {
  const known = state.lists.get(path);
  if (known !== undefined) return known;
  const entries = state.files.list(path) ?? [];
  state.lists.set(path, entries);
  return entries;
}

interface FolderEntry {
  readonly path: string;
  readonly kind: UnitFileEntry["kind"];
}

/** Entries of all folders of the names with this suffix by name; for each name the first in the search path's order. */
function entriesOf(state: State, names: readonly string[], suffix: string): Map<string, FolderEntry> {
  const found = new Map<string, FolderEntry>();
  const directories = directoriesOf(state).filter(({ below }) => below.size > 0);
  const type = unitType(names[0] ?? "");
  const groups = [...names.map(folderNames), type === undefined ? [] : [type]];
  for (const group of groups) {
    for (const directory of directories) {
      for (const name of group) {
        if (!directory.below.has(name + suffix)) continue;
        const folder = `${directory.path}/${name}${suffix}`;
        for (const entry of listOnce(state, folder)) {
          if (!found.has(entry.name))
            found.set(entry.name, { path: `${folder}/${entry.name}`, kind: entry.kind });
        }
      }
    }
  }
  return found;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function hasFolders(state: State): boolean {
  directoriesOf(state);
  return state.hasFolders;
}

/** "foo@x…" itself, or "fo-@x…", whose directories count for every "fo-….service" too. */
function isOfInstance(entry: string, prefix: string): boolean {
  const at = entry.indexOf("@");
  if (at < 0 || entry.charAt(at + 1) === ".") return false;
  const of = entry.slice(0, at);
  return of === prefix || (of.endsWith("-") && prefix.startsWith(of));
}

function hasInstances(state: State, prefix: string): boolean {
  return directoriesOf(state).some(({ units, below }) =>
    [...units.keys(), ...below, ...state.added.keys()].some((entry) => isOfInstance(entry, prefix)),
  );
}

function dropInsOf(state: State, names: readonly string[]): readonly string[] {
  if (!hasFolders(state)) return NONE;
  return [...entriesOf(state, names, ".d")]
    .filter(([name, { kind }]) => name.endsWith(".conf") && kind !== "directory")
    .sort(byName)
    .map(([, { path }]) => path);
}

/** Does a link lead to a unit file that is a link to /dev/null itself? */
function leadsToMask(state: State, target: string): boolean {
  const directory = directoriesOf(state).find(({ path }) => path === directoryOf(target));
  const kind = directory?.units.get(baseName(target));
  return kind !== undefined && targetOf(state, target, kind) === MASK_TARGET;
}

/** What Debian's base system does to the machine that it takes itself to be on, enabled in every image. */
const MACHINE_UNITS: readonly string[] =
  "apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer man-db.timer motd-news.timer kmod-static-nodes.service".split(
    " ",
  );

function isVendors(path: string): boolean {
  return VENDOR_DIRECTORIES.some((directory) => path.startsWith(`${directory}/`));
}

/**
 * Links that nobody made for this container: those of the base system for the machine's upkeep, and what systemd's own
 * package wants, which are its services and the kernel's file systems. A unit that names one of them gets it.
 */
function isMachinery(name: string, path: string, target: string): boolean {
  if (isVendors(target) && MACHINE_UNITS.includes(name)) return true;
  return isVendors(path) && (name.startsWith("systemd-") || isGiven(name));
}

function pulledInBy(state: State, names: readonly string[], link: LinkKind): readonly PulledIn[] {
  if (!hasFolders(state)) return NONE;
  const pulled: PulledIn[] = [];
  for (const [name, { path, kind }] of [...entriesOf(state, names, `.${link}`)].sort(byName)) {
    if (kind === "directory" || !isValidUnitName(name)) continue;
    const target = targetOf(state, path, kind);
    if (target === null) pulled.push({ name, path, kind: "file" });
    else if (target === MASK_TARGET || leadsToMask(state, target)) pulled.push({ name, path, kind: "mask" });
    else if (!isMachinery(name, path, target)) pulled.push({ name, path, kind: "link" });
  }
  return pulled;
}

function ownFilesOf(state: State, suffix: string): OwnFile[] {
  const paths = new Map<string, string>();
  for (const { path, units } of directoriesOf(state)) {
    if (!state.search.own.includes(path)) continue;
    for (const name of units.keys()) {
      const isWanted = name.endsWith(suffix) && !paths.has(name) && isValidUnitName(name);
      if (isWanted) paths.set(name, `${path}/${name}`);
    }
  }
  return [...paths.keys()].sort().map((name) => ({ name, path: paths.get(name) ?? "" }));
}

export function createUnitIndex(files: UnitFiles, search: SearchPath): UnitIndex {
  const state: State = {
    files,
    search,
    directories: null,
    hasFolders: false,
    links: new Map(),
    resolved: new Map(),
    added: new Map(),
    aliases: new Map(),
    lists: new Map(),
  };
  return {
    search,
    resolve: (name) => resolveOnce(state, name),
    forget: (name) => state.resolved.delete(name),
    aliases: (name) => aliasesOf(state, name),
    addAlias: (alias, name) => {
      const type = unitType(alias);
      if (type === undefined || type !== unitType(name) || state.added.has(alias)) return;
      state.added.set(alias, name);
      state.resolved.delete(alias);
      state.aliases.delete(type);
    },
    hasFolders: () => hasFolders(state),
    hasInstances: (prefix) => hasInstances(state, prefix),
    dropIns: (names) => dropInsOf(state, names),
    pulledIn: (names, kind) => pulledInBy(state, names, kind),
    ownFiles: (suffix) => ownFilesOf(state, suffix),
    isOwn: (path) => search.own.includes(directoryOf(path)),
  };
}
