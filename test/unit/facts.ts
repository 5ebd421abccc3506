import type { SpecifierFacts } from "../../src/unit/text/specifier.ts";

/** A Debian container that usher runs in as root. */
export const FACTS: SpecifierFacts = {
  architecture: "x86-64",
  bootId: "fedcba9876543210fedcba9876543210",
  machineId: "0123456789abcdef0123456789abcdef",
  hostName: "box.example",
  prettyHostName: "Box",
  kernelRelease: "6.1.0-18-amd64",
  osRelease: { ID: "debian", VERSION_ID: "13" },
  userName: "root",
  userId: 0,
  groupName: "root",
  groupId: 0,
  homeDirectory: "/root",
  shell: "/bin/sh",
  runtimeDirectory: "/run",
  stateDirectory: "/var/lib",
  cacheDirectory: "/var/cache",
  logsDirectory: "/var/log",
  configurationDirectory: "/etc",
  sharedDataDirectory: "/usr/share",
  temporaryDirectory: "/tmp",
  persistentTemporaryDirectory: "/var/tmp",
};
