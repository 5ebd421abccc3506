/** Chooses the folders that a command works on: those of the running usher, else the usual ones. */
import type { Context } from "../ctl/context.ts";
import { getVariable } from "../system.ts";
import {
  createUnitFiles,
  DEFAULT_OWN_DIRECTORY,
  DEFAULT_SEARCH_PATH,
  PERSISTENT_DIRECTORY,
  RUNTIME_DIRECTORY,
  type UnitFiles,
  type UnitPaths,
} from "./store.ts";

export async function openUnitFiles(context: Context): Promise<UnitFiles> {
  return createUnitFiles(context.system.files, await choosePaths(context));
}

async function choosePaths(context: Context): Promise<UnitPaths> {
  const usual = { persistent: PERSISTENT_DIRECTORY, runtime: RUNTIME_DIRECTORY };
  const root = context.settings.root?.replace(/\/+$/, "") ?? "";
  if (root !== "") return { ...usual, search: DEFAULT_SEARCH_PATH, own: DEFAULT_OWN_DIRECTORY, root };
  const running = await context.call("GetSystem", {});
  if (running.ok) {
    const { unitPath, ownUnitDirectory } = running.value.system;
    return { ...usual, search: unitPath, own: ownUnitDirectory, root };
  }
  const given =
    getVariable(context.system, "USHER_UNIT_PATH")
      ?.split(":")
      .filter((folder) => folder !== "") ?? [];
  const own = given[0] ?? DEFAULT_OWN_DIRECTORY;
  return { ...usual, search: [...new Set([own, ...given, ...DEFAULT_SEARCH_PATH])], own, root };
}
