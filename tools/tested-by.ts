/**
 * The column `tested-by` of the directive table: for each directive that is carried out, by the reference's parts, the
 * test that would fail if it weren't (paths below test/; a folder is a scenario that was recorded from systemd). Where
 * several have it, the one that looks closest. `unit/` says that the value is read and nothing more is checked.
 *
 * test/tools/directives.test.ts holds this to what the tests contain; docs/directives.md shows it.
 */
export const TESTED_BY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "[Unit]": {
    "container/docs.test.ts": "FailureAction SuccessAction",
    "container/exit-code.test.ts": "StartLimitAction FailureActionExitStatus SuccessActionExitStatus",
    "container/scenarios/service-results": "StartLimitIntervalSec StartLimitBurst",
    "container/scenarios/unit-conditions":
      "ConditionPathExists AssertPathExists ConditionPathExistsGlob ConditionPathIsDirectory AssertPathIsDirectory ConditionPathIsSymbolicLink ConditionPathIsMountPoint ConditionPathIsReadWrite ConditionDirectoryNotEmpty ConditionFileNotEmpty ConditionFileIsExecutable ConditionArchitecture ConditionVirtualization ConditionHost ConditionKernelVersion ConditionCapability ConditionMemory ConditionCPUs ConditionEnvironment ConditionUser ConditionGroup ConditionOSRelease",
    "container/scenarios/unit-defaults": "Before DefaultDependencies",
    "container/scenarios/unit-dependencies":
      "Requisite BindsTo Upholds PartOf Conflicts OnSuccess OnFailure PropagatesReloadTo PropagatesStopTo StopWhenUnneeded RefuseManualStart RefuseManualStop Requires Wants After",
    "container/scenarios/unit-specifiers": "Description",
    "engine/jobs.test.ts": "JobTimeoutSec",
    "unit/condition.test.ts":
      "AssertPathExistsGlob AssertPathIsSymbolicLink AssertPathIsMountPoint AssertPathIsReadWrite ConditionPathIsEncrypted AssertPathIsEncrypted AssertDirectoryNotEmpty AssertFileNotEmpty AssertFileIsExecutable ConditionNeedsUpdate AssertNeedsUpdate ConditionFirstBoot AssertFirstBoot AssertArchitecture ConditionFirmware AssertFirmware AssertVirtualization AssertHost ConditionKernelCommandLine AssertKernelCommandLine AssertKernelVersion ConditionVersion AssertVersion ConditionCredential AssertCredential ConditionSecurity AssertSecurity AssertCapability ConditionACPower AssertACPower AssertMemory ConditionCPUFeature AssertCPUFeature AssertCPUs AssertEnvironment AssertGroup ConditionControlGroupController AssertControlGroupController AssertOSRelease ConditionMemoryPressure AssertMemoryPressure ConditionCPUPressure AssertCPUPressure ConditionIOPressure AssertIOPressure ConditionKernelModuleLoaded AssertKernelModuleLoaded",
    "unit/service-section.test.ts": "StartLimitInterval",
    "unit/unit-section.test.ts":
      "Documentation SourcePath RequiresOverridable RequisiteOverridable OnFailureJobMode OnFailureIsolate JobTimeoutAction CollectMode AssertUser",
    "container/scenarios/service-others":
      "ReloadPropagatedFrom StopPropagatedFrom PropagateReloadFrom PropagateReloadTo BindTo JobRunningTimeoutSec AllowIsolate IgnoreOnIsolate OnSuccessJobMode",
  },
  "[Install]": {
    "container/scenarios/unit-install": "Alias WantedBy RequiredBy Also",
    "unit/unit-section.test.ts": "UpheldBy DefaultInstance",
  },
  "[Service]": {
    "container/docs.test.ts": "FailureAction",
    "container/exit-code.test.ts": "StartLimitAction",
    "container/scenarios/exec-commands": "ExecCondition",
    "container/scenarios/exec-identity": "PermissionsStartOnly",
    "container/scenarios/service-kill": "TimeoutStopSec",
    "container/scenarios/service-restart":
      "ExecStartPre ExecStartPost ExecStop ExecStopPost Restart RestartSec WatchdogSec RestartPreventExitStatus RestartForceExitStatus",
    "container/scenarios/service-results": "RuntimeMaxSec SuccessExitStatus StartLimitBurst",
    "container/scenarios/service-timeouts":
      "ExecReload TimeoutSec TimeoutAbortSec TimeoutStartFailureMode TimeoutStopFailureMode NotifyAccess",
    "container/scenarios/service-types":
      "Type ExecStart TimeoutStartSec GuessMainPID PIDFile RemainAfterExit",
    "container/scenarios/socket-descriptor-store": "FileDescriptorStoreMax FileDescriptorStorePreserve",
    "container/scenarios/socket-passing": "NonBlocking Sockets",
    "unit/service-section.test.ts": "BusName OOMPolicy StartLimitInterval",
    "container/scenarios/service-others":
      "ExitType RestartMode RootDirectoryStartOnly OpenFile ReloadSignal RuntimeRandomizedExtraSec RestartSteps RestartMaxDelaySec",
  },
  "[Socket]": {
    "container/scenarios/socket-accept": "Accept MaxConnections MaxConnectionsPerSource",
    "container/scenarios/socket-addresses": "ListenSpecial BindToDevice Writable",
    "container/scenarios/socket-commands":
      "ExecStartPre ExecStartPost ExecStopPre ExecStopPost TimeoutSec PassFileDescriptorsToExec",
    "container/scenarios/socket-files":
      "Backlog SocketUser SocketGroup SocketMode DirectoryMode RemoveOnStop Symlinks",
    "container/scenarios/socket-kinds":
      "ListenStream ListenDatagram ListenSequentialPacket ListenFIFO BindIPv6Only",
    "container/scenarios/socket-life": "FlushPending",
    "container/scenarios/socket-limits":
      "TriggerLimitIntervalSec TriggerLimitBurst PollLimitIntervalSec PollLimitBurst",
    "container/scenarios/socket-messages": "ListenNetlink ListenMessageQueue",
    "container/scenarios/socket-options":
      "SocketProtocol KeepAlive KeepAliveTimeSec KeepAliveIntervalSec KeepAliveProbes NoDelay Priority DeferAcceptSec ReceiveBuffer SendBuffer IPTOS IPTTL Mark ReusePort FreeBind Transparent Broadcast PassCredentials PassSecurity PassPacketInfo Timestamping TCPCongestion PipeSize MessageQueueMaxMessages MessageQueueMessageSize",
    "container/scenarios/socket-passing": "Service FileDescriptorName",
    "container/socket.test.ts": "PassPIDFD AcceptFileDescriptors DeferTrigger DeferTriggerMaxSec",
  },
  "Execution, in [Service] and [Socket]": {
    "container/container-environment.test.ts": "PassEnvironment",
    "container/credentials.test.ts": "DynamicUser SetCredential LoadCredential ImportCredential",
    "container/output.test.ts":
      "SyslogIdentifier SyslogLevel SyslogLevelPrefix LogLevelMax LogRateLimitIntervalSec LogRateLimitBurst",
    "container/scenarios/exec-attributes":
      "OOMScoreAdjust CoredumpFilter IOSchedulingClass IOSchedulingPriority CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CPUAffinity ExecSearchPath LimitRSS LimitLOCKS LimitRTTIME CapabilityBoundingSet AmbientCapabilities SecureBits NoNewPrivileges TimerSlackNSec CacheDirectoryMode LogsDirectoryMode ConfigurationDirectoryMode",
    "container/scenarios/exec-directories":
      "WorkingDirectory RuntimeDirectoryPreserve RuntimeDirectory RuntimeDirectoryMode StateDirectory StateDirectoryMode CacheDirectory LogsDirectory ConfigurationDirectory",
    "container/scenarios/exec-environment": "Environment EnvironmentFile UnsetEnvironment",
    "container/scenarios/exec-failures": "SupplementaryGroups LimitNOFILE",
    "container/scenarios/exec-identity":
      "RootDirectory Nice LimitCPU LimitFSIZE LimitDATA LimitSTACK LimitCORE LimitAS LimitNPROC LimitMEMLOCK LimitSIGPENDING LimitMSGQUEUE LimitNICE LimitRTPRIO IgnoreSIGPIPE User Group",
    "container/scenarios/exec-streams":
      "UMask StandardInput StandardOutput StandardError StandardInputText StandardInputData",
    "container/scenarios/exec-variables": "SetLoginEnvironment",
    "unit/exec-section.test.ts": "TTYPath SyslogFacility Personality",
  },
  "Killing, in [Service] and [Socket]": {
    "container/scenarios/notify-messages": "WatchdogSignal",
    "container/scenarios/service-kill":
      "KillMode KillSignal RestartKillSignal SendSIGKILL SendSIGHUP FinalKillSignal",
  },
  "[X-Usher]": {
    "container/container-environment.test.ts": "CleanEnvironment",
    "container/socket.test.ts": "OnTriggerLimit",
    "container/adopt.test.ts": "AdoptSockets",
    "container/idle.test.ts": "IdleTimeoutSec",
    "container/ready.test.ts": "ReadyCheck HoldUntilReady",
  },
};

/** Each directive of a part with its test. */
export function testsOf(part: string): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(TESTED_BY[part] ?? {}).flatMap(([path, names]) =>
      names.split(" ").map((name) => [name, path] as const),
    ),
  );
}
