/**
 * The units of this container: the loader over the host's file system, what it has to say in the log, and the unit of
 * the command that was given on the command line.
 */
import { err, ok, type Result } from "../base/result.ts";
import type { UnitsLoaded } from "../engine/event.ts";
import { describe, ENOENT } from "../host/errno.ts";
import type { Native } from "../host/native.ts";
import { finishUnit } from "../unit/load/finish-unit.ts";
import { absentUnit, type UnitDiagnostic } from "../unit/load/load-unit.ts";
import { createLoader, type Loader } from "../unit/load/loader.ts";
import { isTransientPath, searchPath, type UnitFiles } from "../unit/load/unit-files.ts";
import type { Unit } from "../unit/model.ts";
import { type Draft, writable } from "../unit/settings.ts";
import { formatDiagnostic, type Severity } from "../unit/text/diagnostic.ts";
import { classifyUnitName, unitType } from "../unit/unit-name.ts";
import type { InitOptions } from "./boot/options.ts";
import { specifierFacts } from "./boot/system-facts.ts";
import type { Log } from "./log/log.ts";
import type { LogLevel } from "./log/log-levels.ts";
import type { ReadAccountFile } from "./process/accounts.ts";

/** The unit of the command given on the command line. */
export const COMMAND_UNIT = "command.service";

const COMM_MAX = 64;

const UNIT_FILE_MAX = 4 * 1024 * 1024;
/** For access(2): to list a directory and to reach what is in it. */
const READ_AND_SEARCH = 5;

export interface FirstUnits {
  readonly units: readonly Unit[];
  /** Services that these sockets start, known to have a file. */
  readonly stubs: readonly string[];
  /** Sockets that may be started before the rest is loaded. */
  readonly early: readonly string[];
}

export interface UnitStore {
  readonly searchPath: readonly string[];
  /** Those of them whose units are enabled by being there; `edit` makes new units in the first. */
  readonly ownDirectories: readonly string[];
  readonly runtimeDirectory: string;
  loadSockets(): FirstUnits;
  /** All units, the sockets among them. */
  loadRest(): readonly Unit[];
  reload(): readonly Unit[];
  /** A template's instance for one connection. */
  loadInstance(name: string): Result<Unit, string>;
  /** Makes a unit known that nobody has referred to yet, together with what it refers to. */
  ensureLoaded(name: string, emit: (loaded: Omit<UnitsLoaded, "now">) => void): void;
  /** Loads a unit that is new on disk, together with what it refers to: the units that are new. */
  load(name: string): readonly Unit[];
  /** A unit that is not loaded, as it would be shown; null for what is no unit's name. */
  placeholder(name: string): Unit | null;
  changedOnDisk(unit: Unit): boolean;
  forget(name: string): void;
}

export function createUnitStore(
  host: Native,
  log: Pick<Log, "write">,
  options: InitOptions,
  runtimeDirectory: string,
  readAccounts: ReadAccountFile,
): UnitStore {
  const files = hostUnitFiles(host);
  const search = searchPath(options.unitDirectories, files, isGuest(host, options));
  tellUnreadable(host, log, search.own, options.unitDirectories.length > 0);
  const loader: Loader = createLoader({
    files,
    search,
    facts: specifierFacts(host, readAccounts),
    bootUnit: options.bootUnit,
    extraUnits: options.command.length > 0 ? [commandUnit(options.command)] : [],
  });
  const tell = createTeller(log);
  const told = <T extends { readonly diagnostics: readonly UnitDiagnostic[] }>(loaded: T): T => {
    tell(loaded.diagnostics);
    return loaded;
  };
  return {
    searchPath: search.directories,
    ownDirectories: search.own,
    runtimeDirectory,
    loadSockets: () => told(loader.loadSockets()),
    loadRest: () => told(loader.loadRest()).units,
    reload: () => told(loader.reload()).units,
    loadInstance(name) {
      const loaded = loader.loadInstance(name);
      tell(loader.takeDiagnostics());
      return loaded.ok ? ok(loaded.value) : err(loaded.error);
    },
    ensureLoaded(name, emit) {
      if (loader.find(name) !== null || classifyUnitName(name) === "invalid") return;
      const { units } = told(loader.loadUnit(name));
      if (units.length > 0) emit({ type: "units-loaded", units, complete: false, stubs: [] });
    },
    load: (name) => told(loader.loadUnit(name)).units,
    placeholder(name) {
      const type = unitType(name);
      return type === undefined || classifyUnitName(name) === "invalid" ? null : absentUnit(name, type);
    },
    changedOnDisk: (unit) => loader.changedOnDisk(unit),
    forget(name) {
      const path = loader.find(name)?.fragmentPath ?? null;
      if (path !== null && isTransientPath(path)) host.unlink(path);
      loader.forget(name);
    },
  };
}

