/**
 * Condition…= and Assert…= (systemd.unit(5), "Conditions and Asserts"): what each asks, and how a unit's conditions
 * are joined.
 *
 * Every condition without `|` must hold, and of those with `|`, if there are any, at least one. A parameter that is
 * malformed fails its condition whatever a `!` says. Asserts are joined the same way among themselves, and only asked
 * once the conditions hold, as systemd does.
 *
 * What a container cannot answer has a fixed answer that suits one: no firmware, no security module of its own, no
 * pressure, on mains power, not the first boot, nothing in need of an update.
 */

import type { Condition } from "../model.ts";
import { extractWord, extractWords, isWordError } from "../text/extract-word.ts";
import { globExpression } from "../text/glob.ts";
import type { SpecifierFacts } from "../text/specifier.ts";
import { parseBoolean } from "./boolean.ts";
import { parseCapability } from "./capability.ts";
import { parseInteger, UINT32_MAX } from "./number.ts";
import { parseSize } from "./size.ts";
import { orderFulfils, splitComparison, versionFulfils } from "./version.ts";

export interface PathStatus {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly size: number;
  readonly mode: number;
}

/** What conditions ask about the container. Nothing is looked up before a condition asks for it. */
export interface ConditionFacts {
  readonly system: SpecifierFacts;
  /** null where there is nothing, or nothing that may be looked at. */
  readonly status: (path: string, followLinks: boolean) => PathStatus | null;
  readonly matches: (pattern: string) => boolean;
  readonly isMountPoint: (path: string) => boolean;
  /** Is the file system that holds the path writable? */
  readonly isReadWrite: (path: string) => boolean;
  /** No entries at all; null for what is no directory. */
  readonly isEmptyDirectory: (path: string) => boolean | null;
  /** The container's kind in systemd's words: "docker", "podman", …, "container-other". */
  readonly virtualization: string;
  /** A user namespace that maps ids. */
  readonly privateUsers: boolean;
  /** Arguments of process 1, which are what systemd takes for the kernel's command line in a container. */
  readonly kernelCommandLine: readonly string[];
  /** By number, in the bounding set. */
  readonly hasCapability: (capability: number) => boolean;
  /** That the container may use. */
  readonly memoryBytes: number;
  readonly cpus: number;
  /** In the kernel's spelling, as in /proc/cpuinfo. */
  readonly cpuFeatures: readonly string[];
  /** NAME=value, of usher itself. */
  readonly environment: readonly string[];
  readonly groupIds: readonly number[];
  readonly groupId: (name: string) => number | null;
  /** Controllers of the unified tree; null where there is none. */
  readonly cgroupControllers: readonly string[] | null;
}

/** undefined: the parameter is not what the condition takes. */
type Test = (parameter: string, facts: ConditionFacts) => boolean | undefined;

/** systemd's own, for ConditionVersion=systemd. */
const SYSTEMD_VERSION = "257";

/** systemd's SYSTEM_UID_MAX. */
const LAST_SYSTEM_ID = 999;

const isKind =
  (kind: PathStatus["kind"], followLinks: boolean): Test =>
  (path, facts) =>
    facts.status(path, followLinks)?.kind === kind;

const always =
  (answer: boolean): Test =>
  () =>
    answer;

/** A boolean parameter that is compared with a fixed answer. */
const fixed =
  (answer: boolean): Test =>
  (parameter) => {
    const wanted = parseBoolean(parameter);
    return wanted === undefined ? undefined : wanted === answer;
  };

function testVersions(parameter: string, version: string): boolean | undefined {
  for (let at = 0; ; ) {
    const word = extractWord(parameter, at, { unquote: true, escapes: "drop" });
    if (word === null) return true;
    if (isWordError(word)) return undefined;
    let comparison = splitComparison(word.text.trim());
    let next = word.next;
    if (comparison.operand.trim() === "") {
      // ">= 5.4" without quotes is only understood at the beginning.
      const operand = at === 0 ? extractWord(parameter, next, { unquote: false, escapes: "drop" }) : null;
      if (operand === null || isWordError(operand)) return undefined;
      comparison = { ...comparison, operand: operand.text };
      next = operand.next;
    }
    if (!versionFulfils(version, { ...comparison, operand: comparison.operand.trimStart() })) return false;
    at = next;
  }
}

