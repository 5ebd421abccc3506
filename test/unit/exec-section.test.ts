import { describe } from "vitest";
import { SIGINT, SIGUSR1 } from "../../src/base/signal.ts";
import { serviceWith } from "./read-files.ts";
import { type Row, testRows, testThatAllHaveRows } from "./section-rows.ts";

const INFINITY = Number.MAX_SAFE_INTEGER;
const SECOND = 1_000_000;

function exec(expected: object): object {
  return { exec: expected };
}

function kill(expected: object): object {
  return { kill: expected };
}

const limit = (resource: string, soft: number, hard = soft): object =>
  exec({ limits: [{ resource, soft, hard }] });

const directory = (kind: string, path: string, ...symlinks: string[]): object =>
  exec({ directories: { [kind]: { entries: [{ path, symlinks }] } } });

const ROWS: readonly Row[] = [
  ["WorkingDirectory=/srv/%N", exec({ workingDirectory: "/srv/u", workingDirectoryMissingOk: false })],
  ["WorkingDirectory=-~", exec({ workingDirectory: "~", workingDirectoryMissingOk: true })],
  ["WorkingDirectory=/srv\nWorkingDirectory=", exec({ workingDirectory: null })],
  ["WorkingDirectory=-relative", null],
  ["WorkingDirectory=relative", "refused"],
  ["RootDirectory=relative", "refused"],
  ["RootDirectory=/%z", "refused"],
  ["RootDirectory=/srv/root/", exec({ rootDirectory: "/srv/root" })],
  ["User=app", exec({ user: "app" })],
  ["User=1000", exec({ user: "1000" })],
  ["User=App.Name@example", exec({ user: "App.Name@example" })],
  ["User=65535", "refused"],
  ["User=a:b", "refused"],
  ["SupplementaryGroups=a /b", "refused"],
  ["Group=app", exec({ group: "app" })],
  ["SupplementaryGroups=a b\nSupplementaryGroups=c", exec({ supplementaryGroups: ["a", "b", "c"] })],
  ["DynamicUser=yes", exec({ dynamicUser: true, user: "u", group: "u", noNewPrivileges: true })],
  ["DynamicUser=maybe", "refused"],
  ["DynamicUser=yes\nUser=app", exec({ user: "app", group: "app" })],
  ["SetLoginEnvironment=no", exec({ setLoginEnvironment: false })],
  ["Nice=-5", exec({ nice: -5 })],
  ["Nice=20", null],
  ["OOMScoreAdjust=-900", exec({ oomScoreAdjust: -900 })],
  ["CoredumpFilter=default private-huge", exec({ coredumpFilter: 0x33 })],
  ["CoredumpFilter=0x1f", exec({ coredumpFilter: 0x1f })],
  ["IOSchedulingClass=best-effort", exec({ ioSchedulingClass: 2 })],
  ["IOSchedulingPriority=4", exec({ ioSchedulingPriority: 4 })],
  ["CPUSchedulingPolicy=rr", exec({ cpuSchedulingPolicy: 2 })],
  ["CPUSchedulingPolicy=fifo", exec({ cpuSchedulingPolicy: 1, cpuSchedulingPriority: 1 })],
  ["CPUSchedulingPriority=10\nCPUSchedulingPolicy=other", exec({ cpuSchedulingPriority: 0 })],
  ["CPUSchedulingPriority=10", exec({ cpuSchedulingPriority: 10 })],
  ["CPUSchedulingResetOnFork=yes", exec({ cpuSchedulingResetOnFork: true })],
  ["CPUAffinity=0-2,5 7", exec({ cpuAffinity: [0, 1, 2, 5, 7] })],
  ["CPUAffinity=1\nCPUAffinity=", exec({ cpuAffinity: [] })],
  ["CPUAffinity=x", null],
  ["UMask=0077", exec({ umask: 0o77 })],
  ["UMask=88", null],
  ["Environment=A=1 'B=two words'\nEnvironment=A=3", exec({ environment: ["A=3", "B=two words"] })],
  ["Environment=1A=x", null],
  [
    "EnvironmentFile=-/etc/default/%p\nEnvironmentFile=/etc/x",
    exec({
      environmentFiles: [
        { path: "/etc/default/u", optional: true },
        { path: "/etc/x", optional: false },
      ],
    }),
  ],
  ["PassEnvironment=A B\nPassEnvironment=A", exec({ passEnvironment: ["A", "B"] })],
  ["UnsetEnvironment=A B=1", exec({ unsetEnvironment: ["A", "B=1"] })],
  ["ExecSearchPath=/opt/bin:/usr/bin", exec({ execSearchPath: ["/opt/bin", "/usr/bin"] })],
  ["StandardInput=null", exec({ standardInput: "null" })],
  ["StandardInput=socket", exec({ standardInput: "socket", standardOutput: "inherit" })],
  ["StandardInput=file:/etc/x", exec({ standardInput: "file", standardInputArgument: "/etc/x" })],
  ["StandardInput=fd:name", exec({ standardInput: "fd", standardInputArgument: "name" })],
  ["StandardInput=file:x", null],
  ["StandardOutput=null", exec({ standardOutput: "null", standardError: "inherit" })],
  [
    "StandardOutput=append:/var/log/x",
    exec({ standardOutput: "append", standardOutputArgument: "/var/log/x" }),
  ],
  ["StandardOutput=nowhere", null],
  ["StandardError=truncate:/x", exec({ standardError: "truncate", standardErrorArgument: "/x" })],
  [
    "StandardInputText=a\\tb\nStandardInputText=%n",
    exec({ standardInput: "data", standardInputData: "a\tb\nu.service\n" }),
  ],
  ["StandardInputData=aGVs bG8=", exec({ standardInput: "data", standardInputData: "hello" })],
  ["StandardInputData=?", null],
  ["TTYPath=/dev/tty9", exec({ ttyPath: "/dev/tty9" })],
  ["SyslogIdentifier=%N-x", exec({ syslogIdentifier: "u-x" })],
  ["SyslogFacility=local0", exec({ syslogFacility: 16 })],
  ["SyslogLevel=warning", exec({ syslogLevel: 4 })],
  ["SyslogLevel=loud", null],
  ["SyslogLevelPrefix=no", exec({ syslogLevelPrefix: false })],
  ["LogLevelMax=info", exec({ logLevelMax: 6 })],
  [
    "LogRateLimitIntervalSec=1\nLogRateLimitBurst=9",
    exec({ logRateLimit: { intervalUsec: SECOND, burst: 9 } }),
  ],
  ["LogRateLimitBurst=9", exec({ logRateLimit: { intervalUsec: 0, burst: 9 } })],
  ["LimitCPU=5min", limit("cpu", 300)],
  ["LimitFSIZE=1K", limit("fsize", 1024)],
  ["LimitDATA=1M:2M", limit("data", 1 << 20, 1 << 21)],
  ["LimitSTACK=8M", limit("stack", 1 << 23)],
  ["LimitCORE=infinity", limit("core", INFINITY)],
  ["LimitCORE=1E", limit("core", INFINITY)],
  ["LimitCORE=99E", null],
  ["LimitRSS=1K", limit("rss", 1024)],
  ["LimitNOFILE=1024:4096", limit("nofile", 1024, 4096)],
  ["LimitNOFILE=1\nLimitNOFILE=2", limit("nofile", 2)],
  ["LimitNOFILE=2:1", null],
  ["LimitAS=1K", limit("as", 1024)],
  ["LimitNPROC=7", limit("nproc", 7)],
  ["LimitMEMLOCK=64K", limit("memlock", 65536)],
  ["LimitLOCKS=7", limit("locks", 7)],
  ["LimitSIGPENDING=7", limit("sigpending", 7)],
  ["LimitMSGQUEUE=1K", limit("msgqueue", 1024)],
  ["LimitNICE=+5", limit("nice", 15)],
  ["LimitNICE=-5", limit("nice", 25)],
  ["LimitRTPRIO=7", limit("rtprio", 7)],
  ["LimitRTTIME=5ms", limit("rttime", 5000)],
  ["CapabilityBoundingSet=CAP_CHOWN CAP_KILL", exec({ capabilityBoundingSet: [0, 5] })],
  [
    "CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=CAP_KILL",
    exec({ capabilityBoundingSet: [0, 5] }),
  ],
  [
    "CapabilityBoundingSet=CAP_CHOWN CAP_KILL\nCapabilityBoundingSet=~CAP_KILL",
    exec({ capabilityBoundingSet: [0] }),
  ],
  ["CapabilityBoundingSet=~", exec({ capabilityBoundingSet: null })],
  ["CapabilityBoundingSet=", exec({ capabilityBoundingSet: [] })],
  ["AmbientCapabilities=CAP_NET_BIND_SERVICE", exec({ ambientCapabilities: [10] })],
  ["SecureBits=noroot\nSecureBits=keep-caps", exec({ secureBits: 0b10000 })],
  ["SecureBits=noroot keep-caps", exec({ secureBits: 0b10001 })],
  ["NoNewPrivileges=yes", exec({ noNewPrivileges: true })],
  ["TimerSlackNSec=50us", exec({ timerSlackNsec: 50_000 })],
  ["TimerSlackNSec=0.5us 5 1ms", exec({ timerSlackNsec: 1_000_505 })],
  ["TimerSlackNSec=5.5.5", null],
  ["TimerSlackNSec=100", exec({ timerSlackNsec: 100 })],
  ["Personality=x86", exec({ personality: "x86" })],
  ["Personality=z80", null],
  ["IgnoreSIGPIPE=no", exec({ ignoreSigpipe: false })],
  ["RuntimeDirectoryPreserve=restart", exec({ runtimeDirectoryPreserve: "restart" })],
  ["RuntimeDirectory=a/b:link", directory("runtime", "a/b", "link")],
  [
    "RuntimeDirectory=b a/c a",
    exec({ directories: { runtime: { entries: [{ path: "a" }, { path: "a/c" }, { path: "b" }] } } }),
  ],
  ["RuntimeDirectory=%p x", exec({ directories: { runtime: { entries: [{ path: "u" }, { path: "x" }] } } })],
  ["RuntimeDirectory=/abs", null],
  ["RuntimeDirectory=../up", null],
  ["StateDirectory=a", directory("state", "a")],
  ["CacheDirectory=a", directory("cache", "a")],
  ["LogsDirectory=a", directory("logs", "a")],
  ["ConfigurationDirectory=a", directory("configuration", "a")],
  ["RuntimeDirectoryMode=0700", exec({ directories: { runtime: { mode: 0o700 } } })],
  ["StateDirectoryMode=0700", exec({ directories: { state: { mode: 0o700 } } })],
  ["CacheDirectoryMode=0700", exec({ directories: { cache: { mode: 0o700 } } })],
  ["LogsDirectoryMode=0700", exec({ directories: { logs: { mode: 0o700 } } })],
  ["ConfigurationDirectoryMode=0700", exec({ directories: { configuration: { mode: 0o700 } } })],
  ["SetCredential=a:b\\x00c", exec({ credentials: [{ id: "a", source: "set", value: "b\0c" }] })],
  ["LoadCredential=a:/etc/a", exec({ credentials: [{ id: "a", source: "load", value: "/etc/a" }] })],
  ["LoadCredential=a", exec({ credentials: [{ id: "a", source: "load", value: "a" }] })],
  ["ImportCredential=a.*", exec({ credentials: [{ id: "a.*", source: "import", value: "" }] })],
  ["SetCredential=a/b:c", null],
];

const KILL_ROWS: readonly Row[] = [
  ["KillMode=mixed", kill({ killMode: "mixed" })],
  ["KillMode=all", null],
  ["KillSignal=INT", kill({ killSignal: SIGINT })],
  ["RestartKillSignal=SIGUSR1", kill({ restartKillSignal: SIGUSR1 })],
  ["SendSIGKILL=no", kill({ sendSigkill: false })],
  ["SendSIGHUP=yes", kill({ sendSighup: true })],
  ["FinalKillSignal=SIGINT", kill({ finalKillSignal: SIGINT })],
  ["WatchdogSignal=SIGINT", kill({ watchdogSignal: SIGINT })],
];

describe("execution", () => {
  testRows(ROWS, serviceWith);
  testThatAllHaveRows("Service", ["exec"], ROWS);
});

describe("killing", () => {
  testRows(KILL_ROWS, serviceWith);
  testThatAllHaveRows("Service", ["kill"], KILL_ROWS);
});
