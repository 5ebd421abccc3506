/** What specifiers and conditions ask about the container and usher's own account; each fact is read when asked for. */
import type { Native } from "../../host/native.ts";
import type { SpecifierFacts } from "../../unit/text/specifier.ts";
import { accountOf, groupName, type ReadAccountFile, type User } from "../process/accounts.ts";
import { environmentValue } from "../process/environment.ts";

const SMALL_FILE = 64 * 1024;

/** uname's machine → systemd's name (systemd.unit(5), ConditionArchitecture=). */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: "x86-64",
  i386: "x86",
  i686: "x86",
  aarch64: "arm64",
  armv7l: "arm",
  armv6l: "arm",
  ppc64le: "ppc64-le",
};

export function architecture(host: Native): string {
  const machine = host.uname()[4] ?? "";
  return ARCHITECTURES[machine] ?? machine;
}

/** First line of a file, trimmed; "" where there is none. */
export function firstLine(host: Native, path: string): string {
  const text = host.readFile(path, SMALL_FILE);
  return typeof text === "number" ? "" : (text.split("\n", 1)[0] ?? "").trim();
}

/** os-release(5) by key, quotes taken off. */
export function osRelease(host: Native): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of ["/etc/os-release", "/usr/lib/os-release"]) {
    const text = host.readFile(path, SMALL_FILE);
    if (typeof text === "number") continue;
    for (const line of text.split("\n")) {
      const match = /^([A-Z0-9_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line);
      if (match?.[1] !== undefined) found[match[1]] = match[2] ?? match[3] ?? match[4] ?? "";
    }
    break;
  }
  return found;
}

/** Makes each property a getter that remembers its value. */
function lazily<T extends object>(facts: { readonly [K in keyof T]: () => T[K] }): T {
  const result = {};
  for (const [name, read] of Object.entries(facts) as [string, () => unknown][]) {
    Object.defineProperty(result, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = read();
        Object.defineProperty(result, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return result as T;
}

function ownAccount(host: Native, read: ReadAccountFile): User {
  const { euid, egid } = host.identity();
  return accountOf(read, euid, egid);
}

const bare = (uuid: string): string => uuid.replaceAll("-", "");

export function specifierFacts(host: Native, read: ReadAccountFile): SpecifierFacts {
  const hostName = (): string => host.uname()[1] ?? "localhost";
  const variable = (name: string): string | null => environmentValue(host.environ, name);
  const prettyHostName = (): string => {
    const text = host.readFile("/etc/machine-info", SMALL_FILE);
    const match = typeof text === "number" ? null : /^PRETTY_HOSTNAME="?(.*?)"?$/m.exec(text);
    return match?.[1] ?? hostName();
  };
  const temporary = (): string => variable("TMPDIR") ?? variable("TEMP") ?? variable("TMP") ?? "";
  return lazily<SpecifierFacts>({
    architecture: () => architecture(host),
    bootId: () => bare(firstLine(host, "/proc/sys/kernel/random/boot_id")),
    machineId: () => bare(firstLine(host, "/etc/machine-id")),
    hostName,
    prettyHostName,
    kernelRelease: () => host.uname()[2] ?? "",
    osRelease: () => osRelease(host),
    userName: () => ownAccount(host, read).name,
    userId: () => host.identity().euid,
    groupName: () => groupName(read, host.identity().egid),
    groupId: () => host.identity().egid,
    homeDirectory: () => variable("HOME") ?? ownAccount(host, read).home,
    shell: () => ownAccount(host, read).shell || "/bin/sh",
    runtimeDirectory: () => "/run",
    stateDirectory: () => "/var/lib",
    cacheDirectory: () => "/var/cache",
    logsDirectory: () => "/var/log",
    configurationDirectory: () => "/etc",
    sharedDataDirectory: () => "/usr/share",
    temporaryDirectory: () => temporary() || "/tmp",
    persistentTemporaryDirectory: () => temporary() || "/var/tmp",
  });
}
