/**
 * Directives that systemd 257 knows and that are accepted here without being carried out, by name only: PID 1 loads
 * this list at every start. Why each is so is in the reference (`directive-reference.ts`).
 *
 * `unenforced`: a protection or a limit that is silently not there, which a reader of the unit would count on.
 * `meaningless`: nothing is lost in a container. `unsupported`: what the unit is for doesn't happen.
 */
export type KnownKind = "unenforced" | "meaningless" | "unsupported";

const EXEC_UNENFORCED =
  "RootImage RootImageOptions RootImagePolicy RootHash RootHashSignature RootVerity RootEphemeral ExtensionDirectories ExtensionImages ExtensionImagePolicy MountImages MountImagePolicy " +
  "RemoveIPC Capabilities KeyringMode SELinuxContext AppArmorProfile SmackProcessLabel " +
  "ProtectProc ProcSubset RestrictNamespaces ReadWriteDirectories ReadOnlyDirectories InaccessibleDirectories ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths BindPaths BindReadOnlyPaths TemporaryFileSystem PrivateTmp PrivateDevices ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectClock ProtectControlGroups NetworkNamespacePath IPCNamespacePath PrivateNetwork PrivateUsers PrivateMounts PrivateIPC PrivatePIDs ProtectSystem ProtectHome MountFlags MountAPIVFS ProtectHostname " +
  "SystemCallFilter SystemCallArchitectures SystemCallErrorNumber SystemCallLog MemoryDenyWriteExecute RestrictRealtime RestrictSUIDSGID RestrictAddressFamilies LockPersonality RestrictFileSystems " +
  "SetCredentialEncrypted LoadCredentialEncrypted";

const EXEC_MEANINGLESS =
  "NUMAPolicy NUMAMask MemoryKSM TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns TimeoutCleanSec PAMName UtmpIdentifier UtmpMode LogExtraFields LogFilterPatterns LogNamespace BindLogSockets";

const RESOURCE_UNENFORCED =
  "AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes StartupAllowedMemoryNodes CPUWeight StartupCPUWeight CPUShares StartupCPUShares CPUQuota CPUQuotaPeriodSec MemoryMin DefaultMemoryMin DefaultMemoryLow DefaultStartupMemoryLow MemoryLow StartupMemoryLow MemoryHigh StartupMemoryHigh MemoryMax StartupMemoryMax MemorySwapMax StartupMemorySwapMax MemoryZSwapMax StartupMemoryZSwapMax MemoryZSwapWriteback MemoryLimit DeviceAllow DevicePolicy IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetSec BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth BlockIOWriteBandwidth TasksMax IPAddressAllow IPAddressDeny IPIngressFilterPath IPEgressFilterPath BPFProgram SocketBindAllow SocketBindDeny RestrictNetworkInterfaces NFTSet";

const RESOURCE_MEANINGLESS =
  "Slice CPUAccounting MemoryAccounting IOAccounting BlockIOAccounting TasksAccounting IPAccounting Delegate DelegateSubgroup DisableControllers ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMMemoryPressureDurationSec ManagedOOMPreference NetClass MemoryPressureThresholdSec MemoryPressureWatch CoredumpReceive";

/** What only its section has. */
const MEANINGLESS: Readonly<Record<string, string>> = {
  Unit: "JoinsNamespaceOf RequiresMountsFor WantsMountsFor SurviveFinalKillSignal IgnoreOnSnapshot JobTimeoutRebootArgument RebootArgument",
  Socket: "ListenUSBFunction SmackLabel SmackLabelIPIn SmackLabelIPOut SELinuxContextFromNet",
  Service: "RebootArgument SysVStartPriority BusPolicy USBFunctionDescriptors USBFunctionStrings",
  Mount:
    "What Where Options Type TimeoutSec DirectoryMode SloppyOptions LazyUnmount ForceUnmount ReadWriteOnly",
  Automount: "Where ExtraOptions DirectoryMode TimeoutIdleSec",
  Swap: "What Priority Options TimeoutSec",
  Scope: "RuntimeMaxSec RuntimeRandomizedExtraSec TimeoutStopSec OOMPolicy",
};

const UNSUPPORTED: Readonly<Record<string, string>> = {
  Timer:
    "OnCalendar OnActiveSec OnBootSec OnStartupSec OnUnitActiveSec OnUnitInactiveSec OnClockChange OnTimezoneChange Persistent WakeSystem RemainAfterElapse FixedRandomDelay DeferReactivation AccuracySec RandomizedDelaySec RandomizedOffsetSec Unit",
  Path: "PathExists PathExistsGlob PathChanged PathModified DirectoryNotEmpty Unit MakeDirectory DirectoryMode TriggerLimitIntervalSec TriggerLimitBurst",
};

const WITH_EXEC: readonly string[] = ["Service", "Socket", "Mount", "Swap"];
const WITH_RESOURCES: readonly string[] = [...WITH_EXEC, "Slice", "Scope"];

function holds(names: string | undefined, key: string): boolean {
  return names !== undefined && ` ${names} `.includes(` ${key} `);
}

/** Is this a directive that systemd knows in the section, though nothing here carries it out? */
export function knownDirective(section: string, key: string): KnownKind | undefined {
  if (holds(MEANINGLESS[section], key)) return "meaningless";
  if (holds(UNSUPPORTED[section], key)) return "unsupported";
  if (WITH_EXEC.includes(section)) {
    if (holds(EXEC_UNENFORCED, key)) return "unenforced";
    if (holds(EXEC_MEANINGLESS, key)) return "meaningless";
  }
  if (WITH_RESOURCES.includes(section)) {
    if (holds(RESOURCE_UNENFORCED, key)) return "unenforced";
    if (holds(RESOURCE_MEANINGLESS, key)) return "meaningless";
  }
  return undefined;
}

/** All such names of a section, for the reference and for checks of completeness. */
export function knownDirectives(section: string): readonly (readonly [string, KnownKind])[] {
  const lists: (readonly [string | undefined, KnownKind])[] = [
    [MEANINGLESS[section], "meaningless"],
    [UNSUPPORTED[section], "unsupported"],
  ];
  if (WITH_EXEC.includes(section))
    lists.push([EXEC_UNENFORCED, "unenforced"], [EXEC_MEANINGLESS, "meaningless"]);
  if (WITH_RESOURCES.includes(section)) {
    lists.push([RESOURCE_UNENFORCED, "unenforced"], [RESOURCE_MEANINGLESS, "meaningless"]);
  }
  return lists.flatMap(([names, kind]) =>
    names === undefined ? [] : names.split(" ").map((name) => [name, kind] as const),
  );
}
