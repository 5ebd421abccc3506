/**
 * Values to try for each directive, right ones and wrong ones; which is which is systemd's to say. One row for a kind
 * of value, and which directives take it.
 */

const BOOLEANS = ["yes", "no", "true", "False", "on", "OFF", "1", "0", "t", "n", "", "2", "maybe", "yes no"];
const SPANS = [
  ..."0,5,1.5h,100ms,1us,infinity,-1,5x,1 2,5min 20s,2 h 3m,18446744073709551615,9007199254740993,1y 2month 3w 4d,s,.5s,+5".split(
    ",",
  ),
  "",
];
const NUMBERS = [
  ..."0,1,5,64,255,256,2147483647,2147483648,4294967295,4294967296,-1,+7,0x10,010,0b11,0o17,1.5,5 6,abc,99999999999999999999".split(
    ",",
  ),
  "",
];
const SIZES = [
  ..."0,1,+5,4096,64K,1M,2G,1.5K,1K 5,1 M,5X,1T,10%,-1,18446744073709551615,18446744073709551616,2147483647,2147483648,infinity,64k".split(
    ",",
  ),
  "",
];
const MODES = [..."0644,644,0777,7777,07777,10000,0,08,abc,-1,+644,0o755,0644 ".split(","), ""];
const PATHS = [
  "/run/x",
  "/run//x/./y",
  "/run/../x",
  "relative",
  "/run/with space",
  "/var/run/x",
  "/",
  "~",
  "-/run/x",
  "/run/%n",
  "/run/%Q",
  "/run/x/",
  '"/run/x"',
  "",
];
const ACCOUNTS = [
  "root",
  "nobody",
  "0",
  "65534",
  "adm",
  "no-such-account",
  "a b",
  "a:b",
  "-x",
  "4294967295",
  "%n",
  "",
];
const SIGNALS = [
  ..."SIGTERM,TERM,15,SIGRTMIN+3,RTMIN,SIGRTMAX-1,34,0,64,65,-1,SIGFOO,sigterm,SIGKILL,9,term".split(","),
  "",
];
const TEXTS = ["plain", "two words", "%n and %%", "%Q", '"quoted"', "a\\tb", ""];
const COMMANDS = [
  "/bin/true",
  "/bin/true a 'b c' \"d\"",
  "-/bin/false",
  "+/bin/true",
  "!/bin/true",
  "!!/bin/true",
  "!!!/bin/true",
  ":/bin/echo $HOME",
  "@/bin/sh name -c :",
  "@/bin/true",
  "/bin/true ; /bin/true x",
  "/bin/true \\; x",
  "true",
  "./true",
  "/bin/true %n %i $$ $X",
  "/bin/echo %Q",
  "/bin/echo 'unbalanced",
  "-/bin/echo 'unbalanced",
  "/bin/",
  "/no/such/program",
  "-/no/such/program",
  "-",
  "",
];
const UNITS = [
  "a.service",
  "a.service b.target",
  "%p.target",
  "no-suffix",
  "bad/name.service",
  "a.service no-suffix b.service",
  "template@.service",
  "template@x.service",
  '"a.service"',
  "a b.service",
  "",
];
const BURSTS = [...NUMBERS, "10"];
const STATUSES = [
  ..."0,1 2 3,255,256,-1,SIGTERM 5 SIGKILL,TERM,15,EXIT_FAILURE,NOTRUNNING,DATAERR,BOGUS 3,SIGRTMIN+1,RTMIN".split(
    ",",
  ),
  "",
];
const ACTIONS = [
  "none",
  "exit",
  "exit-force",
  "reboot",
  "reboot-immediate",
  "poweroff",
  "soft-reboot",
  "kexec",
  "halt",
  "explode",
  "",
];
const LIMITS = [
  ..."infinity,5,5:10,10:5,5:infinity,infinity:5,1K,1.5M,5s,1min,-5,+5,0,abc,5:,5:6:7, 7:8".split(","),
  "",
];
const DIRECTORIES = [
  "name",
  "a b/c",
  "/absolute",
  "../up",
  "a/../b",
  "a:link",
  "a:link:ro",
  "a:../link",
  "a//b/",
  ".",
  "private/x",
  "%p",
  "%Q",
  "",
];
const CAPABILITIES = [
  "CAP_NET_ADMIN",
  "cap_chown cap_kill",
  "~CAP_SYS_ADMIN",
  "~",
  "CAP_BOGUS CAP_KILL",
  "12",
  "all",
  "",
];
const INPUTS = [
  "null",
  "tty",
  "tty-force",
  "tty-fail",
  "data",
  "socket",
  "fd",
  "fd:name",
  "file:/dev/null",
  "file:x",
  "bogus",
  "",
];
const OUTPUTS = [
  ...INPUTS,
  "inherit",
  "journal",
  "kmsg",
  "journal+console",
  "kmsg+console",
  "append:/dev/null",
  "truncate:/dev/null",
  "append:x",
  "syslog",
  "syslog+console",
];
const LEVELS = ["emerg", "err", "debug", "7", "8", "-1", "ERR", "loud", ""];
const LISTEN = [
  "7000",
  "127.0.0.1:7000",
  "0.0.0.0:7000",
  "[::1]:7000",
  "[::]:7000",
  "[fe80::1]:7000%lo",
  "[fe80::1]:7000%%lo",
  "[::1]:7000%no-such0",
  "[::1]:7000%1",
  "[::1]:7000%",
  "[::ffff:127.0.0.1]:7000",
  "::1:7000",
  "[::1]",
  "127.0.0.1",
  "127.0.0.1:",
  "1.2.3:80",
  "01.2.3.4:80",
  "localhost:7000",
  "*:7000",
  "0",
  "65536",
  " 7000",
  "+7000",
  "7000x",
  "/run/differential.sock",
  "/run/differential/../d.sock",
  "/run/./d//d.sock",
  "/run/d.sock/",
  "/var/run/d.sock",
  "/",
  "//",
  "/run/with space",
  `/run/${"x".repeat(102)}`,
  `/run/${"x".repeat(103)}`,
  "@differential",
  "@",
  `@${"x".repeat(106)}`,
  `@${"x".repeat(107)}`,
  "@with space",
  "relative",
  "vsock:2:1234",
  "vsock::1234",
  "vsock:4294967295:1234",
  "vsock-stream::1234",
  "vsock-dgram::1234",
  "vsock-seqpacket::1234",
  "vsock:x:1234",
  "vsock:2",
  "vsock:",
  "/run/%p.sock",
  "/run/%Q.sock",
  '"7000"',
  "7000 7001",
  "",
];

