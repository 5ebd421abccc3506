/**
 * The reference of directives: what becomes of each, why some are accepted without being carried out, and what to know
 * of some that are. Only tools read this; PID 1 doesn't load it.
 */
import { sectionDirectives } from "./directive-table.ts";
import { type KnownKind, knownDirectives } from "./known-directives.ts";

/** "fixed": answered without looking at anything. */
export type DirectiveStatus = "works" | "fixed" | KnownKind;

export interface ReferenceEntry {
  readonly name: string;
  readonly status: DirectiveStatus;
  /** What it takes; null for one that is not read. */
  readonly expected: string | null;
  /** Why it has no effect, or what to know; null where systemd's manual page says it all. */
  readonly note: string | null;
}

export interface ReferencePart {
  readonly title: string;
  readonly manual: string;
  readonly entries: readonly ReferenceEntry[];
}

/** Why directives are accepted without being carried out; every such directive is in one of these. */
const REASONS: readonly (readonly [reason: string, names: string])[] = [
  [
    "needs namespaces, which the container itself is made of and which it may not make anew",
    "ProtectProc ProcSubset RestrictNamespaces ReadWriteDirectories ReadOnlyDirectories InaccessibleDirectories ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths BindPaths BindReadOnlyPaths TemporaryFileSystem PrivateTmp PrivateDevices ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectClock ProtectControlGroups NetworkNamespacePath IPCNamespacePath PrivateNetwork PrivateUsers PrivateMounts PrivateIPC PrivatePIDs ProtectSystem ProtectHome MountFlags MountAPIVFS ProtectHostname JoinsNamespaceOf",
  ],
  [
    "needs a filter for system calls; the container manager's own is in force",
    "SystemCallFilter SystemCallArchitectures SystemCallErrorNumber SystemCallLog MemoryDenyWriteExecute RestrictRealtime RestrictSUIDSGID RestrictAddressFamilies LockPersonality RestrictFileSystems",
  ],
  [
    "needs disk images or overlays, which a container can't mount",
    "RootImage RootImageOptions RootImagePolicy RootHash RootHashSignature RootVerity RootEphemeral ExtensionDirectories ExtensionImages ExtensionImagePolicy MountImages MountImagePolicy",
  ],
  ["needs a key in the host's TPM or on its disk", "SetCredentialEncrypted LoadCredentialEncrypted"],
  [
    "security labels and keys are the host's",
    "KeyringMode SELinuxContext AppArmorProfile SmackProcessLabel SmackLabel SmackLabelIPIn SmackLabelIPOut SELinuxContextFromNet Capabilities",
  ],
  ["System V IPC objects are left to the container's end", "RemoveIPC"],
  [
    "limits are the container manager's: give the container less (docker run --memory, --cpus, --pids-limit)",
    "AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes StartupAllowedMemoryNodes CPUWeight StartupCPUWeight CPUShares StartupCPUShares CPUQuota CPUQuotaPeriodSec MemoryMin DefaultMemoryMin DefaultMemoryLow DefaultStartupMemoryLow MemoryLow StartupMemoryLow MemoryHigh StartupMemoryHigh MemoryMax StartupMemoryMax MemorySwapMax StartupMemorySwapMax MemoryZSwapMax StartupMemoryZSwapMax MemoryZSwapWriteback MemoryLimit IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetSec BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth BlockIOWriteBandwidth TasksMax",
  ],
  ["devices are the container manager's to give (docker run --device)", "DeviceAllow DevicePolicy"],
  [
    "needs BPF programs or the host's firewall",
    "IPAddressAllow IPAddressDeny IPIngressFilterPath IPEgressFilterPath BPFProgram SocketBindAllow SocketBindDeny RestrictNetworkInterfaces NFTSet",
  ],
  [
    "control groups are the container manager's",
    "Slice CPUAccounting MemoryAccounting IOAccounting BlockIOAccounting TasksAccounting IPAccounting Delegate DelegateSubgroup DisableControllers ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMMemoryPressureDurationSec ManagedOOMPreference NetClass MemoryPressureThresholdSec MemoryPressureWatch CoredumpReceive",
  ],
  ["memory is the host's to place and merge", "NUMAPolicy NUMAMask MemoryKSM"],
  [
    "a container has no virtual terminals and no log-in records",
    "TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns PAMName UtmpIdentifier UtmpMode",
  ],
  ["there is no journal", "LogExtraFields LogFilterPatterns LogNamespace BindLogSockets"],
  ["there is no `systemctl clean` with a limit", "TimeoutCleanSec"],
  [
    "file systems are mounted by the container manager before usher starts",
    "RequiresMountsFor WantsMountsFor",
  ],
  [
    "mounts and swaps are the container manager's; the unit is there as soon as it is named",
    "What Where Options Type TimeoutSec DirectoryMode SloppyOptions LazyUnmount ForceUnmount ReadWriteOnly ExtraOptions TimeoutIdleSec Priority",
  ],
  ["scopes are made by nobody here", "RuntimeMaxSec RuntimeRandomizedExtraSec TimeoutStopSec OOMPolicy"],
  ["the container's end ends every process", "SurviveFinalKillSignal"],
  ["there is no machine to reboot", "RebootArgument JobTimeoutRebootArgument"],
  ["systemd itself ignores it by now", "IgnoreOnSnapshot SysVStartPriority BusPolicy"],
  ["a container has no USB gadgets", "ListenUSBFunction USBFunctionDescriptors USBFunctionStrings"],
];

