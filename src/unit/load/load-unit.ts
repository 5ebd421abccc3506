/** One unit from its files: fragment, drop-ins, the links in its `.wants/` and the like, all through the directive table. */
import { ok, type Result } from "../../base/result.ts";
import { completeTemplate } from "../dependency.ts";
import type { DependencyKind, LoadState, Unit, UnitType } from "../model.ts";
import { type Draft, writableDependencies } from "../settings.ts";
import { type Diagnostic, formatDiagnostic } from "../text/diagnostic.ts";
import { unitType } from "../unit-name.ts";
import { builtinDraft } from "./builtin-units.ts";
import { finishUnit, type UnitOrigin } from "./finish-unit.ts";
import { lexText, type Reader, readInto, type UnitText } from "./read-unit.ts";
import type { ReadFailure, UnitFiles } from "./unit-files.ts";
import type { LinkKind, ResolvedUnit, UnitIndex } from "./unit-index.ts";

export interface UnitDiagnostic {
  readonly unit: string;
  readonly diagnostic: Diagnostic;
}

/** A unit that another one pulls in as if there were a link: from the [Install] of usher's own units. */
export interface AddedLink {
  readonly kind: LinkKind;
  readonly unit: string;
}

export interface UnitSource {
  readonly files: UnitFiles;
  readonly index: UnitIndex;
  readonly reader: Reader;
  /** By the name of the unit that pulls in. */
  readonly addedLinks: ReadonlyMap<string, readonly AddedLink[]>;
  readonly diagnostics: UnitDiagnostic[];
  /** Files whose diagnostics are in `diagnostics`: a template's are told once. */
  readonly reported: Set<string>;
  /** Templates and drop-ins, which are read for more than one unit. */
  readonly texts: Map<string, UnitText>;
}

/** What a directory of links or a line of [Install] means. */
export const LINK_DEPENDENCY: Readonly<Record<LinkKind, DependencyKind>> = {
  wants: "Wants",
  requires: "Requires",
  upholds: "Upholds",
};

export const LINK_KINDS: readonly LinkKind[] = ["wants", "requires", "upholds"];

const MASK = "";

/** The lexed text; a mask is the text without anything in it. */
export function readText(
  source: UnitSource,
  path: string,
  shared: boolean,
): Result<UnitText | null, ReadFailure> {
  const known = source.texts.get(path);
  if (known !== undefined) return ok(known);
  const read = source.files.read(path);
  if (!read.ok) return read;
  if (read.value === MASK) return ok(null);
  const text = lexText(path, read.value);
  if (shared) source.texts.set(path, text);
  return ok(text);
}

interface Progress {
  readonly source: UnitSource;
  readonly name: string;
  readonly type: UnitType;
  readonly fragmentPath: string | null;
  readonly draft: Draft;
  loadState: LoadState;
  loadError: string | null;
}

function report(source: UnitSource, unit: string, diagnostic: Diagnostic): void {
  source.diagnostics.push({ unit, diagnostic });
}

function wholeFile(
  severity: Diagnostic["severity"],
  file: string,
  message: string,
  found: string | null = null,
): Diagnostic {
  return { severity, file, line: 0, column: 0, message, found, expected: null };
}

function fail(progress: Progress, state: LoadState, error: string): void {
  if (progress.loadState !== "loaded") return;
  progress.loadState = state;
  progress.loadError = error;
}

/** Reads a text into the draft. A drop-in that is fatally wrong counts up to there, and refuses nothing. */
function apply(progress: Progress, text: UnitText, isFragment: boolean): void {
  const { source, name, type, fragmentPath, draft } = progress;
  const { state, problem, diagnostics } = readInto(source.reader, draft, type, text, name, fragmentPath);
  if (problem !== null && (isFragment || state !== "error")) fail(progress, state, formatDiagnostic(problem));
  if (source.reported.has(text.file)) return;
  source.reported.add(text.file);
  for (const diagnostic of diagnostics) report(source, name, diagnostic);
}

function failToRead(progress: Progress, path: string, { reason }: ReadFailure): void {
  const diagnostic = wholeFile("error", path, `cannot read the file: ${reason}`);
  const { reported } = progress.source;
  if (!reported.has(path)) report(progress.source, progress.name, diagnostic);
  reported.add(path);
  fail(progress, "error", formatDiagnostic(diagnostic));
}