const testAnyVersion: Test = (parameter, facts) => {
  const word = extractWord(parameter, 0, { unquote: true, escapes: "drop" });
  if (word === null || isWordError(word)) return undefined;
  if (word.text === "systemd") return testVersions(parameter.slice(word.next), SYSTEMD_VERSION);
  // usher is static: there is no C library that services share.
  if (word.text === "glibc") return false;
  const rest = word.text === "kernel" ? parameter.slice(word.next) : parameter;
  return testVersions(rest, facts.system.kernelRelease);
};

const OS_RELEASE = /^([A-Za-z_][A-Za-z0-9_]*)(?=!?\$?[<>=!])(.*)$/s;

const testOsRelease: Test = (parameter, facts) => {
  const { words, error } = extractWords(parameter, { unquote: true, escapes: "drop" });
  for (const word of words) {
    const [, key = "", rest = ""] = OS_RELEASE.exec(word) ?? [];
    const comparison = splitComparison(rest);
    if (key === "" || comparison.operator === "" || /^\s*$|^\s/.test(comparison.operand)) return undefined;
    if (!versionFulfils(facts.system.osRelease[key] ?? "", comparison)) return false;
  }
  return error === null ? true : undefined;
};

/** A number with a comparison before it, ">=" if there is none. */
function testAmount(
  parameter: string,
  actual: number,
  parse: (text: string) => number | undefined,
): boolean | undefined {
  const { operator, operand } = splitComparison(parameter);
  const amount = parse(operand.trim());
  return amount === undefined ? undefined : orderFulfils(actual - amount, operator || ">=");
}

/** Is there the assignment, or with a name alone, any assignment of that name? */
function hasAssignment(assignments: readonly string[], wanted: string): boolean {
  if (wanted.includes("=")) return assignments.includes(wanted);
  return assignments.some((one) => one === wanted || one.startsWith(`${wanted}=`));
}

const testVirtualization: Test = (parameter, { virtualization, privateUsers }) => {
  if (parameter === "private-users") return privateUsers;
  return parseBoolean(parameter) ?? (parameter === "container" || parameter === virtualization);
};

const testHost: Test = (parameter, { system: { hostName, machineId } }) => {
  const id = parameter.replaceAll("-", "").toLowerCase();
  if (/^[0-9a-f]{32}$/.test(id)) return id === machineId;
  return globExpression(parameter, "i").test(hostName);
};

const testUser: Test = (parameter, { system: { userId, userName } }) => {
  if (parameter === "@system") return userId <= LAST_SYSTEM_ID;
  const id = parseInteger(parameter, 0, UINT32_MAX);
  return id === undefined ? parameter === userName : id === userId;
};

const testGroup: Test = (parameter, facts) => {
  if (parameter === "@system") return facts.groupIds.some((id) => id <= LAST_SYSTEM_ID);
  const id = parseInteger(parameter, 0, UINT32_MAX) ?? facts.groupId(parameter);
  return id !== null && facts.groupIds.includes(id);
};

const testControllers: Test = (parameter, { cgroupControllers }) => {
  if (parameter === "v1") return cgroupControllers === null;
  if (parameter === "v2") return cgroupControllers !== null;
  return parameter.split(/\s+/).every((name) => cgroupControllers?.includes(name) === true);
};

const isExecutable: Test = (path, facts) => {
  const status = facts.status(path, true);
  return status?.kind === "file" && (status.mode & 0o111) !== 0;
};

