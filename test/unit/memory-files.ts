import { err, ok } from "../../src/base/result.ts";
import { linkTarget, type UnitFileEntry, type UnitFiles } from "../../src/unit/load/unit-files.ts";

/** A file's text, or `{ link }` to another path. */
export type MemoryTree = Readonly<Record<string, string | { readonly link: string }>>;

export interface MemoryFiles extends UnitFiles {
  /** What was asked for, one line a call: "read /etc/x". */
  readonly calls: string[];
  /** The tree may be changed; what is new or other is taken to have changed now. */
  readonly change: (changes: MemoryTree) => void;
}

const UNREADABLE = "\0unreadable";
/** A file that is there but can't be read. */
export const SECRET: string = UNREADABLE;

export function memoryFiles(initial: MemoryTree): MemoryFiles {
  const tree = new Map(Object.entries(initial));
  const changed = new Map<string, number>();
  const calls: string[] = [];
  let time = 1_000;

  const follow = (path: string): string => {
    const node = tree.get(path);
    return typeof node === "object" ? follow(linkTarget(path, node.link)) : path;
  };

  const list = (directory: string): readonly UnitFileEntry[] | null => {
    const entries = new Map<string, UnitFileEntry>();
    for (const [path, node] of tree) {
      if (!path.startsWith(`${directory}/`)) continue;
      const [name = "", ...rest] = path.slice(directory.length + 1).split("/");
      const kind = rest.length > 0 ? "directory" : typeof node === "object" ? "link" : "file";
      entries.set(name, { name, kind });
    }
    return entries.size === 0 ? null : [...entries.values()];
  };

  return {
    calls,
    change: (changes) => {
      time++;
      for (const [path, node] of Object.entries(changes)) {
        tree.set(path, node);
        changed.set(path, time);
      }
      time++;
    },
    list: (directory) => {
      calls.push(`list ${directory}`);
      return list(directory);
    },
    read: (path) => {
      calls.push(`read ${path}`);
      const target = follow(path);
      if (target === "/dev/null") return ok("");
      const node = tree.get(target);
      if (node === UNREADABLE) return err({ missing: false, reason: "Permission denied (EACCES)" });
      return typeof node === "string"
        ? ok(node)
        : err({ missing: true, reason: "No such file or directory (ENOENT)" });
    },
    readLink: (path) => {
      calls.push(`readLink ${path}`);
      const node = tree.get(path);
      return typeof node === "object" ? node.link : null;
    },
    changeTime: (path) => (tree.has(follow(path)) ? (changed.get(follow(path)) ?? 0) : null),
    now: () => time,
  };
}
