/**
 * The units of a container, from their files.
 *
 * A boot goes in two steps. `loadSockets` reads the sockets that the boot unit reaches through targets, and only looks
 * whether there are files for their services; these sockets can be opened while `loadRest` reads everything else that
 * the boot unit reaches, and all units in usher's own directories.
 *
 * A unit in usher's own directories that has an [Install] section is enabled by being there: each name in WantedBy=,
 * RequiredBy= and UpheldBy= pulls it in as a link would, and Alias= names lead to it. A link of that name to /dev/null
 * in a `.wants/` directory anywhere on the search path takes that away, which is what `disable` leaves.
 *
 * Whatever is wrong with a file becomes a diagnostic; the other units are not concerned.
 */
import { err, ok, type Result } from "../../base/result.ts";
import type { Usec } from "../../base/time.ts";
import type { InstallSettings, Unit } from "../model.ts";
import { type Draft, group } from "../settings.ts";
import type { Diagnostic } from "../text/diagnostic.ts";
import type { SpecifierFacts } from "../text/specifier.ts";
import { classifyUnitName, templateOf, unitPrefix, unitType, withInstance } from "../unit-name.ts";
import { crossCheck } from "./cross-check.ts";
import { triggeredService } from "./default-dependencies.ts";
import { isEarly } from "./early-socket.ts";
import { fromPattern, type InstancePattern, instancePattern } from "./instance-pattern.ts";
import {
  type AddedLink,
  LINK_DEPENDENCY,
  loadUnit,
  readText,
  type UnitDiagnostic,
  type UnitSource,
} from "./load-unit.ts";
import { createReader, readInto } from "./read-unit.ts";
import { orderTarget } from "./target-ordering.ts";
import type { SearchPath, UnitFiles } from "./unit-files.ts";
import { createUnitIndex, type LinkKind, type UnitIndex } from "./unit-index.ts";

export interface LoaderOptions {
  readonly files: UnitFiles;
  readonly search: SearchPath;
  readonly facts: SpecifierFacts;
  /** What the boot starts: "default.target". */
  readonly bootUnit: string;
  /** Units that have no file, which the boot unit wants. */
  readonly extraUnits: readonly Unit[];
}

export interface Loaded {
  readonly units: readonly Unit[];
  readonly diagnostics: readonly UnitDiagnostic[];
}

export interface LoadedSockets extends Loaded {
  /** Services that the sockets start and that have a file, not read yet. */
  readonly stubs: readonly string[];
  /** Sockets that can be started before the rest is known. */
  readonly early: readonly string[];
}

export interface Loader {
  readonly search: SearchPath;
  loadSockets(): LoadedSockets;
  /** All units, those of `loadSockets` among them. */
  loadRest(): Loaded;
  /** As `loadRest`, from the files as they are now, with the units that `loadUnit` was asked for. */
  reload(): Loaded;
  /** A unit that nobody has referred to yet, with what it refers to: the units that are new. */
  loadUnit(name: string): Loaded;
  /** A template's instance for a connection, which is not kept. The error is one line. */
  loadInstance(name: string): Result<Unit, string>;
  /** By any of its names; null for a unit that is not loaded. */
  find(name: string): Unit | null;
  /** Have the unit's files changed since they were read, or would it be read from others now? */
  changedOnDisk(unit: Unit): boolean;
  /** The unit is not known any more. */
  forget(name: string): void;
  /** What was noticed since the last call. */
  takeDiagnostics(): readonly UnitDiagnostic[];
}

/** Everything that was found out about the files as they were at one time. */
interface Generation {
  readonly source: UnitSource & { readonly addedLinks: Map<string, AddedLink[]> };
  readonly index: UnitIndex;
  /** Files of usher's own directories whose [Install] has been read. */
  readonly installed: Set<string>;
  /** Names of units to which an [Install] section has added something. */
  readonly extended: Set<string>;
  /** By template; null: each instance has to be read. */
  readonly patterns: Map<string, InstancePattern | null>;
}

interface State {
  readonly options: LoaderOptions;
  generation: Generation;
  readonly units: Map<string, Unit>;
  /** Every name and alias of `units`. */
  readonly names: Map<string, string>;
  readonly loadedAt: Map<string, Usec>;
  /** Asked for by name, beyond what the boot reaches. */
  readonly requested: Set<string>;
}

