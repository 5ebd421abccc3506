/** A file system in memory: paths to text, links or folders. */
import { err, ok } from "../../../src/base/result.ts";
import { EEXIST, ENOENT, type FileEntry, type Files } from "../../../src/cli/system.ts";

export type MemoryNode = string | { readonly link: string };

const ENOTEMPTY = 39;
const EROFS = 30;

export interface MemoryFiles {
  readonly files: Files;
  /** Links and files as they are now: path → text, or "→ target". */
  tree(): Readonly<Record<string, string>>;
}

export function createMemoryFiles(
  content: Readonly<Record<string, MemoryNode>>,
  options: { readonly readOnly?: boolean } = {},
): MemoryFiles {
  const nodes = new Map(Object.entries(content));
  const folders = new Set<string>(["/"]);
  const addParents = (path: string): void => {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
      folders.add(path.slice(0, at));
  };
  for (const path of nodes.keys()) addParents(path);

  const follow = (path: string): string | null => {
    const node = nodes.get(path);
    if (node === undefined) return folders.has(path) || path === "/dev/null" ? path : null;
    return typeof node === "string" ? path : follow(node.link);
  };
  const list = (path: string): FileEntry[] => {
    const entries = new Map<string, FileEntry>();
    for (const [full, node] of [...nodes, ...[...folders].map((folder) => [folder, null] as const)]) {
      if (!full.startsWith(`${path}/`) || full.slice(path.length + 1).includes("/")) continue;
      const name = full.slice(path.length + 1);
      const kind = node === null ? "directory" : typeof node === "string" ? "file" : "link";
      entries.set(name, { name, kind });
    }
    return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  const files: Files = {
    read(path) {
      const real = follow(path);
      if (real === "/dev/null") return ok("");
      const node = real === null ? undefined : nodes.get(real);
      return typeof node === "string" ? ok(node) : err(ENOENT);
    },
    list: (path) => (folders.has(path) ? ok(list(path)) : err(ENOENT)),
    kind(path) {
      const node = nodes.get(path);
      if (node === undefined) return folders.has(path) ? ok("directory") : err(ENOENT);
      return ok(typeof node === "string" ? "file" : "link");
    },
    exists: (path) => follow(path) !== null,
    isExecutable: (path) => follow(path) !== null,
    readLink(path) {
      const node = nodes.get(path);
      return typeof node === "object" ? ok(node.link) : err(ENOENT);
    },
    resolve(path) {
      const real = follow(path);
      return real === null ? err(ENOENT) : ok(real);
    },
    symlink(target, path) {
      if (options.readOnly === true) return err(EROFS);
      if (nodes.has(path) || folders.has(path)) return err(EEXIST);
      nodes.set(path, { link: target });
      return ok(null);
    },
    unlink: (path) => (nodes.delete(path) ? ok(null) : err(ENOENT)),
    makeDirectory(path) {
      if (options.readOnly === true) return err(EROFS);
      folders.add(path);
      return ok(null);
    },
    removeDirectory(path) {
      if (list(path).length > 0) return err(ENOTEMPTY);
      return folders.delete(path) ? ok(null) : err(ENOENT);
    },
  };
  return {
    files,
    tree: () =>
      Object.fromEntries(
        [...nodes].map(([path, node]) => [path, typeof node === "string" ? node : `→ ${node.link}`]),
      ),
  };
}
