/** RuntimeDirectory= and its sisters (systemd.exec(5)): names below /run, /var/lib, … and links to them. */

import type { ExecDirectories, ExecDirectory, ExecDirectoryKind } from "../model.ts";
import { extractWords, unescapeText } from "../text/extract-word.ts";
import { parseMode } from "./number.ts";
import { isBelow, parseRelativePath } from "./path.ts";
import type { Scope, ValueType } from "./value-type.ts";

const EXPECTED = "relative paths, each with :link-name after it if wanted";

function readPath(text: string, scope: Scope): string | undefined {
  const unescaped = unescapeText(text);
  const expanded = unescaped === undefined ? undefined : scope.expand(unescaped);
  return expanded === undefined ? undefined : parseRelativePath(expanded);
}

function readOne(tuple: string, kind: ExecDirectoryKind, scope: Scope): ExecDirectory | undefined {
  const [source = "", link = "", flags = "", ...rest] = tuple.split(":");
  const path = readPath(source, scope);
  if (path === undefined || isBelow(path, "private") || rest.length > 0) return undefined;
  if (flags !== "" && flags !== "ro") return undefined;
  if (link === "") return { path, symlinks: [] };
  const symlink = kind === "configuration" ? undefined : readPath(link, scope);
  return symlink === undefined ? undefined : { path, symlinks: [symlink] };
}

function add(entries: readonly ExecDirectory[], entry: ExecDirectory): readonly ExecDirectory[] {
  const known = entries.find(({ path }) => path === entry.path);
  if (known === undefined) return [...entries, entry];
  const symlinks = [...new Set([...known.symlinks, ...entry.symlinks])];
  return entries.map((other) => (other === known ? { path: other.path, symlinks } : other));
}

/** A directory before those below it, and all by name: the order in which systemd makes and names them. */
function byPath({ path: a }: ExecDirectory, { path: b }: ExecDirectory): number {
  const [left, right] = [a.replaceAll("/", "\0"), b.replaceAll("/", "\0")];
  return left < right ? -1 : left > right ? 1 : 0;
}

export type DirectoryTable = Readonly<Record<ExecDirectoryKind, ExecDirectories>>;

export function execDirectory(kind: ExecDirectoryKind): ValueType<DirectoryTable> {
  return {
    expected: EXPECTED,
    read: (text, scope, before) => {
      const { mode } = before[kind];
      if (text === "") return { ...before, [kind]: { entries: [], mode } };
      let entries = before[kind].entries;
      for (const tuple of extractWords(text, { unquote: true, escapes: "keep" }).words) {
        const entry = readOne(tuple, kind, scope);
        const details = { found: tuple, expected: EXPECTED, offset: text.indexOf(tuple) };
        if (entry === undefined) scope.report("error", "not a directory to make, ignored", details);
        else entries = [...add(entries, entry)].sort(byPath);
      }
      return { ...before, [kind]: { entries, mode } };
    },
  };
}

export function execDirectoryMode(kind: ExecDirectoryKind): ValueType<DirectoryTable> {
  return {
    expected: "an octal mode",
    read: (text, _scope, before) => {
      const mode = parseMode(text);
      return mode === undefined ? undefined : { ...before, [kind]: { ...before[kind], mode } };
    },
  };
}