function newGeneration({ files, search, facts, bootUnit, extraUnits }: LoaderOptions): Generation {
  const index = createUnitIndex(files, search);
  const addedLinks = new Map<string, AddedLink[]>();
  for (const { name } of extraUnits) addLink(addedLinks, bootUnit, { kind: "wants", unit: name });
  const source = {
    files,
    index,
    reader: createReader(facts),
    addedLinks,
    diagnostics: [],
    reported: new Set<string>(),
    texts: new Map(),
  };
  return { source, index, installed: new Set(), extended: new Set(), patterns: new Map() };
}

function addLink(links: Map<string, AddedLink[]>, by: string, link: AddedLink): void {
  const known = links.get(by);
  if (known === undefined) links.set(by, [link]);
  else known.push(link);
}

function findLoaded(state: State, name: string): Unit | null {
  const primary = state.names.get(name);
  return primary === undefined ? null : (state.units.get(primary) ?? null);
}

function keep(state: State, unit: Unit): void {
  state.units.set(unit.name, unit);
  state.names.set(unit.name, unit.name);
  for (const alias of unit.aliases) state.names.set(alias, unit.name);
  state.loadedAt.set(unit.name, state.options.files.now());
}

function extraUnit({ options }: State, name: string): Unit | undefined {
  return options.extraUnits.length === 0 ? undefined : options.extraUnits.find((unit) => unit.name === name);
}

/** The unit of a name, loaded if need be; null if there is none. */
function demand(state: State, name: string): Unit | null {
  const known = findLoaded(state, name);
  if (known !== null) return known;
  const extra = extraUnit(state, name);
  if (extra !== undefined) {
    keep(state, extra);
    return extra;
  }
  const { index, source } = state.generation;
  const resolved = index.resolve(name);
  if (resolved === null || resolved.name.includes("@.")) return null;
  const byOwnName = resolved.name === name ? null : findLoaded(state, resolved.name);
  const unit = byOwnName ?? loadUnit(source, resolved);
  if (unit !== null && unit !== byOwnName) keep(state, unit);
  return unit;
}

// ------------------------------------------------------------------------------------- enabled by being there

/** [Install] of a template, for which nothing else of the file can be read yet. */
function templateInstall({ source }: Generation, name: string, path: string): InstallSettings | null {
  const text = readText(source, path, true);
  if (!text.ok || text.value === null) return null;
  const { file, lexed } = text.value;
  const assignments = lexed.assignments.filter(({ section }) => section === "Install");
  const draft: Draft = {};
  readInto(
    source.reader,
    draft,
    unitType(name) ?? "service",
    { file, lexed: { ...lexed, assignments } },
    name,
    path,
  );
  return group(draft, "install");
}

/** What is enabled: the unit itself, of a template the instance that DefaultInstance= names. */
function enabledName(name: string, { defaultInstance }: InstallSettings): string {
  if (defaultInstance === null || classifyUnitName(name) !== "template") return name;
  return withInstance(name, defaultInstance) ?? name;
}

function enable(generation: Generation, name: string, install: InstallSettings): void {
  const unit = enabledName(name, install);
  const pullIn = (kind: LinkKind, names: readonly string[]): void => {
    for (const by of names) {
      addLink(generation.source.addedLinks, by, { kind, unit });
      generation.extended.add(by);
    }
  };
  pullIn("wants", install.wantedBy);
  pullIn("requires", install.requiredBy);
  pullIn("upholds", install.upheldBy);
  for (const alias of install.alias) generation.index.addAlias(alias, name);
  if (install.alias.length > 0) generation.extended.add(name);
}

/** Reads [Install] of usher's own units whose names end so, loading those that are not templates. */
function enableOwn(state: State, suffix: string): void {
  const { generation } = state;
  for (const { name, path } of generation.index.ownFiles(suffix)) {
    if (generation.installed.has(path)) continue;
    generation.installed.add(path);
    const isTemplate = classifyUnitName(name) === "template";
    const install = isTemplate
      ? templateInstall(generation, name, path)
      : (demand(state, name)?.install ?? null);
    if (install?.present === true && generation.index.resolve(name)?.name === name)
      enable(generation, name, install);
  }
  // What was loaded on the way may not have known yet what others add to it.
  for (const name of generation.extended) drop(state, findLoaded(state, name)?.name ?? "");
  generation.extended.clear();
}

function drop(state: State, name: string): void {
  const unit = state.units.get(name);
  if (unit === undefined) return;
  for (const one of [unit.name, ...unit.aliases]) if (state.names.get(one) === name) state.names.delete(one);
  state.units.delete(name);
  state.loadedAt.delete(name);
}

// ---------------------------------------------------------------------------------------------- what is reached

function references(unit: Unit): string[] {
  return Object.values(unit.dependencies).flat();
}

