import { createLoader } from "../../src/unit/load/loader.ts";
import type { ServiceUnit, SocketUnit, Unit } from "../../src/unit/model.ts";
import { formatDiagnostic } from "../../src/unit/text/diagnostic.ts";
import { FACTS } from "./facts.ts";
import { type MemoryTree, memoryFiles } from "./memory-files.ts";

export const UNITS: string = "/units";

export interface ReadUnit {
  readonly unit: Unit;
  /** One line each, without the directory. */
  readonly problems: readonly string[];
}

/** Loads one unit from files by name, relative to the directory of units. */
export function readFiles(files: MemoryTree, name: string): ReadUnit {
  const tree = Object.fromEntries(Object.entries(files).map(([path, node]) => [`${UNITS}/${path}`, node]));
  const loader = createLoader({
    files: memoryFiles(tree),
    search: { directories: [UNITS], own: [UNITS] },
    facts: FACTS,
    bootUnit: name,
    extraUnits: [],
  });
  const { diagnostics } = loader.loadUnit(name);
  const unit = loader.find(name);
  if (unit === null) throw new Error(`${name} is not there`);
  const problems = diagnostics.map(({ diagnostic }) => formatDiagnostic(diagnostic).replace(`${UNITS}/`, ""));
  return { unit, problems };
}

/** u.service, or another name, with this text. */
export function readService(text: string, name = "u.service"): ReadUnit & { readonly unit: ServiceUnit } {
  const { unit, problems } = readFiles({ [name]: text }, name);
  if (unit.type !== "service") throw new Error("not a service");
  return { unit, problems };
}

export function readSocket(text: string, name = "u.socket"): ReadUnit & { readonly unit: SocketUnit } {
  const { unit, problems } = readFiles({ [name]: text }, name);
  if (unit.type !== "socket") throw new Error("not a socket");
  return { unit, problems };
}

/** A service that does nothing, with these lines in [Service]. */
export function serviceWith(...lines: string[]): ReadUnit & { readonly unit: ServiceUnit } {
  return readService(["[Service]", "ExecStart=/bin/true", ...lines, ""].join("\n"));
}

export function socketWith(...lines: string[]): ReadUnit & { readonly unit: SocketUnit } {
  return readSocket(["[Socket]", "ListenStream=/run/u.sock", ...lines, ""].join("\n"));
}
