/**
 * The units that systemd brings along and that other units refer to (systemd.special(7)), as far as a container has
 * use for them. They take the place of files of the same name in the distribution's directories, which describe the
 * boot of a whole machine; a file in usher's own or the administrator's directories wins over them.
 *
 * default.target is reached through multi-user.target and graphical.target, so that whatever is wanted by either of
 * them starts. Mounts, slices and swaps are the container manager's business: they are there as soon as they are named.
 */
import { USEC_PER_SEC } from "../../base/time.ts";
import type { DependencyKind, EmergencyAction, UnitType } from "../model.ts";
import type { Draft } from "../settings.ts";
import { writable } from "../settings.ts";
import { classifyUnitName, unescapePath, unitPrefix, unitType } from "../unit-name.ts";

interface BuiltinTarget {
  readonly description: string;
  readonly dependencies?: Partial<Record<DependencyKind, string>>;
  readonly defaultDependencies?: false;
  readonly refuseManualStart?: true;
  readonly allowIsolate?: true;
}

/** Names in dependencies are without ".target". */
const TARGETS: Readonly<Record<string, BuiltinTarget>> = {
  default: {
    description: "Default Boot Target",
    dependencies: { Requires: "multi-user", Wants: "graphical", After: "multi-user graphical" },
    allowIsolate: true,
  },
  graphical: {
    description: "Graphical Interface",
    dependencies: { Requires: "multi-user", After: "multi-user" },
    allowIsolate: true,
  },
  "multi-user": {
    description: "Multi-User System",
    dependencies: { Requires: "basic", After: "basic" },
    allowIsolate: true,
  },
  basic: {
    description: "Basic System",
    dependencies: {
      Requires: "sysinit",
      Wants: "sockets timers paths slices",
      After: "sysinit sockets paths slices",
    },
  },
  sysinit: {
    description: "System Initialization",
    dependencies: { Wants: "local-fs swap", After: "local-fs swap" },
  },
  rescue: {
    description: "Rescue Mode",
    dependencies: { Requires: "sysinit", After: "sysinit" },
    allowIsolate: true,
  },
  emergency: { description: "Emergency Mode", allowIsolate: true },
  sockets: { description: "Socket Units" },
  timers: {
    description: "Timer Units",
    dependencies: { Conflicts: "shutdown" },
    defaultDependencies: false,
  },
  paths: { description: "Path Units" },
  slices: { description: "Slice Units" },
  swap: { description: "Swaps" },
  "local-fs": {
    description: "Local File Systems",
    dependencies: { After: "local-fs-pre", Conflicts: "shutdown" },
    defaultDependencies: false,
  },
  "local-fs-pre": { description: "Preparation for Local File Systems", refuseManualStart: true },
  "remote-fs": {
    description: "Remote File Systems",
    dependencies: { After: "remote-fs-pre", Conflicts: "shutdown" },
    defaultDependencies: false,
  },
  "remote-fs-pre": { description: "Preparation for Remote File Systems", refuseManualStart: true },
  network: { description: "Network", dependencies: { After: "network-pre" }, refuseManualStart: true },
  "network-pre": { description: "Preparation for Network", refuseManualStart: true },
  "network-online": { description: "Network is Online", dependencies: { After: "network" } },
  "nss-lookup": { description: "Host and Network Name Lookups", refuseManualStart: true },
  "nss-user-lookup": { description: "User and Group Name Lookups", refuseManualStart: true },
  "time-sync": {
    description: "System Time Synchronized",
    dependencies: { Wants: "time-set", After: "time-set" },
    refuseManualStart: true,
  },
  "time-set": { description: "System Time Set", refuseManualStart: true },
  rpcbind: { description: "RPC Port Mapper", refuseManualStart: true },
  getty: { description: "Login Prompts" },
  shutdown: { description: "System Shutdown", defaultDependencies: false, refuseManualStart: true },
  umount: { description: "Unmount All Filesystems", defaultDependencies: false, refuseManualStart: true },
  final: {
    description: "Late Shutdown Services",
    dependencies: { After: "shutdown umount" },
    defaultDependencies: false,
    refuseManualStart: true,
  },
};

/** The targets that end the container, and the service of each that does so once everything else is down. */
const ENDS: Readonly<Record<string, readonly [string, EmergencyAction]>> = {
  exit: ["Exit the Container", "exit-force"],
  poweroff: ["System Power Off", "poweroff-force"],
  reboot: ["System Reboot", "reboot-force"],
  halt: ["System Halt", "halt-force"],
  kexec: ["Reboot via kexec", "kexec-force"],
  "soft-reboot": ["Reboot System Userspace", "soft-reboot-force"],
};