/** What instances of a socket's template refer to, beside what is different for each of them. */
function instanceReferences(state: State, unit: Unit): string[] {
  if (unit.type !== "socket" || !unit.socket.accept) return [];
  const name = withInstance(`${unitPrefix(unit.name)}@.service`, "0");
  const resolved = name === undefined ? null : state.generation.index.resolve(name);
  const sample = resolved === null ? null : loadUnit(state.generation.source, resolved);
  return sample === null ? [] : references(sample).filter((other) => !other.includes("@0."));
}

/** Loads the roots and all that they refer to, directly or not, as far as `follows` says. */
function loadReached(state: State, roots: Iterable<string>, follows: (unit: Unit) => boolean): void {
  const queue = [...new Set(roots)];
  const queued = new Set(queue);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const unit = demand(state, name);
    if (unit === null || !follows(unit)) continue;
    for (const other of [...references(unit), ...instanceReferences(state, unit)]) {
      if (queued.has(other)) continue;
      queued.add(other);
      queue.push(other);
    }
  }
}

/** Orders targets after what they pull in; those that change are new units. */
function orderTargets(state: State): void {
  for (const unit of state.units.values()) {
    const ordered = orderTarget(unit, (name) => findLoaded(state, name));
    if (ordered !== unit) state.units.set(unit.name, ordered);
  }
}

/** [Install] lines that name a unit which doesn't exist: most likely misspelt. */
function reportMissingInstallTargets(state: State): void {
  const { index, source } = state.generation;
  for (const [by, links] of source.addedLinks) {
    if (index.resolve(by) !== null || state.names.has(by)) continue;
    for (const { unit } of links) {
      const file = findLoaded(state, unit)?.fragmentPath ?? unit;
      const message = "[Install] names a unit that does not exist, so that nothing starts this one for it";
      const diagnostic: Diagnostic = {
        severity: "warning",
        file,
        line: 0,
        column: 0,
        message,
        found: by,
        expected: null,
      };
      source.diagnostics.push({ unit, diagnostic });
    }
  }
}

const STARTING = [...Object.values(LINK_DEPENDENCY), "BindsTo"] as const;

/** The sockets that the boot unit reaches through targets alone. */
function reachedSockets(state: State): Unit[] {
  const sockets = new Map<string, Unit>();
  const { index } = state.generation;
  const queue = [state.options.bootUnit];
  const queued = new Set(queue);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const type = unitType(name);
    if (type !== "target" && type !== "socket") continue;
    const resolved = index.resolve(name);
    const unit = resolved === null ? null : peek(state, resolved.name);
    if (unit?.type === "socket") sockets.set(unit.name, unit);
    if (unit?.type !== "target") continue;
    for (const other of STARTING.flatMap((kind) => unit.dependencies[kind] ?? [])) {
      if (!queued.has(other)) queue.push(other);
      queued.add(other);
    }
  }
  return [...sockets.values()];
}

/** As `demand`, but a target is not kept: it isn't known yet who is wanted by it. */
function peek(state: State, name: string): Unit | null {
  if (unitType(name) !== "target") return demand(state, name);
  const { index, source } = state.generation;
  const resolved = index.resolve(name);
  return resolved === null ? null : loadUnit(source, resolved);
}

function loadSockets(state: State): LoadedSockets {
  enableOwn(state, ".socket");
  const units = reachedSockets(state);
  const { index } = state.generation;
  const stubs = new Set<string>();
  const early: string[] = [];
  for (const unit of units) {
    const service = unit.type === "socket" ? triggeredService(unit.name, unit.socket) : null;
    const resolved = service === null ? null : index.resolve(service);
    const isThere = resolved?.masked === false;
    if (isThere) stubs.add(resolved.name);
    if (isEarly(unit, service === null || isThere)) early.push(unit.name);
  }
  return { units, stubs: [...stubs], early, diagnostics: takeDiagnostics(state) };
}

function loadRest(state: State): Loaded {
  enableOwn(state, "");
  const own = state.generation.index.ownFiles("").map(({ name }) => name);
  const extra = state.options.extraUnits.map(({ name }) => name);
  loadReached(
    state,
    [...own, ...extra, "sockets.target", state.options.bootUnit, ...state.requested],
    () => true,
  );
  orderTargets(state);
  reportMissingInstallTargets(state);
  const { index, source } = state.generation;
  const surroundings = {
    units: [...state.units.values()],
    find: (name: string) => findLoaded(state, name),
    exists: (name: string) => index.resolve(name)?.masked === false,
    isOwn: index.isOwn,
  };
  source.diagnostics.push(...crossCheck(surroundings));
  return { units: [...state.units.values()], diagnostics: takeDiagnostics(state) };
}