/**
 * Beside another init, systemd's directories hold that init's units: started by hand on a machine, or with directories
 * of its own, usher keeps its hands off them.
 */
function isGuest(host: Native, options: InitOptions): boolean {
  if (host.isPid1) return false;
  const isSystemd = host.readFile("/proc/1/comm", COMM_MAX) === "systemd\n";
  return options.unitDirectories.length > 0 || isSystemd || isOnTheMachineItself(host);
}

/**
 * The namespaces that the kernel made at boot have fixed inode numbers (PROC_UTS_INIT_INO and PROC_IPC_INIT_INO of
 * linux/proc_ns.h). Engines give every container its own, unless told otherwise.
 */
function isOnTheMachineItself(host: Native): boolean {
  return (
    host.readlink("/proc/self/ns/uts") === "uts:[4026531838]" &&
    host.readlink("/proc/self/ns/ipc") === "ipc:[4026531839]"
  );
}

const LEVELS: Readonly<Record<Severity, LogLevel>> = { error: "error", warning: "warn", notice: "info" };

/** Mistakes are told at each reload; what is merely to be known, once: packages' scripts reload again and again. */
function createTeller(log: Pick<Log, "write">): (diagnostics: readonly UnitDiagnostic[]) => void {
  const told = new Set<string>();
  return (diagnostics) => {
    for (const { unit, diagnostic } of diagnostics) {
      const text = formatDiagnostic(diagnostic);
      const isKnown = diagnostic.severity === "notice" && told.has(text);
      if (diagnostic.severity === "notice") told.add(text);
      if (!isKnown) log.write(LEVELS[diagnostic.severity], unit, text);
    }
  };
}

/** A directory that somebody named has to be there; the usual one need not. */
function tellUnreadable(
  host: Native,
  log: Pick<Log, "write">,
  directories: readonly string[],
  named: boolean,
): void {
  for (const directory of directories) {
    const code = host.access(directory, READ_AND_SEARCH);
    if (code >= 0 || (code === -ENOENT && !named)) continue;
    log.write("error", null, `cannot read the unit directory ${directory}: ${describe(code)}, ignoring`);
  }
}

/** The unit files of the container. */
export function hostUnitFiles(host: Native): UnitFiles {
  return {
    list(directory) {
      const entries = host.listDirectory(directory);
      if (typeof entries === "number") return null;
      return entries.map(({ name, kind }) => {
        const isPlain = kind === "file" || kind === "directory" || kind === "link" || kind === "unknown";
        return { name, kind: isPlain ? kind : "other" };
      });
    },
    read(path) {
      const text = host.readFile(path, UNIT_FILE_MAX);
      return typeof text === "string" ? ok(text) : err({ missing: text === -ENOENT, reason: describe(text) });
    },
    readLink(path) {
      const target = host.readlink(path);
      return typeof target === "number" ? null : target;
    },
    changeTime(path) {
      const status = host.stat(path);
      return typeof status === "number" ? null : status.ctimeUsec;
    },
    now: () => host.realtime(),
  };
}

/**
 * "command.service": the command line's words as they are, started with what the boot unit wants. It is the container's
 * main process: its end, however it comes, ends the container.
 */
function commandUnit(argv: readonly string[]): Unit {
  const draft: Draft = {};
  const settings = writable(draft, "unit");
  settings.description = argv.join(" ");
  settings.successAction = "exit";
  settings.failureAction = "exit";
  const service = writable(draft, "service");
  service.type = "exec";
  service.execStart = [
    {
      path: argv[0] ?? "",
      argv,
      ignoreFailure: false,
      privileges: "normal",
      noEnvExpand: true,
      viaShell: false,
    },
  ];
  const name = COMMAND_UNIT;
  const nowhere = { loadError: null, fragmentPath: null, dropInPaths: [], aliases: [] };
  return finishUnit(draft, { name, type: "service", loadState: "loaded", ...nowhere }).unit;
}
