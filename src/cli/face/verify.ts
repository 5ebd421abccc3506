/**
 * `usher --verify [FILE|DIR…]`: reads unit files as init would and says what is wrong in them.
 *
 * Without arguments the folders are those that init would read; a folder stands for usher's own one; a file is read
 * as if its folder were usher's own, and only it is judged. Exit status 0: nothing is wrong (warnings and notices
 * aside); 1: something is; 2: the command line is wrong.
 */

import type { UnitDiagnostic } from "../../unit/load/load-unit.ts";
import { baseName, directoryOf, type SearchPath, searchPath } from "../../unit/load/unit-files.ts";
import type { Unit } from "../../unit/model.ts";
import type { Diagnostic } from "../../unit/text/diagnostic.ts";
import { formatDiagnostic } from "../../unit/text/diagnostic.ts";
import { isValidUnitName } from "../../unit/unit-name.ts";
import { chooseStyle, type Style } from "../format/style.ts";
import type { System, UnitReader } from "../system.ts";
import { configuredPath, readable } from "../unit-files/open.ts";
import { guess } from "./verify-guess.ts";
import { checkRequired, checkSurroundings, misnamedFiles } from "./verify-surroundings.ts";

const EXIT_WRONG = 1;
const EXIT_USAGE = 2;

export interface VerifyRequest {
  readonly paths: readonly string[];
  /** "", "json" or "json-pretty". */
  readonly output: string;
  /** --units */
  readonly units: string | null;
}

interface Verdict {
  readonly units: readonly Unit[];
  readonly diagnostics: readonly UnitDiagnostic[];
}

export function runVerify(system: System, request: VerifyRequest): number {
  const reader = system.unitReader;
  if (reader === null) {
    system.output.writeError("usher: --verify works only under the name usher\n");
    return EXIT_USAGE;
  }
  const verdicts: Verdict[] = [];
  if (request.paths.length === 0)
    verdicts.push(verifyFolders(system, reader, configuredPath(system, request.units), null));
  for (const path of request.paths) {
    const problem = pathProblem(system, path);
    if (problem !== null) {
      system.output.writeError(`usher: ${problem}\n`);
      return EXIT_USAGE;
    }
    verdicts.push(verifyPath(system, reader, absolute(system, path)));
  }
  const units = new Set(verdicts.flatMap((verdict) => verdict.units.map(({ name }) => name)));
  const found = withoutDoubles(verdicts.flatMap((verdict) => verdict.diagnostics));
  report(system, request.output, units.size, found);
  return found.some(({ diagnostic }) => diagnostic.severity === "error") ? EXIT_WRONG : 0;
}

function pathProblem({ files }: System, path: string): string | null {
  if (!files.exists(path)) return `cannot read ${path}: No such file or directory`;
  if (files.list(path).ok || isValidUnitName(baseName(path))) return null;
  return `${path} is no unit file: its name should end in .service, .socket, .target, …`;
}

function absolute({ files }: System, path: string): string {
  if (path.startsWith("/")) return path.replace(/(.)\/+$/, "$1");
  const resolved = files.resolve(path);
  return resolved.ok ? resolved.value : path;
}

function verifyPath(system: System, reader: UnitReader, path: string): Verdict {
  const isFolder = system.files.list(path).ok;
  const folder = isFolder ? path : directoryOf(path);
  return verifyFolders(system, reader, searchPath([folder], readable(system)), isFolder ? null : path);
}

/** All units that a boot would load from these folders, or only one file of them. */
function verifyFolders(system: System, reader: UnitReader, search: SearchPath, only: string | null): Verdict {
  const loader = reader.createLoader({
    files: readable(system),
    search,
    facts: reader.specifierFacts(),
    bootUnit: "default.target",
    extraUnits: [],
  });
  const loaded = loader.loadRest();
  const concerns = (path: string | null): boolean => only === null || path === only;
  const units = loaded.units.filter((unit) => unit.fragmentPath !== null && concerns(unit.fragmentPath));
  const diagnostics = loaded.diagnostics.filter(({ diagnostic }) => concerns(diagnostic.file));
  const here = units.flatMap((unit) => [
    ...checkRequired(unit, loaded.units),
    ...checkSurroundings(system, unit),
  ]);
  const strangers = only === null ? search.own.flatMap((folder) => misnamedFiles(system, folder)) : [];
  const read = diagnostics.map(({ unit, diagnostic }) => ({ unit, diagnostic: guess(reader, diagnostic) }));
  return { units, diagnostics: [...read, ...here, ...strangers] };
}

function withoutDoubles(diagnostics: readonly UnitDiagnostic[]): readonly UnitDiagnostic[] {
  const byText = new Map(diagnostics.map((one) => [formatDiagnostic(one.diagnostic), one]));
  return [...byText.values()];
}

// ------------------------------------------------------------------------------------------------------------- report

function report(system: System, output: string, units: number, found: readonly UnitDiagnostic[]): void {
  if (output.startsWith("json")) {
    const rows = found.map(({ unit, diagnostic }) => ({ unit, ...diagnostic }));
    system.output.write(`${JSON.stringify(rows, null, output === "json-pretty" ? 2 : 0)}\n`);
    return;
  }
  const style = chooseStyle(system);
  for (const { diagnostic } of found) system.output.write(`${formatLine(diagnostic, style)}\n`);
  const count = (severity: Diagnostic["severity"]): number =>
    found.filter(({ diagnostic }) => diagnostic.severity === severity).length;
  const plural = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
  const totals = [
    plural(count("error"), "error"),
    plural(count("warning"), "warning"),
    plural(count("notice"), "notice"),
  ];
  system.output.write(`${plural(units, "unit file")} read: ${totals.join(", ")}\n`);
}

/** "error: file:line:column: …", the severity in its colour. */
function formatLine(diagnostic: Diagnostic, style: Style): string {
  const paint = { error: style.bad, warning: style.warn, notice: style.dim }[diagnostic.severity];
  return `${paint(`${diagnostic.severity}:`)} ${formatDiagnostic(diagnostic)}`;
}