/** Which directives take which values. */
type Rows = readonly (readonly [values: readonly string[], names: string])[];

const UNIT: Rows = [
  [TEXTS, "Description Documentation"],
  [["man:a(1) http://x", "bogus", "file:/x info:y", "man:a(1) bogus http://y", ""], "Documentation"],
  [PATHS, "SourcePath"],
  [
    UNITS,
    "Requires Requisite Wants BindsTo BindTo Upholds PartOf Conflicts Before After OnSuccess OnFailure PropagatesReloadTo PropagateReloadTo ReloadPropagatedFrom PropagateReloadFrom PropagatesStopTo StopPropagatedFrom RequiresOverridable RequisiteOverridable",
  ],
  [
    BOOLEANS,
    "StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate DefaultDependencies OnFailureIsolate IgnoreOnIsolate",
  ],
  [
    [
      "fail",
      "replace",
      "replace-irreversibly",
      "isolate",
      "flush",
      "ignore-dependencies",
      "restart-dependencies",
      "triggering",
      "lenient",
      "bogus",
      "",
    ],
    "OnSuccessJobMode OnFailureJobMode",
  ],
  [SPANS, "JobTimeoutSec JobRunningTimeoutSec StartLimitIntervalSec StartLimitInterval"],
  [ACTIONS, "JobTimeoutAction StartLimitAction FailureAction SuccessAction"],
  [BURSTS, "StartLimitBurst"],
  [NUMBERS, "FailureActionExitStatus SuccessActionExitStatus"],
  [["inactive", "inactive-or-failed", "always", ""], "CollectMode"],
];