const TESTS: Readonly<Record<string, Test>> = {
  PathExists: (path, facts) => facts.status(path, true) !== null,
  PathExistsGlob: (pattern, facts) => facts.matches(pattern),
  PathIsDirectory: isKind("directory", true),
  PathIsSymbolicLink: isKind("link", false),
  PathIsMountPoint: (path, facts) => facts.isMountPoint(path),
  PathIsReadWrite: (path, facts) => facts.isReadWrite(path),
  PathIsEncrypted: always(false),
  DirectoryNotEmpty: (path, facts) => facts.isEmptyDirectory(path) === false,
  FileNotEmpty: (path, facts) => {
    const status = facts.status(path, true);
    return status?.kind === "file" && status.size > 0;
  },
  FileIsExecutable: isExecutable,
  NeedsUpdate: always(false),
  FirstBoot: fixed(false),
  Architecture: (name, facts) => name === "native" || name === facts.system.architecture,
  Firmware: always(false),
  Virtualization: testVirtualization,
  Host: testHost,
  KernelCommandLine: (parameter, facts) => hasAssignment(facts.kernelCommandLine, parameter),
  KernelVersion: (parameter, facts) => testVersions(parameter, facts.system.kernelRelease),
  Version: testAnyVersion,
  Credential: (name, facts) => facts.status(`/run/credentials/@system/${name}`, true) !== null,
  Security: always(false),
  Capability: (name, facts) => {
    const capability = parseCapability(name);
    return capability === undefined ? undefined : facts.hasCapability(capability);
  },
  ACPower: fixed(true),
  Memory: (parameter, facts) => testAmount(parameter, facts.memoryBytes, parseSize),
  CPUFeature: (name, facts) => facts.cpuFeatures.includes(name.toLowerCase()),
  CPUs: (parameter, facts) => testAmount(parameter, facts.cpus, (text) => parseInteger(text, 0, UINT32_MAX)),
  Environment: (parameter, facts) => hasAssignment(facts.environment, parameter),
  User: testUser,
  Group: testGroup,
  ControlGroupController: testControllers,
  OSRelease: testOsRelease,
  MemoryPressure: always(true),
  CPUPressure: always(true),
  IOPressure: always(true),
  KernelModuleLoaded: (name, facts) =>
    facts.status(`/sys/module/${name.replaceAll("-", "_")}`, true) !== null,
};

/** Does the condition hold, its `!` considered? A malformed one never does. */
export function testCondition(condition: Condition, facts: ConditionFacts): boolean {
  const result = TESTS[condition.kind]?.(condition.parameter, facts);
  return result !== undefined && result !== condition.negate;
}

/** As it is written in a unit file: "ConditionPathExists=|!/run/x". */
export function formatCondition({ kind, assert, trigger, negate, parameter }: Condition): string {
  return `${assert ? "Assert" : "Condition"}${kind}=${trigger ? "|" : ""}${negate ? "!" : ""}${parameter}`;
}

export interface ConditionVerdict {
  readonly conditionsMet: boolean;
  readonly assertsMet: boolean;
  /** The first that was not met, as written; with triggering ones alone, the last of them. */
  readonly failed: string | null;
}

/** The one that keeps the list from being met, or null. */
function firstUnmet(conditions: readonly Condition[], facts: ConditionFacts): Condition | null {
  let unmetTrigger: Condition | null = null;
  let triggered = false;
  for (const condition of conditions) {
    if (condition.trigger && triggered) continue;
    const holds = testCondition(condition, facts);
    if (condition.trigger && holds) triggered = true;
    else if (condition.trigger) unmetTrigger = condition;
    else if (!holds) return condition;
  }
  return triggered ? null : unmetTrigger;
}

export function evaluateConditions(
  conditions: readonly Condition[],
  facts: ConditionFacts,
): ConditionVerdict {
  const unmetCondition = firstUnmet(
    conditions.filter(({ assert }) => !assert),
    facts,
  );
  if (unmetCondition !== null) {
    return { conditionsMet: false, assertsMet: true, failed: formatCondition(unmetCondition) };
  }
  const unmetAssert = firstUnmet(
    conditions.filter(({ assert }) => assert),
    facts,
  );
  const failed = unmetAssert === null ? null : formatCondition(unmetAssert);
  return { conditionsMet: true, assertsMet: unmetAssert === null, failed };
}
