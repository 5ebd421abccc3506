/** Chooses the folders that a command works on: those of the running usher, else the usual ones. */
import { type UnitFiles as ReadableFiles, type SearchPath, searchPath } from "../../unit/load/unit-files.ts";
import type { Context } from "../ctl/context.ts";
import { ENOENT, getVariable, type System } from "../system.ts";
import {
  createUnitFiles,
  PERSISTENT_DIRECTORY,
  RUNTIME_DIRECTORY,
  type UnitFiles,
  type UnitPaths,
} from "./store.ts";

export async function openUnitFiles(context: Context): Promise<UnitFiles> {
  return createUnitFiles(context.system.files, await choosePaths(context));
}

async function choosePaths(context: Context): Promise<UnitPaths> {
  const folders = { persistent: PERSISTENT_DIRECTORY, runtime: RUNTIME_DIRECTORY };
  const root = context.settings.root?.replace(/\/+$/, "") ?? "";
  if (root !== "") return { ...folders, search: searchPath([], readable(context.system)), root };
  const running = await context.call("GetSystem", {});
  if (!running.ok) return { ...folders, search: configuredPath(context.system, null), root };
  const { unitPath, ownUnitDirectories } = running.value.system;
  return { ...folders, search: { directories: unitPath, own: ownUnitDirectories }, root };
}

/** Where init would look: --units, else USHER_UNIT_PATH, else the usual folders. */
export function configuredPath(system: System, units: string | null): SearchPath {
  const given = (units ?? getVariable(system, "USHER_UNIT_PATH") ?? "")
    .split(":")
    .filter((folder) => folder !== "");
  return searchPath(given, readable(system));
}

/** The tools' files as the unit loader reads them. */
export function readable({ files, clock, explain }: System): ReadableFiles {
  return {
    list(directory) {
      const entries = files.list(directory);
      return entries.ok ? entries.value : null;
    },
    read(path) {
      const text = files.read(path);
      if (text.ok) return text;
      return { ok: false, error: { missing: text.error === ENOENT, reason: explain(text.error) } };
    },
    readLink(path) {
      const target = files.readLink(path);
      return target.ok ? target.value : null;
    },
    changeTime: () => null,
    now: () => clock.realtime(),
  };
}
