/**
 * The directive table: every directive of systemd 257's unit files, one row each, by section.
 *
 * A row drives parsing, warnings, `show` and the reference. Sections are built when they are first asked for: while
 * only socket units are read, the rows of services don't exist yet.
 */

import type { UnitType } from "../model.ts";
import type { Directive, Directives } from "./directive.ts";
import { execDirectives, killDirectives } from "./exec-section.ts";
import { type KnownKind, knownDirective } from "./known-directives.ts";
import { serviceDirectives } from "./service-section.ts";
import { socketDirectives } from "./socket-section.ts";
import { installDirectives, unitDirectives, usherDirectives } from "./unit-section.ts";

/** The parts that sections are put together from. */
const PARTS = {
  unit: unitDirectives,
  install: installDirectives,
  usher: usherDirectives,
  service: serviceDirectives,
  socket: socketDirectives,
  exec: execDirectives,
  kill: killDirectives,
} as const;

type Part = keyof typeof PARTS;

const SECTIONS: Readonly<Record<string, readonly Part[]>> = {
  Unit: ["unit"],
  Install: ["install"],
  "X-Usher": ["usher"],
  Service: ["service", "exec", "kill"],
  Socket: ["socket", "exec", "kill"],
};

let built: { [Name in Part]?: Directives } = {};

function part(name: Part): Directives {
  const known = built[name];
  if (known !== undefined) return known;
  const directives = PARTS[name]();
  built[name] = directives;
  return directives;
}

type Found = Directive | KnownKind | undefined;

/** What was looked up before, by section and key. */
const FOUND: Map<string, Map<string, Found>> = new Map();

function lookUp(section: string, key: string): Found {
  for (const name of SECTIONS[section] ?? []) {
    const directives = part(name);
    if (Object.hasOwn(directives, key)) return directives[key];
  }
  return knownDirective(section, key);
}

/** The row of a directive, how it is known if nothing carries it out, or undefined for one nobody knows. */
export function findDirective(section: string, key: string): Found {
  let known = FOUND.get(section);
  if (known === undefined) {
    known = new Map();
    FOUND.set(section, known);
  }
  let found = known.get(key);
  if (found === undefined) {
    found = lookUp(section, key);
    if (found !== undefined) known.set(key, found);
  }
  return found;
}

/** Lets go of all rows until one is asked for again: between reading one file and the next they may be of no use. */
export function forgetDirectives(): void {
  built = {};
  FOUND.clear();
}

/** All rows of a section with their names. */
export function sectionDirectives(section: string): readonly (readonly [string, Directive])[] {
  return (SECTIONS[section] ?? []).flatMap((name) => Object.entries(part(name)));
}

const OWN_SECTION: Readonly<Record<UnitType, string>> = {
  service: "Service",
  socket: "Socket",
  target: "Target",
  timer: "Timer",
  path: "Path",
  slice: "Slice",
  mount: "Mount",
  scope: "Scope",
  device: "Device",
  swap: "Swap",
  automount: "Automount",
};

/** May a unit of this type have the section? */
export function hasSection(type: UnitType, section: string): boolean {
  return (
    section === "Unit" || section === "Install" || section === "X-Usher" || section === OWN_SECTION[type]
  );
}