const HALF_AN_HOUR = 30 * 60 * USEC_PER_SEC;

/** Types whose units are there without a file, though a file may describe them. */
const GIVEN: readonly UnitType[] = ["mount", "automount", "swap", "slice", "scope"];

export function isGiven(name: string): boolean {
  const type = unitType(name);
  return type !== undefined && GIVEN.includes(type) && classifyUnitName(name) !== "template";
}

/** Targets that stand for a state of the machine which a container is in from the beginning. */
const PASSIVE: readonly string[] =
  "local-fs local-fs-pre remote-fs remote-fs-pre swap slices network network-pre network-online nss-lookup nss-user-lookup time-sync time-set".split(
    " ",
  );

/** Is it a target that nothing has to be done for, or a unit that is there without a file? */
export function isPassive(name: string): boolean {
  return unitType(name) === "target" ? PASSIVE.includes(unitPrefix(name)) : isGiven(name);
}

function dependOn(draft: Draft, dependencies: Partial<Record<DependencyKind, string>>): void {
  const table: Draft["dependencies"] = {};
  for (const [kind, names] of Object.entries(dependencies)) {
    table[kind as DependencyKind] = names.split(" ").map((name) => `${name}.target`);
  }
  draft.dependencies = table;
}

function targetDraft(target: BuiltinTarget): Draft {
  const draft: Draft = {};
  const unit = writable(draft, "unit");
  unit.description = target.description;
  unit.defaultDependencies = target.defaultDependencies ?? true;
  unit.refuseManualStart = target.refuseManualStart ?? false;
  unit.allowIsolate = target.allowIsolate ?? false;
  if (target.dependencies !== undefined) dependOn(draft, target.dependencies);
  return draft;
}

function endTargetDraft(name: string, [description, action]: readonly [string, EmergencyAction]): Draft {
  const draft = targetDraft({ description, defaultDependencies: false, allowIsolate: true });
  const service = [`systemd-${name}.service`];
  draft.dependencies = { Requires: service, After: service };
  const unit = writable(draft, "unit");
  unit.jobTimeoutUsec = HALF_AN_HOUR;
  unit.jobRunningTimeoutUsec = HALF_AN_HOUR;
  unit.jobTimeoutAction = action;
  return draft;
}

function endServiceDraft([description, action]: readonly [string, EmergencyAction]): Draft {
  const draft = targetDraft({
    description,
    defaultDependencies: false,
    dependencies: { Requires: "shutdown umount final", After: "shutdown umount final" },
  });
  writable(draft, "unit").successAction = action;
  writable(draft, "service").type = "oneshot";
  return draft;
}

function givenDraft(name: string, type: UnitType): Draft {
  const path = type === "slice" || type === "scope" ? undefined : unescapePath(unitPrefix(name));
  const draft: Draft = {};
  writable(draft, "unit").description = path ?? name;
  return draft;
}

/** The settings of a unit that is there without a file; undefined for any other name. */
export function builtinDraft(name: string): Draft | undefined {
  const type = unitType(name);
  const prefix = unitPrefix(name);
  if (type === "target") {
    const target = Object.hasOwn(TARGETS, prefix) ? TARGETS[prefix] : undefined;
    if (target !== undefined) return targetDraft(target);
    const end = Object.hasOwn(ENDS, prefix) ? ENDS[prefix] : undefined;
    return end === undefined ? undefined : endTargetDraft(prefix, end);
  }
  if (type === "service") {
    const kind = prefix.startsWith("systemd-") ? prefix.slice("systemd-".length) : "";
    const end = Object.hasOwn(ENDS, kind) ? ENDS[kind] : undefined;
    return end === undefined ? undefined : endServiceDraft(end);
  }
  return type !== undefined && isGiven(name) ? givenDraft(name, type) : undefined;
}

/** Does `builtinDraft` know the name, and does it come before a file of the distribution's? */
export function isBuiltin(name: string): boolean {
  const type = unitType(name);
  const prefix = unitPrefix(name);
  if (type === "target") return Object.hasOwn(TARGETS, prefix) || Object.hasOwn(ENDS, prefix);
  if (type === "service") return prefix.startsWith("systemd-") && Object.hasOwn(ENDS, prefix.slice(8));
  return false;
}
