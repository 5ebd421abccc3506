/** Condition…= and Assert…= asked of the real container: what each fact is read from, at the moment it is asked for. */
import type { FileKind, Native } from "../host/native.ts";
import type { Condition } from "../unit/model.ts";
import { expandGlob } from "../unit/text/glob.ts";
import {
  type ConditionFacts,
  type ConditionVerdict,
  evaluateConditions,
  type PathStatus,
} from "../unit/value/condition.ts";
import { specifierFacts } from "./boot/system-facts.ts";
import { findGroup, parseId } from "./process/accounts.ts";
import type { Runtime } from "./runtime.ts";

const SMALL_FILE = 64 * 1024;
const CPU_INFO_MAX = 4 * 1024 * 1024;

/** What the conditions of one unit come to, now. */
export function checkConditions(runtime: Runtime, conditions: readonly Condition[]): ConditionVerdict {
  if (conditions.length === 0) return { conditionsMet: true, assertsMet: true, failed: null };
  return evaluateConditions(conditions, conditionFacts(runtime));
}

function conditionFacts(runtime: Runtime): ConditionFacts {
  const { host } = runtime;
  const environment = runtime.environment.assignments;
  const { readAccounts } = runtime.spawnContext;
  const status = (path: string, followLinks: boolean): PathStatus | null =>
    pathStatus(host, path, followLinks);
  return {
    system: specifierFacts(host, readAccounts),
    status,
    matches: (pattern) =>
      expandGlob(pattern, {
        names: (directory) => namesIn(host, directory),
        exists: (path) => status(path, true) !== null,
      }).length > 0,
    isMountPoint: (path) => host.isMountPoint(path) > 0,
    isReadWrite: (path) => host.isReadOnly(path) === 0,
    isEmptyDirectory(path) {
      const names = namesIn(host, path);
      return names === null ? null : names.every(isHiddenOrBackup);
    },
    get virtualization() {
      return containerKind(host, environment);
    },
    get privateUsers() {
      return !/^\s*0\s+0\s+4294967295\s*$/.test(
        textOf(host, "/proc/self/uid_map", SMALL_FILE) || "0 0 4294967295",
      );
    },
    get kernelCommandLine() {
      const argv = host.processArgv(1);
      return typeof argv === "number" ? [] : argv;
    },
    hasCapability: (capability) => hasBit(boundingSet(host), capability),
    get memoryBytes() {
      return memoryBytes(host);
    },
    get cpus() {
      return cpuCount(host);
    },
    get cpuFeatures() {
      return cpuFeatures(host);
    },
    environment,
    get groupIds() {
      const { gid, egid, groups } = host.identity();
      return [gid, egid, ...groups];
    },
    groupId(name) {
      const number = parseId(name);
      if (number !== null) return number;
      const found = findGroup(readAccounts, name);
      return found.ok ? found.value : null;
    },
    get cgroupControllers() {
      const text = host.readFile("/sys/fs/cgroup/cgroup.controllers", SMALL_FILE);
      return typeof text === "number" ? null : text.split(/\s+/).filter((name) => name !== "");
    },
  };
}

function textOf(host: Native, path: string, max: number): string {
  const text = host.readFile(path, max);
  return typeof text === "number" ? "" : text;
}

function namesIn(host: Native, directory: string): readonly string[] | null {
  const entries = host.listDirectory(directory);
  return typeof entries === "number" ? null : entries.map(({ name }) => name);
}

/** What systemd does not count as a directory's content. */
function isHiddenOrBackup(name: string): boolean {
  return /^\.|^(lost\+found|aquota\.user|aquota\.group)$|~$|\.(rpm(new|save|orig)|dpkg-\w+|ucf-\w+|bak|old|new|swp)$/.test(
    name,
  );
}

const KINDS: Partial<Record<FileKind, PathStatus["kind"]>> = {
  file: "file",
  directory: "directory",
  link: "link",
};

function pathStatus(host: Native, path: string, followLinks: boolean): PathStatus | null {
  const status = followLinks ? host.stat(path) : host.lstat(path);
  if (typeof status === "number") return null;
  return { kind: KINDS[status.kind] ?? "other", size: status.size, mode: status.mode };
}

/** The variable that container managers set, else the files that they leave (systemd's detect_container). */
export function containerKind(host: Native, environment: readonly string[]): string {
  const variable = environment.find((assignment) => assignment.startsWith("container="));
  if (variable !== undefined && variable.length > "container=".length)
    return variable.slice("container=".length);
  if (host.access("/run/.containerenv", 0) >= 0) return "podman";
  return host.access("/.dockerenv", 0) >= 0 ? "docker" : "container-other";
}

function boundingSet(host: Native): string {
  const match = /^CapBnd:\s*([0-9a-f]+)/m.exec(textOf(host, "/proc/self/status", SMALL_FILE));
  return match?.[1] ?? host.identity().capabilities;
}

/** Is bit `index` set in a hexadecimal number of any length? */
function hasBit(hex: string, index: number): boolean {
  const digit = hex.at(-1 - Math.trunc(index / 4)) ?? "0";
  return ((Number.parseInt(digit, 16) >> (index % 4)) & 1) === 1;
}

/** The machine's memory, or the container's limit where that is lower. */
function memoryBytes(host: Native): number {
  const total = /^MemTotal:\s*(\d+) kB/m.exec(textOf(host, "/proc/meminfo", SMALL_FILE));
  const limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].map((path) =>
    Number.parseInt(textOf(host, path, SMALL_FILE), 10),
  );
  return Math.min(...[Number(total?.[1] ?? 0) * 1024, ...limits].filter((bytes) => bytes > 0));
}

/** Processors that usher may run on: "0-3,8". */
function cpuCount(host: Native): number {
  const match = /^Cpus_allowed_list:\s*(.+)$/m.exec(textOf(host, "/proc/self/status", SMALL_FILE));
  let count = 0;
  for (const range of (match?.[1] ?? "0").split(",")) {
    const [first = 0, last = first] = range.split("-").map(Number);
    count += last - first + 1;
  }
  return count;
}

function cpuFeatures(host: Native): readonly string[] {
  const match = /^(?:flags|Features)\s*:\s*(.+)$/m.exec(textOf(host, "/proc/cpuinfo", CPU_INFO_MAX));
  return match?.[1]?.split(" ") ?? [];
}
