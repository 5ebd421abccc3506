import { describe } from "vitest";
import { SIGUSR1 } from "../../src/base/signal.ts";
import { USEC_INFINITY } from "../../src/base/time.ts";
import { serviceWith } from "./read-files.ts";
import { type Row, testRows, testThatAllHaveRows } from "./section-rows.ts";

const SECOND = 1_000_000;

function service(expected: object): object {
  return { service: expected };
}

const command = (path: string): object => ({ path, argv: [path] });

const ROWS: readonly Row[] = [
  ["Type=simple", service({ type: "simple" })],
  ["Type=exec", service({ type: "exec" })],
  ["Type=forking", service({ type: "forking" })],
  ["Type=notify", service({ type: "notify", notifyAccess: "main" })],
  ["Type=notify-reload", service({ type: "notify-reload", notifyAccess: "main" })],
  ["Type=idle", service({ type: "idle" })],
  ["Type=oneshot", service({ type: "oneshot", timeoutStartUsec: USEC_INFINITY })],
  ["Type=oneshot\nTimeoutStartSec=5", service({ timeoutStartUsec: 5 * SECOND, timeoutStartDefined: true })],
  ["Type=fast", null],
  ["ExitType=cgroup", service({ exitType: "cgroup" })],
  ["ExecCondition=/bin/c", service({ execCondition: [command("/bin/c")] })],
  ["ExecStartPre=/bin/c", service({ execStartPre: [command("/bin/c")] })],
  ["ExecStart=\nExecStart=/bin/c", service({ execStart: [command("/bin/c")] })],
  ["ExecStartPost=/bin/c", service({ execStartPost: [command("/bin/c")] })],
  ["ExecReload=/bin/c", service({ execReload: [command("/bin/c")] })],
  ["ExecStop=/bin/c", service({ execStop: [command("/bin/c")] })],
  ["ExecStopPost=/bin/c", service({ execStopPost: [command("/bin/c")] })],
  ["Restart=on-failure", service({ restart: "on-failure" })],
  ["Restart=sometimes", null],
  ["RestartMode=direct", service({ restartMode: "direct" })],
  ["RestartSec=2min", service({ restartUsec: 120 * SECOND })],
  ["RestartSec=soon", null],
  ["RestartSteps=3\nRestartMaxDelaySec=10", service({ restartSteps: 3, restartMaxDelayUsec: 10 * SECOND })],
  ["RestartMaxDelaySec=10\nRestartSteps=1\nRestartSec=20", service({ restartUsec: 10 * SECOND })],
  ["TimeoutSec=5", service({ timeoutStartUsec: 5 * SECOND, timeoutStopUsec: 5 * SECOND })],
  ["TimeoutStartSec=0", service({ timeoutStartUsec: USEC_INFINITY })],
  ["TimeoutStopSec=infinity", service({ timeoutStopUsec: USEC_INFINITY })],
  ["TimeoutAbortSec=3", service({ timeoutAbortUsec: 3 * SECOND })],
  ["TimeoutStartFailureMode=abort", service({ timeoutStartFailureMode: "abort" })],
  ["TimeoutStopFailureMode=kill", service({ timeoutStopFailureMode: "kill" })],
  ["RuntimeMaxSec=1h\nRuntimeRandomizedExtraSec=1s", service({ runtimeMaxUsec: 3600 * SECOND })],
  ["RuntimeRandomizedExtraSec=1s\nRuntimeMaxSec=1h", service({ runtimeRandomizedExtraUsec: SECOND })],
  ["WatchdogSec=10", service({ watchdogUsec: 10 * SECOND, notifyAccess: "main" })],
  ["RemainAfterExit=yes", service({ remainAfterExit: true })],
  ["GuessMainPID=no", service({ guessMainPid: false })],
  ["PIDFile=/run/x.pid", service({ pidFile: "/run/x.pid" })],
  ["PIDFile=x/y.pid", service({ pidFile: "/run/x/y.pid" })],
  ["PIDFile=/var/run/x.pid", service({ pidFile: "/run/x.pid" })],
  ["PIDFile=../x", "refused"],
  ["BusName=org.example.App", service({ busName: "org.example.App", type: "dbus" })],
  ["BusName=app", null],
  ["RootDirectoryStartOnly=yes", service({ rootDirectoryStartOnly: true })],
  ["PermissionsStartOnly=yes", service({ permissionsStartOnly: true })],
  ["RestartPreventExitStatus=1 SIGKILL", service({ restartPreventExitStatus: { codes: [1], signals: [9] } })],
  ["RestartForceExitStatus=3", service({ restartForceExitStatus: { codes: [3], signals: [] } })],
  [
    "SuccessExitStatus=TEMPFAIL 250 SIGUSR1\nSuccessExitStatus=1",
    service({ successExitStatus: { codes: [1, 75, 250], signals: [SIGUSR1] } }),
  ],
  ["SuccessExitStatus=256", null],
  ["NonBlocking=yes", service({ nonBlocking: true })],
  ["NotifyAccess=all", service({ notifyAccess: "all" })],
  [
    "Sockets=a.socket b.socket",
    {
      service: { sockets: ["a.socket", "b.socket"] },
      dependencies: { Wants: ["a.socket", "b.socket"], TriggeredBy: ["a.socket", "b.socket"] },
    },
  ],
  ["Sockets=a.service", null],
  ["FileDescriptorStoreMax=7", service({ fileDescriptorStoreMax: 7, notifyAccess: "main" })],
  ["FileDescriptorStorePreserve=yes", service({ fileDescriptorStorePreserve: "yes" })],
  [
    "OpenFile=/etc/x:name:read-only,graceful",
    service({
      openFiles: [{ path: "/etc/x", fdName: "name", readOnly: true, append: false, graceful: true }],
    }),
  ],
  ["OpenFile=/etc/x", service({ openFiles: [{ path: "/etc/x", fdName: "x", readOnly: false }] })],
  ["OpenFile=/etc/x::append,truncate", null],
  ["ReloadSignal=SIGUSR1", service({ reloadSignal: SIGUSR1 })],
  ["OOMPolicy=stop", service({ oomPolicy: "stop" })],
  ["StartLimitInterval=1min", { unit: { startLimit: { intervalUsec: 60 * SECOND, burst: 5 } } }],
  ["StartLimitBurst=2", { unit: { startLimit: { burst: 2 } } }],
  ["StartLimitAction=exit", { unit: { startLimitAction: "exit" } }],
  ["FailureAction=exit-force", { unit: { failureAction: "exit-force" } }],
];

describe("[Service]", () => {
  testRows(ROWS, serviceWith);
  testThatAllHaveRows("Service", ["service", "unit"], ROWS);
});