// ------------------------------------------------------------------------------------------------------- later

function reload(state: State): Loaded {
  state.generation = newGeneration(state.options);
  state.units.clear();
  state.names.clear();
  state.loadedAt.clear();
  return loadRest(state);
}

/** The files may have changed since the boot, and a name that was missing then may be there now. */
function loadOne(state: State, name: string): Loaded {
  if (findLoaded(state, name) !== null) return { units: [], diagnostics: [] };
  const { reported } = state.generation.source;
  state.generation = newGeneration(state.options);
  for (const path of reported) state.generation.source.reported.add(path);
  readOwnInstalls(state);
  const before = new Map(state.units);
  loadReached(state, [name], () => true);
  orderTargets(state);
  const unit = findLoaded(state, name);
  if (unit !== null) state.requested.add(unit.name);
  const units = [...state.units.values()].filter((one) => before.get(one.name) !== one);
  return { units, diagnostics: takeDiagnostics(state) };
}

/** What is enabled by being there, from the units that are loaded; templates are read again. */
function readOwnInstalls({ generation, units }: State): void {
  for (const { name, fragmentPath, install } of units.values()) {
    if (fragmentPath === null || !install.present || !generation.index.isOwn(fragmentPath)) continue;
    generation.installed.add(fragmentPath);
    enable(generation, name, install);
  }
  for (const { name, path } of generation.index.ownFiles("")) {
    const install = classifyUnitName(name) === "template" ? templateInstall(generation, name, path) : null;
    if (install !== null) enable(generation, name, install);
  }
}

function loadInstance(state: State, name: string): Result<Unit, string> {
  const { patterns, source } = state.generation;
  const template = templateOf(name);
  const pattern = patterns.get(template) ?? null;
  const made = pattern === null ? null : fromPattern(pattern, name, state.options.facts);
  if (made !== null) return ok(made);
  const read = readInstance(state, name);
  if (read.ok && !patterns.has(template) && read.value.name === name)
    patterns.set(template, instancePattern(source, read.value));
  return read;
}

function readInstance(state: State, name: string): Result<Unit, string> {
  const { index } = state.generation;
  const resolved = index.resolve(name);
  index.forget(name);
  if (resolved === null)
    return err(`Unit ${classifyUnitName(name) === "instance" ? templateOf(name) : name} not found.`);
  const unit = loadUnit(state.generation.source, resolved);
  if (unit === null) return err(`Unit ${name} not found.`);
  return unit.loadState === "loaded" ? ok(unit) : err(unit.loadError ?? `Unit ${name} is ${unit.loadState}.`);
}

function changedOnDisk({ options, loadedAt }: State, unit: Unit): boolean {
  const at = loadedAt.get(unit.name);
  if (at === undefined || unit.loadState === "not-found") return false;
  const index = createUnitIndex(options.files, options.search);
  const resolved = index.resolve(unit.name);
  if (options.extraUnits.some(({ name }) => name === unit.name)) return false;
  if (resolved === null || resolved.path !== unit.fragmentPath) return true;
  const dropIns = unit.loadState === "masked" ? [] : index.dropIns([unit.name, ...unit.aliases]);
  if (dropIns.join("\n") !== unit.dropInPaths.join("\n")) return true;
  const written = [unit.fragmentPath, unit.unit.sourcePath].filter((path) => path !== null);
  return [...written, ...dropIns].some(
    (path) => (options.files.changeTime(path) ?? Number.POSITIVE_INFINITY) > at,
  );
}

function takeDiagnostics(state: State): readonly UnitDiagnostic[] {
  return state.generation.source.diagnostics.splice(0);
}

export function createLoader(options: LoaderOptions): Loader {
  const state: State = {
    options,
    generation: newGeneration(options),
    units: new Map(),
    names: new Map(),
    loadedAt: new Map(),
    requested: new Set(),
  };
  return {
    search: options.search,
    loadSockets: () => loadSockets(state),
    loadRest: () => loadRest(state),
    reload: () => reload(state),
    loadUnit: (name) => loadOne(state, name),
    loadInstance: (name) => loadInstance(state, name),
    find: (name) => findLoaded(state, name),
    changedOnDisk: (unit) => changedOnDisk(state, unit),
    forget: (name) => {
      drop(state, name);
      state.requested.delete(name);
    },
    takeDiagnostics: () => takeDiagnostics(state),
  };
}
