import { describe, expect, it } from "vitest";
import type { Condition } from "../../src/unit/model.ts";
import {
  type ConditionFacts,
  evaluateConditions,
  type PathStatus,
  testCondition,
} from "../../src/unit/value/condition.ts";
import { FACTS } from "./facts.ts";

const FILES: Readonly<Record<string, PathStatus>> = {
  "/etc": { kind: "directory", size: 0, mode: 0o755 },
  "/etc/app.conf": { kind: "file", size: 3, mode: 0o644 },
  "/etc/empty": { kind: "file", size: 0, mode: 0o644 },
  "/bin/app": { kind: "file", size: 9, mode: 0o755 },
  "/run/app.sock": { kind: "other", size: 0, mode: 0o666 },
};

const CONTAINER: ConditionFacts = {
  system: { ...FACTS, userId: 0, userName: "root" },
  status: (path, followLinks) => {
    if (path === "/bin/link") return followLinks ? null : { kind: "link", size: 1, mode: 0o777 };
    return FILES[path] ?? null;
  },
  matches: (pattern) => pattern === "/etc/*.conf",
  isMountPoint: (path) => path === "/proc",
  isReadWrite: (path) => path.startsWith("/run"),
  isEmptyDirectory: (path) => (path === "/etc" ? false : path === "/srv" ? true : null),
  virtualization: "docker",
  privateUsers: false,
  kernelCommandLine: ["/usr/bin/usher", "debug", "a=b"],
  hasCapability: (capability) => capability === 10,
  memoryBytes: 512 * 1024 * 1024,
  cpus: 4,
  cpuFeatures: ["sse2", "aes"],
  environment: ["LANG=C.UTF-8", "EMPTY="],
  groupIds: [0, 20],
  groupId: (name) => (name === "dialout" ? 20 : name === "adm" ? 4 : null),
  cgroupControllers: ["cpu", "memory"],
};

/** "|!PathExists=/x" as a condition. */
function condition(text: string, assert = false): Condition {
  const [, marks = "", kind = "", parameter = ""] = /^([|!]*)(\w+)=(.*)$/s.exec(text) ?? [];
  return { kind, assert, trigger: marks.includes("|"), negate: marks.includes("!"), parameter };
}

function holds(text: string): boolean {
  return testCondition(condition(text), CONTAINER);
}

const TRUE = [
  "PathExists=/etc",
  "!PathExists=/nope",
  "PathExistsGlob=/etc/*.conf",
  "PathIsDirectory=/etc",
  "PathIsSymbolicLink=/bin/link",
  "PathIsMountPoint=/proc",
  "PathIsReadWrite=/run",
  "DirectoryNotEmpty=/etc",
  "FileNotEmpty=/etc/app.conf",
  "FileIsExecutable=/bin/app",
  "Architecture=native",
  "Architecture=x86-64",
  "Virtualization=yes",
  "Virtualization=container",
  "Virtualization=docker",
  "!Virtualization=vm",
  "Host=BOX*",
  "Host=0123456789abcdef0123456789abcdef",
  "KernelCommandLine=debug",
  "KernelCommandLine=a",
  "KernelCommandLine=a=b",
  "KernelVersion=>=5.4",
  "KernelVersion=>= 5.4 <7",
  "KernelVersion=6.1*",
  "KernelVersion='>= 5.4' '!=6.2'",
  "Version=kernel >=6",
  "Version=>=6",
  "Version=systemd >=250",
  "Capability=CAP_NET_BIND_SERVICE",
  "Capability=cap_net_bind_service",
  "Memory=512M",
  "Memory=<1G",
  "Memory=!=1",
  "CPUs=4",
  "CPUs=<= 4",
  "CPUFeature=AES",
  "Environment=LANG",
  "Environment=LANG=C.UTF-8",
  "Environment=EMPTY",
  "User=root",
  "User=0",
  "User=@system",
  "Group=dialout",
  "Group=20",
  "ControlGroupController=v2",
  "ControlGroupController=cpu memory",
  "OSRelease=ID=debian VERSION_ID>=12",
  "OSRelease=ID$=deb*",
  "OSRelease=NOPE!=x",
  "FirstBoot=no",
  "ACPower=true",
  "MemoryPressure=10%",
  "CPUPressure=10%",
  "IOPressure=10%",
];