function applyDropIns(progress: Progress, paths: readonly string[]): void {
  for (const path of paths) {
    const text = readText(progress.source, path, true);
    if (text.ok && text.value !== null) apply(progress, text.value, false);
    else if (!text.ok && !text.error.missing) {
      report(
        progress.source,
        progress.name,
        wholeFile("error", path, `cannot read the file, ignoring: ${text.error.reason}`),
      );
    }
  }
}

function applyLinks(progress: Progress, names: readonly string[], kind: LinkKind): void {
  const { source, name, draft } = progress;
  const entries = source.index.pulledIn(names, kind);
  const pulled: string[] = [];
  for (const entry of entries) {
    if (entry.kind === "link") pulled.push(completeTemplate(entry.name, name));
    else if (entry.kind === "file")
      report(source, name, wholeFile("warning", entry.path, "not a link, ignored"));
  }
  const hidden = new Set(entries.map((entry) => entry.name));
  for (const by of names) {
    for (const added of source.addedLinks.get(by) ?? []) {
      if (added.kind === kind && !hidden.has(added.unit)) pulled.push(completeTemplate(added.unit, name));
    }
  }
  if (pulled.length === 0) return;
  const dependency = LINK_DEPENDENCY[kind];
  const dependencies = writableDependencies(draft);
  dependencies[dependency] = [...new Set([...(dependencies[dependency] ?? []), ...pulled])];
}

const NO_PATHS: readonly string[] = [];

/** Most units pull in nothing by links, and not even the directories for them are there. */
function mayPullIn({ index, addedLinks }: UnitSource, names: readonly string[]): boolean {
  if (index.hasFolders()) return true;
  for (const name of names) if (addedLinks.has(name)) return true;
  return false;
}

/** Reads the fragment into the draft. false: it is not there after all. */
function applyFragment(progress: Progress, path: string): boolean {
  const isShared = path.includes("@.");
  const text = readText(progress.source, path, isShared);
  if (!text.ok) failToRead(progress, path, text.error);
  else if (text.value === null) progress.loadState = "masked";
  else apply(progress, text.value, true);
  return text.ok || !text.error.missing;
}

/** Loads what a name was resolved to; null if there is no file after all (a link that leads nowhere). */
export function loadUnit(source: UnitSource, { name, path }: ResolvedUnit): Unit | null {
  const type = unitType(name);
  const builtin = path === null ? builtinDraft(name) : {};
  if (type === undefined || builtin === undefined) return null;
  const isFirst = path !== null && !source.reported.has(path);
  const aliases = source.index.aliases(name);
  const progress: Progress = {
    source,
    name,
    type,
    fragmentPath: path,
    draft: builtin,
    loadState: "loaded",
    loadError: null,
  };
  if (path !== null && !applyFragment(progress, path)) return null;
  const names = aliases.length === 0 ? [name] : [name, ...aliases];
  const dropInPaths = progress.loadState === "masked" ? NO_PATHS : source.index.dropIns(names);
  if (dropInPaths.length > 0) applyDropIns(progress, dropInPaths);
  if (progress.loadState !== "masked" && mayPullIn(source, names)) {
    for (const kind of LINK_KINDS) applyLinks(progress, names, kind);
  }
  const { loadState, loadError } = progress;
  const origin: UnitOrigin = { name, type, aliases, loadState, loadError, fragmentPath: path, dropInPaths };
  const { unit, refusal, warnings } = finishUnit(progress.draft, origin);
  if (path !== null && isFirst && loadState === "loaded") {
    if (refusal !== null) report(source, name, wholeFile("error", path, `${refusal}; the unit is refused`));
    for (const warning of warnings) report(source, name, wholeFile("warning", path, warning));
  }
  return unit;
}

/** A unit for a name that nothing describes. */
export function absentUnit(name: string, type: UnitType): Unit {
  return finishUnit(
    {},
    { name, type, aliases: [], loadState: "not-found", loadError: null, fragmentPath: null, dropInPaths: [] },
  ).unit;
}
