/** systemd.preset(5): whether a unit is enabled when nobody has said anything. */
import { globMatcher } from "../ctl/unit-patterns.ts";
import type { Files } from "../system.ts";

const FOLDERS: readonly string[] = [
  "/etc/systemd/system-preset",
  "/run/systemd/system-preset",
  "/usr/local/lib/systemd/system-preset",
  "/usr/lib/systemd/system-preset",
  "/lib/systemd/system-preset",
];

/** First matching line of all *.preset files in order of their names; "enable *" is the rule at the end. */
export function presetFor(files: Files, root: string, unit: string): "enabled" | "disabled" {
  for (const path of presetFiles(files, root)) {
    const text = files.read(path);
    for (const line of text.ok ? text.value.split("\n") : []) {
      const [verb, pattern] = line.trim().split(/\s+/);
      if (pattern === undefined || (verb !== "enable" && verb !== "disable")) continue;
      if (globMatcher(pattern)(unit)) return verb === "enable" ? "enabled" : "disabled";
    }
  }
  return "enabled";
}

function presetFiles(files: Files, root: string): readonly string[] {
  const byName = new Map<string, string>();
  for (const folder of FOLDERS) {
    const entries = files.list(root + folder);
    for (const { name } of entries.ok ? entries.value : []) {
      if (name.endsWith(".preset") && !byName.has(name)) byName.set(name, `${root}${folder}/${name}`);
    }
  }
  return [...byName.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}