const EXEC: Rows = [
  [[...PATHS, "~", "-~", "-/no/such"], "WorkingDirectory"],
  [PATHS, "RootDirectory TTYPath"],
  [ACCOUNTS, "User Group SupplementaryGroups"],
  [["adm", "adm nogroup", "adm bad:name", '"adm"', ""], "SupplementaryGroups"],
  [
    BOOLEANS,
    "DynamicUser SetLoginEnvironment CPUSchedulingResetOnFork SyslogLevelPrefix NoNewPrivileges IgnoreSIGPIPE",
  ],
  [["-20", "19", "20", "-21", "0", "5x", "+3", ""], "Nice"],
  [["-1000", "1000", "1001", "-1001", "0", "x", ""], "OOMScoreAdjust"],
  [
    ["default", "all", "private-anonymous", "0x33", "33", "shared-dax elf-headers", "bogus", ""],
    "CoredumpFilter",
  ],
  [["none", "realtime", "best-effort", "idle", "0", "3", "4", "bogus", ""], "IOSchedulingClass"],
  [["0", "7", "8", "-1", "x", ""], "IOSchedulingPriority"],
  [["other", "batch", "idle", "fifo", "rr", "deadline", "0", "bogus", ""], "CPUSchedulingPolicy"],
  [["0", "1", "99", "100", "-1", "x", ""], "CPUSchedulingPriority"],
  [
    ["0", "0-1", "0,1", "0 1", "1-0", "5000", "0-8191", "8192", "x", "numa", "0\nCPUAffinity=1", ""],
    "CPUAffinity",
  ],
  [MODES, "UMask"],
  [
    [
      "A=1",
      "A=1 B=2",
      '"A=b c" D=e',
      "A",
      "=x",
      "A=%n",
      "A=%Q B=2",
      "1A=x B=y",
      "A=$B",
      "A='x",
      "A=1 'B",
      "A=\\x41\\n",
      "A=\\q B=2",
      "A=1\nEnvironment=A=2",
      "A=1\nEnvironment=",
      "",
    ],
    "Environment",
  ],
  [[...PATHS, "-/etc/hostname", "/etc/*.conf", "-relative"], "EnvironmentFile"],
  [["HOME", "A B", "A=1", "1A B", "%p", "", "A\nPassEnvironment=B", '"A"'], "PassEnvironment"],
  [["HOME", "A B", "A=1", "1A B", "%p", "", "A\nUnsetEnvironment=B", '"A=b c"'], "UnsetEnvironment"],
  [["/bin", "/bin:/usr/bin", "relative:/bin", "/bin:", "/a/../b", "/bin /x", ""], "ExecSearchPath"],
  [INPUTS, "StandardInput"],
  [OUTPUTS, "StandardOutput StandardError"],
  [TEXTS, "StandardInputText SyslogIdentifier"],
  [["aGVsbG8=", "aGVsbG8", "!!!", ""], "StandardInputData"],
  [[...LEVELS, "daemon", "local7", "bogus", "3", "23", "24"], "SyslogFacility"],
  [LEVELS, "SyslogLevel LogLevelMax"],
  [SPANS, "LogRateLimitIntervalSec"],
  [BURSTS, "LogRateLimitBurst"],
  [
    LIMITS,
    "LimitCPU LimitFSIZE LimitDATA LimitSTACK LimitCORE LimitRSS LimitNOFILE LimitAS LimitNPROC LimitMEMLOCK LimitLOCKS LimitSIGPENDING LimitMSGQUEUE LimitNICE LimitRTPRIO LimitRTTIME",
  ],
  [CAPABILITIES, "CapabilityBoundingSet AmbientCapabilities"],
  [["noroot", "noroot no-setuid-fixup", "keep-caps-locked", "bogus", "noroot bogus", "0", ""], "SecureBits"],
  [["0", "5", "50us", "1ns", "1.5ms", "-1", "5x", ""], "TimerSlackNSec"],
  [["x86", "x86-64", "arm64", "bogus", ""], "Personality"],
  [["no", "yes", "restart", "bogus", "", "1"], "RuntimeDirectoryPreserve"],
  [DIRECTORIES, "RuntimeDirectory StateDirectory CacheDirectory LogsDirectory ConfigurationDirectory"],
  [
    MODES,
    "RuntimeDirectoryMode StateDirectoryMode CacheDirectoryMode LogsDirectoryMode ConfigurationDirectoryMode",
  ],
];

const KILL: Rows = [
  [["control-group", "process", "mixed", "none", "bogus", ""], "KillMode"],
  [SIGNALS, "KillSignal RestartKillSignal FinalKillSignal WatchdogSignal"],
  [BOOLEANS, "SendSIGKILL SendSIGHUP"],
];

