/**
 * What `usher --verify` finds by looking around in the image: programs, accounts and files that units name and that
 * are not there, and files that are no units although they were surely meant to be.
 */
import { nearest } from "../../base/nearest.ts";
import type { UnitDiagnostic } from "../../unit/load/load-unit.ts";
import type { DependencyKind, ExecCommand, ExecSettings, ServiceUnit, Unit } from "../../unit/model.ts";
import type { Severity } from "../../unit/text/diagnostic.ts";
import { isValidUnitName } from "../../unit/unit-name.ts";
import { getVariable, type System } from "../system.ts";

/** Paths inside of RootDirectory= are not looked at: it may be made later. */
export function checkSurroundings(system: System, unit: Unit): readonly UnitDiagnostic[] {
  if (unit.loadState !== "loaded") return [];
  if (unit.type === "socket")
    return checkAccounts(system, unit, {
      SocketUser: unit.socket.socketUser,
      SocketGroup: unit.socket.socketGroup,
    });
  if (unit.type !== "service" || unit.exec.rootDirectory !== null) return [];
  const { exec } = unit;
  const accounts = exec.dynamicUser ? {} : { User: exec.user, Group: exec.group };
  return [
    ...commandsOf(unit).flatMap((command) => checkCommand(system, unit, command)),
    ...checkAccounts(system, unit, accounts),
    ...checkFiles(system, unit),
  ];
}

const REQUIRING: readonly DependencyKind[] = ["Requires", "Requisite", "BindsTo"];

/** A unit that requires one of no file is never started. `all`: every unit that was found. */
export function checkRequired(unit: Unit, all: readonly Unit[]): readonly UnitDiagnostic[] {
  const isMissing = (name: string): boolean =>
    /\.(service|socket|target)$/.test(name) &&
    !all.some((one) => one.loadState !== "not-found" && (one.name === name || one.aliases.includes(name)));
  return REQUIRING.flatMap((kind) =>
    (unit.dependencies[kind] ?? [])
      .filter(isMissing)
      .map((name) => complain(unit, "error", `${kind}=: no such unit; this one will not start`, name)),
  );
}

function complain(
  unit: Unit,
  severity: Severity,
  message: string,
  found: string,
  expected: string | null = null,
): UnitDiagnostic {
  const file = unit.fragmentPath ?? unit.name;
  return { unit: unit.name, diagnostic: { severity, file, line: 0, column: 0, message, found, expected } };
}

// ----------------------------------------------------------------------------------------------------------- commands

function commandsOf({ service }: ServiceUnit): readonly ExecCommand[] {
  const { execCondition, execStartPre, execStart, execStartPost, execReload, execStop, execStopPost } =
    service;
  return [execCondition, execStartPre, execStart, execStartPost, execReload, execStop, execStopPost].flat();
}

/** Words that only a shell takes for more than words. */
const SHELL_WORDS = /^(&&|\|\|?|&|[0-9]?>>?(&[0-9])?|<)$/;

function checkCommand(system: System, unit: ServiceUnit, command: ExecCommand): readonly UnitDiagnostic[] {
  const found: UnitDiagnostic[] = [];
  const word = command.argv.find((argument) => SHELL_WORDS.test(argument));
  if (word !== undefined) {
    const message = `"${word}" becomes an argument of ${command.path}, since no shell reads the line`;
    found.push(complain(unit, "warning", message, word, `/bin/sh -c '…' around a line for the shell`));
  }
  if (!isThere(system, unit.exec, command.path)) {
    const severity = command.ignoreFailure ? "warning" : "error";
    found.push(complain(unit, severity, "the program isn't there, or is not executable", command.path));
  }
  return found;
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function isThere(system: System, exec: ExecSettings, path: string): boolean {
  if (path.includes("/")) return system.files.isExecutable(path);
  const folders =
    exec.execSearchPath.length > 0
      ? exec.execSearchPath
      : (getVariable(system, "PATH") ?? DEFAULT_PATH).split(":");
  return folders.some((folder) => system.files.isExecutable(`${folder}/${path}`));
}

// ---------------------------------------------------------------------------------------------------- accounts, files

/** By the name of the directive. root and nobody need no entry; nor do those of DynamicUser= services. */
function checkAccounts(
  { files }: System,
  unit: Unit,
  accounts: Readonly<Record<string, string | null>>,
): readonly UnitDiagnostic[] {
  const found: UnitDiagnostic[] = [];
  for (const [key, name] of Object.entries(accounts)) {
    if (name === null || /^(root|nobody|nogroup|0|65534)$/.test(name)) continue;
    const path = key.endsWith("User") ? "/etc/passwd" : "/etc/group";
    const text = files.read(path);
    const entries = (text.ok ? text.value : "").split("\n").map((line) => line.split(":"));
    if (entries.some(([entry, , id]) => entry === name || id === name)) continue;
    const message = `${key}=: no such entry in ${path}; the ${unit.type} will not start`;
    found.push(complain(unit, unit.type === "socket" ? "warning" : "error", message, name));
  }
  return found;
}

function checkFiles({ files }: System, unit: ServiceUnit): readonly UnitDiagnostic[] {
  return unit.exec.environmentFiles
    .filter(({ path, optional }) => !optional && !/[*?[]/.test(path) && !files.exists(path))
    .map(({ path }) => {
      const message = "EnvironmentFile=: no such file; unless it comes later, the service will not start";
      return complain(unit, "warning", message, path, `a file, or -${path} where it may be missing`);
    });
}

// --------------------------------------------------------------------------------------------------------------- names

const SUFFIXES: readonly string[] = [
  "service",
  "socket",
  "target",
  "timer",
  "path",
  "slice",
  "mount",
  "swap",
];
const NEAR = 2;

/** Files in usher's own folder whose names are almost those of units, and which nobody reads. */
export function misnamedFiles({ files }: System, folder: string): readonly UnitDiagnostic[] {
  const list = files.list(folder);
  if (!list.ok) return [];
  return list.value.flatMap(({ name, kind }) => {
    const [, stem = "", suffix = ""] = /^(.*)\.([^.]*)$/.exec(name) ?? [];
    if (kind === "directory" || isValidUnitName(name)) return [];
    const meant = nearest(suffix, SUFFIXES, NEAR);
    if (suffix === "" || meant === null) return [];
    const right = `${stem.replace(/[^A-Za-z0-9:_.@\\-]/g, "-")}.${meant}`;
    const diagnostic = {
      severity: "warning" as const,
      file: `${folder}/${name}`,
      line: 0,
      column: 0,
      message: "not the name of a unit, so that nobody reads it",
      found: name,
      expected: right,
    };
    return [{ unit: name, diagnostic }];
  });
}
