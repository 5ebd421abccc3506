/** What add-wants, add-requires and link would do: links that no [Install] section asks for (systemctl(1)). */
import { err, ok, type Result } from "../../base/result.ts";
import { baseName, directoryOf } from "../../unit/load/unit-files.ts";
import { classifyUnitName, isValidUnitName } from "../../unit/unit-name.ts";
import { configFolder, type LinkChange, type Plan, type PlanOptions } from "./plan.ts";
import type { UnitFiles } from "./store.ts";

/** Targets of usher's own that people hang units on; they have no files. */
const FILELESS =
  /^(default|graphical|multi-user|basic|sysinit|sockets|timers|paths|network|network-online|local-fs|remote-fs)\.target$/;

/** The first name is the unit that others are added to. */
export function planAdd(
  kind: "wants" | "requires",
): (store: UnitFiles, names: readonly string[], options: PlanOptions) => Result<Plan, string> {
  return (store, [target = "", ...names], options) => {
    const changes: LinkChange[] = [];
    const missing = (name: string): Result<never, string> =>
      err(`Failed to add dependency: Unit ${name} does not exist`);
    if (store.find(target) === null && !FILELESS.test(target)) return missing(target);
    for (const name of names) {
      const unit = store.find(name);
      if (unit === null || classifyUnitName(name) === "template") return missing(name);
      const path = `${configFolder(store, options)}/${target}.${kind}/${name}`;
      changes.push({ kind: "link", path, target: unit.path, replace: options.force });
    }
    return ok({ changes, warnings: [], notes: [], installable: true });
  };
}

/** `paths`: absolute. A file that lies where units are looked for needs no link. */
export function planLink(
  store: UnitFiles,
  paths: readonly string[],
  options: PlanOptions,
): Result<Plan, string> {
  const changes: LinkChange[] = [];
  for (const path of paths) {
    if (!isValidUnitName(baseName(path))) return err(`Failed to link unit: Invalid unit name ${path}`);
    if (!store.files.exists(store.paths.root + path))
      return err(`Failed to link unit: Unit ${path} does not exist`);
    if (store.paths.search.directories.includes(directoryOf(path))) continue;
    const link = `${configFolder(store, options)}/${baseName(path)}`;
    changes.push({ kind: "link", path: link, target: path, replace: options.force });
  }
  return ok({ changes, warnings: [], notes: [], installable: true });
}