const FALSE = [
  "PathExists=/nope",
  "PathIsDirectory=/etc/app.conf",
  "PathIsSymbolicLink=/etc",
  "PathIsReadWrite=/usr",
  "PathIsEncrypted=/",
  "DirectoryNotEmpty=/srv",
  "DirectoryNotEmpty=/nope",
  "FileNotEmpty=/etc/empty",
  "FileNotEmpty=/etc",
  "FileIsExecutable=/etc/app.conf",
  "FileIsExecutable=/nope",
  "Architecture=arm64",
  "!Virtualization=container",
  "Virtualization=no",
  "Virtualization=podman",
  "Virtualization=private-users",
  "Host=other",
  "KernelCommandLine=a=c",
  "KernelVersion=<5",
  "KernelVersion=5* 6*",
  "Version=glibc >=2",
  "Capability=CAP_SYS_ADMIN",
  "Memory=1G",
  "CPUs=>4",
  "CPUFeature=avx1024",
  "Environment=HOME",
  "Environment=LANG=C",
  "User=nobody",
  "User=1000",
  "Group=adm",
  "Group=nope",
  "ControlGroupController=v1",
  "ControlGroupController=io",
  "OSRelease=ID=alpine",
  "OSRelease=VERSION_ID<12",
  "NeedsUpdate=/etc",
  "FirstBoot=yes",
  "Firmware=uefi",
  "Security=selinux",
  "ACPower=no",
  "Credential=x",
  "KernelModuleLoaded=loop",
];

const MALFORMED = [
  "KernelVersion=>=",
  "Capability=CAP_NOPE",
  "Memory=much",
  "CPUs=few",
  "OSRelease=ID",
  "OSRelease=ID=",
  "FirstBoot=maybe",
  "ACPower=maybe",
];

describe("conditions", () => {
  for (const text of TRUE) it(`${text} holds`, () => expect(holds(text)).toBe(true));
  for (const text of FALSE) it(`${text} does not hold`, () => expect(holds(text)).toBe(false));

  for (const text of MALFORMED) {
    it(`${text} is malformed and fails, negated or not`, () => {
      expect(holds(text)).toBe(false);
      expect(holds(`!${text}`)).toBe(false);
    });
  }

  it("are all required", () => {
    const conditions = [condition("PathExists=/etc"), condition("PathExists=/nope")];
    expect(evaluateConditions(conditions, CONTAINER)).toEqual({
      conditionsMet: false,
      assertsMet: true,
      failed: "ConditionPathExists=/nope",
    });
  });

  it("with | need one of them beside all the others", () => {
    const one = [condition("|PathExists=/nope"), condition("|!PathExists=/nope"), condition("CPUs=1")];
    expect(evaluateConditions(one, CONTAINER).conditionsMet).toBe(true);
    const none = [condition("|PathExists=/a"), condition("|!PathExists=/etc")];
    expect(evaluateConditions(none, CONTAINER)).toEqual({
      conditionsMet: false,
      assertsMet: true,
      failed: "ConditionPathExists=|!/etc",
    });
  });

  it("are asked before asserts, which are joined among themselves", () => {
    const asserted = [condition("|PathExists=/etc"), condition("PathExists=/nope", true)];
    expect(evaluateConditions(asserted, CONTAINER)).toEqual({
      conditionsMet: true,
      assertsMet: false,
      failed: "AssertPathExists=/nope",
    });
    const skipped = [condition("PathExists=/a"), condition("PathExists=/nope", true)];
    expect(evaluateConditions(skipped, CONTAINER).assertsMet).toBe(true);
  });

  it("hold where there are none", () => {
    expect(evaluateConditions([], CONTAINER)).toEqual({
      conditionsMet: true,
      assertsMet: true,
      failed: null,
    });
  });
});