const SOCKET: Rows = [
  [LISTEN, "ListenStream ListenDatagram ListenSequentialPacket"],
  [[...PATHS, "/run/d.fifo", "/run/fifos/a/b", "/proc/x", "/sys/x", "/dev/fifo"], "ListenFIFO"],
  [[...PATHS, "/dev/null", "/dev/zero", "/proc/uptime", "/run", "/etc/passwd"], "ListenSpecial"],
  [
    [
      "route",
      "route 1",
      "route 4294967296",
      "kobject-uevent 1",
      "15",
      "15 1",
      "audit",
      "bogus",
      "route 1 2",
      "route -1",
      "route x",
      "generic",
      "0",
      "31",
      "-1",
      "",
    ],
    "ListenNetlink",
  ],
  [
    ["/q", "/q/r", "q", "/", "/dev/q", "/with space", `/${"q".repeat(255)}`, `/${"q".repeat(256)}`, ""],
    "ListenMessageQueue",
  ],
  [
    ["udplite", "sctp", "mptcp", "tcp", "", "UDPLITE", "136", "132", "262", "0x88", "6", "264"],
    "SocketProtocol",
  ],
  [["default", "both", "ipv6-only", "yes", "no", "1", "Both", "bogus", ""], "BindIPv6Only"],
  [
    NUMBERS,
    "Backlog MaxConnections MaxConnectionsPerSource KeepAliveProbes Priority IPTTL Mark MessageQueueMaxMessages MessageQueueMessageSize",
  ],
  [["lo", "*", "no-such0", "a/b", "1", "", "all", "."], "BindToDevice"],
  [ACCOUNTS, "SocketUser SocketGroup"],
  [MODES, "SocketMode DirectoryMode"],
  [
    BOOLEANS,
    "Accept Writable FlushPending KeepAlive NoDelay ReusePort FreeBind Transparent Broadcast PassCredentials PassSecurity PassPacketInfo RemoveOnStop PassFileDescriptorsToExec SELinuxContextFromNet",
  ],
  [
    SPANS,
    "KeepAliveTimeSec KeepAliveIntervalSec DeferAcceptSec TimeoutSec TriggerLimitIntervalSec PollLimitIntervalSec",
  ],
  [BURSTS, "TriggerLimitBurst PollLimitBurst"],
  [SIZES, "ReceiveBuffer SendBuffer PipeSize"],
  [[...NUMBERS, "low-delay", "throughput", "reliability", "low-cost", "LOW-DELAY"], "IPTOS"],
  [["off", "us", "usec", "µs", "μs", "ns", "nsec", "yes", "no", "on", "US", "", "bogus"], "Timestamping"],
  [[...TEXTS, "reno", "cubic"], "TCPCongestion"],
  [COMMANDS, "ExecStartPre ExecStartPost ExecStopPre ExecStopPost"],
  [
    ["other.service", "%p.service", "other.socket", "template@.service", "bogus", "bad/x.service", ""],
    "Service",
  ],
  [
    [...PATHS, "/run/l1 /run/l2", "/run/l1 relative", "/run/l1\nSymlinks=/run/l2", "/run/l1\nSymlinks="],
    "Symlinks",
  ],
  [
    ["web", "two words", "a:b", "%p", "%Q", "x".repeat(255), "x".repeat(256), "ü", "a\tb", ""],
    "FileDescriptorName",
  ],
];

const SERVICE: Rows = [
  [["simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle", "bogus", ""], "Type"],
  [["main", "cgroup", "bogus", ""], "ExitType"],
  [COMMANDS, "ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecStop ExecStopPost"],
  [
    [
      "no",
      "always",
      "on-success",
      "on-failure",
      "on-abnormal",
      "on-abort",
      "on-watchdog",
      "yes",
      "bogus",
      "",
    ],
    "Restart",
  ],
  [["normal", "direct", "debug", "bogus", ""], "RestartMode"],
  [
    SPANS,
    "RestartSec RestartMaxDelaySec TimeoutSec TimeoutStartSec TimeoutStopSec TimeoutAbortSec RuntimeMaxSec RuntimeRandomizedExtraSec WatchdogSec StartLimitInterval",
  ],
  [NUMBERS, "RestartSteps FileDescriptorStoreMax StartLimitBurst"],
  [["terminate", "abort", "kill", "bogus", ""], "TimeoutStartFailureMode TimeoutStopFailureMode"],
  [BOOLEANS, "RemainAfterExit GuessMainPID RootDirectoryStartOnly NonBlocking PermissionsStartOnly"],
  [[...PATHS, "x.pid", "../x.pid", "sub/x.pid"], "PIDFile"],
  [["org.example.A", "org", "a..b", "1.2", "org.example.%p", ""], "BusName"],
  [STATUSES, "RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus"],
  [["none", "main", "exec", "all", "bogus", ""], "NotifyAccess"],
  [["a.socket", "a.socket b.socket", "a.service", "bogus", "%p.socket", ""], "Sockets"],
  [["no", "yes", "restart", "bogus", ""], "FileDescriptorStorePreserve"],
  [SIGNALS, "ReloadSignal"],
  [["continue", "stop", "kill", "bogus", ""], "OOMPolicy"],
  [ACTIONS, "StartLimitAction FailureAction"],
];

/** A directive with the values to try. */
export type Trial = readonly [name: string, values: readonly string[]];

/** A directive may be in several rows. */
function trials(rows: Rows): readonly Trial[] {
  const found = new Map<string, readonly string[]>();
  for (const [values, names] of rows)
    for (const name of names.split(" "))
      found.set(name, [...new Set([...(found.get(name) ?? []), ...values])]);
  return [...found];
}

/** By section, for either type of unit. */
export const TRIALS: Readonly<Record<"socket" | "service", Readonly<Record<string, readonly Trial[]>>>> = {
  socket: { Unit: trials(UNIT), Socket: [...trials(SOCKET), ...trials(EXEC), ...trials(KILL)] },
  service: { Unit: trials(UNIT), Service: [...trials(SERVICE), ...trials(EXEC), ...trials(KILL)] },
};
