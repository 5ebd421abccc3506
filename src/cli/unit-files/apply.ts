/** Carries out a plan of link changes, and says what was done in systemctl's words. */
import { err, ok, type Result } from "../../base/result.ts";
import { directoryOf } from "../../unit/load/unit-files.ts";
import { EEXIST, ENOENT, type Files, type System } from "../system.ts";
import type { LinkChange, Plan } from "./plan.ts";

/** The lines that tell of the changes; the error is a whole message. */
export function applyPlan(system: System, root: string, plan: Plan): Result<readonly string[], string> {
  const lines: string[] = [...plan.warnings];
  for (const change of plan.changes) {
    const done =
      change.kind === "link" ? applyLink(system, root, change) : applyRemoval(system, root, change.path);
    if (!done.ok) return done;
    if (done.value !== null) lines.push(done.value);
  }
  return ok([...lines, ...plan.notes]);
}

type Applied = Result<string | null, string>;

function applyLink(system: System, root: string, change: Extract<LinkChange, { kind: "link" }>): Applied {
  const { files } = system;
  const path = root + change.path;
  const there = files.readLink(path);
  if (there.ok && there.value === change.target) return ok(null);
  if (there.ok && !change.replace) {
    return err(`File '${path}' already exists and is a symlink to ${there.value}`);
  }
  const made = makeFolders(files, directoryOf(path));
  if (!made.ok) return err(`cannot create ${directoryOf(path)}: ${system.explain(made.error)}`);
  if (there.ok || change.replace) files.unlink(path);
  const linked = files.symlink(change.target, path);
  if (!linked.ok) return err(`cannot create ${path}: ${system.explain(linked.error)}`);
  return ok(`Created symlink '${path}' → '${change.target}'.`);
}

function applyRemoval({ files, explain }: System, root: string, path: string): Applied {
  const gone = files.unlink(root + path);
  if (!gone.ok && gone.error === ENOENT) return ok(null);
  if (!gone.ok) return err(`cannot remove ${root}${path}: ${explain(gone.error)}`);
  // An empty TARGET.wants means nothing; one that isn't empty stays.
  if (/\.(wants|requires|upholds)$/.test(directoryOf(path))) files.removeDirectory(root + directoryOf(path));
  return ok(`Removed '${root}${path}'.`);
}

function makeFolders(files: Files, path: string): Result<null, number> {
  const parts = path.split("/");
  for (let length = 2; length <= parts.length; length++) {
    const folder = parts.slice(0, length).join("/");
    const made = files.exists(folder) ? ok(null) : files.makeDirectory(folder);
    if (!made.ok && made.error !== EEXIST) return made;
  }
  return ok(null);
}