const UNSUPPORTED_REASON = "timers and paths are not carried out yet";

/** What to know of directives that are read. */
const NOTES: Readonly<Record<string, string>> = {
  Documentation: "shown only",
  SourcePath: "shown only",
  CollectMode: "of units that have no file; one that has a file stays known",
  BusName: "nobody watches the bus: a Type=dbus service is not found to be ready",
  SyslogFacility: "shown only: records have no facility",
  DynamicUser: "the account is not entered anywhere; its number is made from the name",
  PassSecurity: "where the kernel has such a module",
  PassPIDFD: "from systemd 258, where the kernel has it",
  AcceptFileDescriptors: "from systemd 258, where the kernel has it",
  DeferTrigger: "from systemd 258",
  DeferTriggerMaxSec: "from systemd 258",
  ListenStream: "an interface that isn't there fails the socket (systemd passes the line over)",
};

const FIXED: Readonly<Record<string, string>> = {
  PathIsEncrypted: "false",
  NeedsUpdate: "false",
  FirstBoot: "a container's boot is not the first one",
  Firmware: "false",
  Security: "false: security modules are the host's",
  ACPower: "on mains power",
  MemoryPressure: "true",
  CPUPressure: "true",
  IOPressure: "true",
};

const CONDITION_NOTES: Readonly<Record<string, string>> = {
  Virtualization: "a container, of the kind that its manager says",
  KernelCommandLine: "usher's own arguments, as systemd has it in containers",
  Version: "from systemd 258; systemd counts as 257",
  Credential: "looked for in /run/credentials/@system",
};

function reasonFor(name: string, kind: KnownKind): string | null {
  if (kind === "unsupported") return UNSUPPORTED_REASON;
  return REASONS.find(([, names]) => names.split(" ").includes(name))?.[0] ?? null;
}

function rowEntry(name: string, expected: string): ReferenceEntry {
  const condition = /^(?:Condition|Assert)(.+)$/.exec(name)?.[1];
  if (condition === undefined) return { name, status: "works", expected, note: NOTES[name] ?? null };
  const fixed = FIXED[condition];
  const note = fixed ?? CONDITION_NOTES[condition] ?? null;
  return { name, status: fixed === undefined ? "works" : "fixed", expected, note };
}

function knownEntries(section: string): ReferenceEntry[] {
  return knownDirectives(section).map(([name, status]) => ({
    name,
    status,
    expected: null,
    note: reasonFor(name, status),
  }));
}

function rows(section: string, ...groups: readonly string[]): ReferenceEntry[] {
  return sectionDirectives(section)
    .filter(([, { group }]) => groups.includes(group))
    .map(([name, { expected }]) => rowEntry(name, expected));
}

function without(entries: readonly ReferenceEntry[], others: readonly ReferenceEntry[]): ReferenceEntry[] {
  return entries.filter(({ name }) => !others.some((other) => other.name === name));
}

/** Every directive of systemd's units, and usher's own. */
export function directiveReference(): readonly ReferencePart[] {
  const resources = knownEntries("Slice");
  const exec = without(knownEntries("Swap"), resources).filter(({ note }) => !note?.startsWith("mounts"));
  const shared = [...exec, ...resources];
  const own = (section: string): ReferenceEntry[] => without(knownEntries(section), shared);
  return [
    {
      title: "[Unit]",
      manual: "systemd.unit(5)",
      entries: [...rows("Unit", "unit", "dependencies"), ...own("Unit")],
    },
    { title: "[Install]", manual: "systemd.unit(5)", entries: rows("Install", "install") },
    {
      title: "[Service]",
      manual: "systemd.service(5)",
      entries: [...rows("Service", "service", "unit"), ...own("Service")],
    },
    {
      title: "[Socket]",
      manual: "systemd.socket(5)",
      entries: [...rows("Socket", "socket"), ...own("Socket")],
    },
    {
      title: "Execution, in [Service] and [Socket]",
      manual: "systemd.exec(5)",
      entries: [...rows("Service", "exec"), ...exec],
    },
    {
      title: "Killing, in [Service] and [Socket]",
      manual: "systemd.kill(5)",
      entries: rows("Service", "kill"),
    },
    { title: "Resource control", manual: "systemd.resource-control(5)", entries: resources },
    { title: "[Timer]", manual: "systemd.timer(5)", entries: own("Timer") },
    { title: "[Path]", manual: "systemd.path(5)", entries: own("Path") },
    { title: "[Mount]", manual: "systemd.mount(5)", entries: own("Mount") },
    { title: "[Automount]", manual: "systemd.automount(5)", entries: own("Automount") },
    { title: "[Swap]", manual: "systemd.swap(5)", entries: own("Swap") },
    { title: "[Scope]", manual: "systemd.scope(5)", entries: own("Scope") },
    { title: "[X-Usher]", manual: "configuration.md", entries: rows("X-Usher", "usher") },
  ];
}
