/** EnvironmentFile= (systemd.exec(5)): read at each start, so that a change takes effect without a reload. */
import { err, ok, type Result } from "../../base/result.ts";
import { describe } from "../../host/errno.ts";
import type { Native } from "../../host/native.ts";
import type { ExecSettings } from "../../unit/model.ts";
import { parseEnvironmentFile } from "../../unit/text/environment-file.ts";

const FILE_MAX = 1024 * 1024;

/** Assignments of all files in order, or a sentence about the first that can't be read. */
export function readEnvironmentFiles(host: Native, exec: ExecSettings): Result<readonly string[], string> {
  const assignments: string[] = [];
  for (const { path, optional } of exec.environmentFiles) {
    for (const file of expandPattern(host, path)) {
      const text = host.readFile(file, FILE_MAX);
      if (typeof text !== "number") assignments.push(...parseEnvironmentFile(text));
      else if (!optional) return err(`cannot read EnvironmentFile=${file}: ${describe(text)}`);
    }
  }
  return ok(assignments);
}

/** The last part of a path may be a pattern with * and ?. */
function expandPattern(host: Native, path: string): readonly string[] {
  if (!/[*?[]/.test(path)) return [path];
  const slash = path.lastIndexOf("/");
  const directory = path.slice(0, slash) || "/";
  const entries = host.listDirectory(directory);
  if (typeof entries === "number") return [path];
  const pattern = new RegExp(`^${[...path.slice(slash + 1)].map(patternPart).join("")}$`);
  const names = entries.map((entry) => entry.name).filter((name) => pattern.test(name));
  return names.length === 0 ? [path] : names.sort().map((name) => `${directory}/${name}`);
}

function patternPart(character: string): string {
  if (character === "*") return "[^/]*";
  if (character === "?") return "[^/]";
  return /[\w\s[\]-]/.test(character) ? character : `\\${character}`;
}
