/**
 * The dependency graph (systemd.unit(5)): all units by name and alias, and for each unit and kind of dependency the
 * units at the other end. Every link is stored at both ends, the far end under the kind's inverse, so that no
 * question needs a walk over all units. Sets, because a socket with ten thousand instances must lose one of them
 * without looking at the others.
 *
 * The graph is computed from the models: it is rebuilt by a reload and not serialised.
 */
import type { DependencyKind, Unit } from "../unit/model.ts";
import type { UnitState } from "./state.ts";
import { placeholderState } from "./unit/unit-state.ts";

export type LinkKind =
  | DependencyKind
  | "RequiredBy"
  | "RequisiteOf"
  | "WantedBy"
  | "BoundBy"
  | "ConsistsOf"
  | "UpheldBy"
  | "ConflictedBy"
  | "OnSuccessOf"
  | "OnFailureOf";

const INVERSE: Readonly<Record<LinkKind, LinkKind>> = {
  Requires: "RequiredBy",
  Requisite: "RequisiteOf",
  Wants: "WantedBy",
  BindsTo: "BoundBy",
  PartOf: "ConsistsOf",
  Upholds: "UpheldBy",
  Conflicts: "ConflictedBy",
  Before: "After",
  After: "Before",
  OnSuccess: "OnSuccessOf",
  OnFailure: "OnFailureOf",
  PropagatesReloadTo: "ReloadPropagatedFrom",
  ReloadPropagatedFrom: "PropagatesReloadTo",
  PropagatesStopTo: "StopPropagatedFrom",
  StopPropagatedFrom: "PropagatesStopTo",
  Triggers: "TriggeredBy",
  TriggeredBy: "Triggers",
  RequiredBy: "Requires",
  RequisiteOf: "Requisite",
  WantedBy: "Wants",
  BoundBy: "BindsTo",
  ConsistsOf: "PartOf",
  UpheldBy: "Upholds",
  ConflictedBy: "Conflicts",
  OnSuccessOf: "OnSuccess",
  OnFailureOf: "OnFailure",
};

type Atom =
  | "pullInStart"
  | "pullInStartIgnored"
  | "pullInVerify"
  | "pullInStop"
  | "pullInStopIgnored"
  | "propagateStop"
  | "propagateStopGraceful"
  | "propagateReload"
  | "propagateStartFailure"
  | "propagateStopFailure"
  | "propagateInactiveStartAsFailure"
  | "retroactiveStartReplace"
  | "retroactiveStartFail"
  | "retroactiveStopOnStart"
  | "retroactiveStopOnStop"
  | "cannotBeActiveWithout"
  | "checkBound"
  | "startSteadily"
  | "checkUpheld"
  | "pinsUnneeded"
  | "checkUnneeded";

/** What a kind of dependency means, facet by facet (systemd's dependency atoms). */
export const ATOM: Readonly<Record<Atom, readonly LinkKind[]>> = {
  pullInStart: ["Requires", "BindsTo"],
  pullInStartIgnored: ["Wants", "Upholds"],
  pullInVerify: ["Requisite"],
  pullInStop: ["Conflicts"],
  pullInStopIgnored: ["ConflictedBy"],
  propagateStop: ["RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf"],
  propagateStopGraceful: ["PropagatesStopTo"],
  propagateReload: ["PropagatesReloadTo"],
  propagateStartFailure: ["RequiredBy", "RequisiteOf", "BoundBy"],
  propagateStopFailure: ["ConflictedBy"],
  propagateInactiveStartAsFailure: ["RequisiteOf"],
  retroactiveStartReplace: ["Requires", "BindsTo", "Upholds"],
  retroactiveStartFail: ["Wants"],
  retroactiveStopOnStart: ["Conflicts", "ConflictedBy"],
  retroactiveStopOnStop: ["BoundBy", "PropagatesStopTo"],
  cannotBeActiveWithout: ["BindsTo"],
  checkBound: ["BoundBy"],
  startSteadily: ["UpheldBy"],
  checkUpheld: ["Upholds"],
  pinsUnneeded: ["RequiredBy", "RequisiteOf", "WantedBy", "BoundBy", "UpheldBy"],
  checkUnneeded: ["Requires", "Requisite", "Wants", "BindsTo", "Upholds"],
};

type Links = Partial<Record<LinkKind, Set<UnitState>>>;

export interface Graph {
  readonly units: Map<string, UnitState>;
  readonly aliases: Map<string, string>;
  readonly links: Map<UnitState, Links>;
}

const NONE: ReadonlySet<UnitState> = new Set();
const NOBODY: readonly UnitState[] = [];

export function emptyGraph(): Graph {
  return { units: new Map(), aliases: new Map(), links: new Map() };
}

/** By primary name or alias. */
export function findUnit(graph: Graph, name: string): UnitState | undefined {
  const unit = graph.units.get(name);
  if (unit !== undefined) return unit;
  const primary = graph.aliases.get(name);
  return primary === undefined ? undefined : graph.units.get(primary);
}

