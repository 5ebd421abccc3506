/**
 * A cgroup for each service, where usher may make any (cgroups(7), version 2): then no process of a service can get
 * away, whatever it does to its session, its parents and its environment.
 *
 * Engines seldom allow that: the tree has to be mounted writable in the container. Everywhere else this is null, and
 * process-tracking.ts finds a unit's processes. No controller is switched on; limits are the container engine's.
 */
import type { Native } from "../../host/native.ts";

const ROOT = "/sys/fs/cgroup";
const CGROUP2_MAGIC = 0x63677270;
const WRITE = 2;
const FILE_MAX = 4 * 1024 * 1024;

export interface Cgroups {
  /** Makes the unit's cgroup, and says into which file a process writes itself to be in it; null: it can't be made. */
  enter(unit: string): string | null;
  /** Processes in the unit's cgroup and in those below it. */
  members(unit: string): readonly number[];
  /** The unit whose cgroup the process is in. */
  unitOf(pid: number): string | null;
  /** After the unit's last process. */
  remove(unit: string): void;
}

/** null where there is no writable tree. */
export function findCgroups(host: Native): Cgroups | null {
  const own = ownPath(host.readFile("/proc/self/cgroup", FILE_MAX));
  if (own === null) return null;
  const base = `${ROOT}${own === "/" ? "" : own}`;
  if (host.fileSystemType(base) !== CGROUP2_MAGIC || host.access(`${base}/cgroup.procs`, WRITE) < 0)
    return null;
  const directory = (unit: string): string => `${base}/${unit}`;
  return {
    enter(unit) {
      host.mkdir(directory(unit), 0o755);
      const file = `${directory(unit)}/cgroup.procs`;
      return host.access(file, WRITE) < 0 ? null : file;
    },
    members: (unit) => membersBelow(host, directory(unit)),
    unitOf(pid) {
      const path = ownPath(host.readFile(`/proc/${pid}/cgroup`, FILE_MAX));
      const prefix = own === "/" ? "/" : `${own}/`;
      return path?.startsWith(prefix) === true ? (path.slice(prefix.length).split("/", 1)[0] ?? null) : null;
    },
    remove: (unit) => removeBelow(host, directory(unit)),
  };
}

/** The path behind "0::", version 2's line. */
function ownPath(text: string | number): string | null {
  if (typeof text === "number") return null;
  const line = text.split("\n").find((candidate) => candidate.startsWith("0::"));
  return line === undefined ? null : line.slice("0::".length);
}

function childrenOf(host: Native, directory: string): string[] {
  const entries = host.listDirectory(directory);
  if (typeof entries === "number") return [];
  return entries.filter(({ kind }) => kind === "directory").map(({ name }) => `${directory}/${name}`);
}

function membersBelow(host: Native, top: string): number[] {
  const found: number[] = [];
  const queue = [top];
  for (let directory = queue.pop(); directory !== undefined; directory = queue.pop()) {
    const text = host.readFile(`${directory}/cgroup.procs`, FILE_MAX);
    if (typeof text === "string") found.push(...text.split("\n").filter(Boolean).map(Number));
    queue.push(...childrenOf(host, directory));
  }
  return found;
}

/** A cgroup can be removed once nothing is in or below it: the deepest ones first. */
function removeBelow(host: Native, top: string): void {
  const all = [top];
  for (let at = 0; at < all.length; at++) all.push(...childrenOf(host, all[at] ?? top));
  for (const directory of all.reverse()) host.rmdir(directory);
}
