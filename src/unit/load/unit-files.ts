/** What the loader needs of a file system, and where unit files are looked for. */
import type { Result } from "../../base/result.ts";
import type { Usec } from "../../base/time.ts";

export interface UnitFileEntry {
  readonly name: string;
  /** "unknown" where the file system doesn't say. */
  readonly kind: "file" | "directory" | "link" | "other" | "unknown";
}

export interface ReadFailure {
  /** There is no such file. */
  readonly missing: boolean;
  /** For a message: "Permission denied (EACCES)". */
  readonly reason: string;
}

/** The file system as far as unit files need it: the runtime implements it over the host, tests in memory. */
export interface UnitFiles {
  /** Entries in any order; null for a directory that isn't there or can't be read. */
  readonly list: (directory: string) => readonly UnitFileEntry[] | null;
  /** A file's text, links followed. A mask (a link to /dev/null, an empty file) reads as "". */
  readonly read: (path: string) => Result<string, ReadFailure>;
  /** null for what is no link. */
  readonly readLink: (path: string) => string | null;
  /** Wall-clock time of the last change to the file or its place in the directory (ctime); null if it is gone. */
  readonly changeTime: (path: string) => Usec | null;
  /** Wall clock. */
  readonly now: () => Usec;
}

export const OWN_DIRECTORY = "/etc/usher/units";

/** Where the files of units are that programs make (systemd-run(1)). */
export const TRANSIENT_DIRECTORY = "/run/systemd/transient";

/** Did a program make the unit whose file this is? */
export function isTransientPath(path: string | null): boolean {
  return path?.startsWith(`${TRANSIENT_DIRECTORY}/`) === true;
}

/** systemd's directories for the system's units, the distribution's last (systemd.unit(5), "Unit File Load Path"). */
export const SYSTEM_DIRECTORIES: readonly string[] = [
  TRANSIENT_DIRECTORY,
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];

/** Directories of the distribution's packages. */
export const VENDOR_DIRECTORIES: readonly string[] = ["/usr/lib/systemd/system", "/lib/systemd/system"];

export interface SearchPath {
  /** Most important first. */
  readonly directories: readonly string[];
  /** Those whose units are enabled by being there. */
  readonly own: readonly string[];
}

/**
 * The path to search: the directories given, else usher's own, and then systemd's, unless these units are
 * `somebodyElses`.
 */
export function searchPath(given: readonly string[], files: UnitFiles, somebodyElses = false): SearchPath {
  const own =
    given.length > 0 ? given.map((directory) => directory.replace(/(.)\/+$/, "$1")) : [OWN_DIRECTORY];
  const isMerged = /^\/?usr\/lib\/?$/.test(files.readLink("/lib") ?? "");
  const system = somebodyElses
    ? []
    : SYSTEM_DIRECTORIES.filter((directory) => !(isMerged && directory.startsWith("/lib/")));
  return { directories: [...new Set([...own, ...system])], own };
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function directoryOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** Where a link leads, as an absolute path without "." and "..". */
export function linkTarget(link: string, target: string): string {
  const parts = target.startsWith("/") ? [] : directoryOf(link).split("/").slice(1);
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