/** The units that `unit` has a link of this kind to. */
export function linked(graph: Graph, unit: UnitState, kind: LinkKind): ReadonlySet<UnitState> {
  return graph.links.get(unit)?.[kind] ?? NONE;
}

export function hasLink(graph: Graph, unit: UnitState, kind: LinkKind, other: UnitState): boolean {
  return linked(graph, unit, kind).has(other);
}

/** The units at the other end of any of these kinds; one that is linked in two ways comes twice. */
export function linkedByAtom(graph: Graph, unit: UnitState, atom: readonly LinkKind[]): readonly UnitState[] {
  const links = graph.links.get(unit);
  if (links === undefined) return NOBODY;
  let found: UnitState[] | null = null;
  for (let i = 0; i < atom.length; i++) {
    const set = links[atom[i] as LinkKind];
    if (set === undefined || set.size === 0) continue;
    found ??= [];
    for (const other of set) found.push(other);
  }
  return found ?? NOBODY;
}

function linksOf(graph: Graph, unit: UnitState): Links {
  const known = graph.links.get(unit);
  if (known !== undefined) return known;
  const links: Links = {};
  graph.links.set(unit, links);
  return links;
}

function addHalf(links: Links, kind: LinkKind, other: UnitState): void {
  let set = links[kind];
  if (set === undefined) {
    set = new Set();
    links[kind] = set;
  }
  set.add(other);
}

/** A name that is only referred to becomes a unit that is `not-found`, so that it may be loaded later. */
function unitOrPlaceholder(graph: Graph, name: string): UnitState {
  const known = findUnit(graph, name);
  if (known !== undefined) return known;
  const placeholder = placeholderState(name);
  graph.units.set(name, placeholder);
  return placeholder;
}

function linkKind(graph: Graph, unit: UnitState, kind: DependencyKind, names: readonly string[]): void {
  const links = linksOf(graph, unit);
  const inverse = INVERSE[kind];
  for (const name of names) {
    const other = unitOrPlaceholder(graph, name);
    if (other === unit) continue;
    addHalf(links, kind, other);
    addHalf(linksOf(graph, other), inverse, unit);
  }
}

function addLinks(graph: Graph, unit: UnitState, model: Unit): void {
  for (const kind in model.dependencies) {
    linkKind(graph, unit, kind as DependencyKind, model.dependencies[kind as DependencyKind] ?? []);
  }
  if (unit.kind === "service" && unit.connection !== null) linkInstance(graph, unit, unit.connection.socket);
}

/** An instance for a connection is triggered by its socket, and ordered after it (systemd.socket(5), Accept=). */
function linkInstance(graph: Graph, instance: UnitState, socket: string): void {
  linkKind(graph, instance, "TriggeredBy", [socket]);
  linkKind(graph, instance, "After", [socket]);
}

function addNames(graph: Graph, unit: UnitState): void {
  graph.units.set(unit.name, unit);
  for (const alias of unit.model?.aliases ?? []) graph.aliases.set(alias, unit.name);
}

/** Adds one unit with its links. A placeholder of its name must have been replaced by `rebuildGraph` instead. */
export function addUnit(graph: Graph, unit: UnitState): void {
  addNames(graph, unit);
  if (unit.model !== null) addLinks(graph, unit, unit.model);
}

/** Forgets a unit, and those of its neighbours that were only names and are named by nobody any more. */
export function removeUnit(graph: Graph, unit: UnitState): void {
  const links = graph.links.get(unit) ?? {};
  graph.links.delete(unit);
  graph.units.delete(unit.name);
  for (const alias of unit.model?.aliases ?? []) graph.aliases.delete(alias);
  for (const key in links) {
    const kind = key as LinkKind;
    for (const other of links[kind] ?? []) removeFarEnd(graph, other, INVERSE[kind], unit);
  }
}

function removeFarEnd(graph: Graph, other: UnitState, kind: LinkKind, unit: UnitState): void {
  const links = graph.links.get(other);
  const set = links?.[kind];
  if (links === undefined || set === undefined) return;
  set.delete(unit);
  if (set.size === 0 && isName(other)) forgetNameUnlessLinked(graph, other, links);
}

function isName(unit: UnitState): boolean {
  return unit.kind === "passive" && unit.model === null && unit.job === null;
}

function forgetNameUnlessLinked(graph: Graph, unit: UnitState, links: Links): void {
  for (const kind in links) if ((links[kind as LinkKind]?.size ?? 0) > 0) return;
  graph.links.delete(unit);
  graph.units.delete(unit.name);
}

/** Makes names, aliases and links anew from the units given. */
export function rebuildGraph(graph: Graph, units: Iterable<UnitState>): void {
  const all = [...units];
  graph.units.clear();
  graph.aliases.clear();
  graph.links.clear();
  for (const unit of all) addNames(graph, unit);
  for (const unit of all) if (unit.model !== null) addLinks(graph, unit, unit.model);
}
