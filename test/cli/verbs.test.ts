import { expect, test } from "vitest";
import {
  ago,
  createFakeBackend,
  describeUnit,
  type FakeOptions,
  readUnit,
  run,
} from "./support/fake-backend.ts";
import { NOW } from "./support/memory-system.ts";
import { systemctl } from "./support/run-ctl.ts";

const myapp = describeUnit(
  readUnit(
    "myapp.service",
    "[Unit]\nDescription=myapp service\n[Service]\nExecStart=/opt/myapp --flag\nEnvironment=A=1\n",
  ),
  {
    summary: { activeState: "active", subState: "running" },
    dependencies: { TriggeredBy: ["myapp.socket"], Requires: ["sysinit.target", "a.service"] },
    activeEnter: ago(1_000_000),
  },
);
const socket = describeUnit(readUnit("myapp.socket", "[Socket]\nListenStream=8080\nListenStream=/run/x\n"), {
  summary: { activeState: "active", subState: "listening" },
});
const failing = describeUnit(readUnit("failing.service", "[Service]\nExecStart=/bin/false\n"), {
  summary: { activeState: "failed", subState: "failed" },
});

function backendWith(options: FakeOptions = {}) {
  return createFakeBackend([myapp, socket, failing], options);
}

// ---------------------------------------------------------------------------------------------------------------- jobs

test.each([
  ["start myapp", "start myapp.service replace"],
  ["stop myapp.socket", "stop myapp.socket replace"],
  ["restart myapp", "restart myapp.service replace"],
  ["try-restart myapp", "try-restart myapp.service replace"],
  ["reload-or-restart myapp", "reload-or-restart myapp.service replace"],
  ["isolate multi-user", "start multi-user.target isolate"],
  ["start --job-mode=fail myapp", "start myapp.service fail"],
  ["rescue", "start rescue.target isolate"],
])("%s", async (line, call) => {
  const backend = backendWith();
  expect((await systemctl(line, { backend })).status).toBe(0);
  expect(backend.calls).toEqual([call]);
});

test.each([
  ["NoSuchUnit", "Unit nope.service not found.", 5, ""],
  ["UnitMasked", "Unit nope.service is masked.", 1, ""],
  [
    "BadUnitSetting",
    "Unit nope.service has a bad unit file setting.",
    1,
    "See system logs and 'systemctl status nope.service' for details.\n",
  ],
  ["JobTypeNotApplicable", "Job type start is not applicable for unit nope.service.", 3, ""],
  [
    "NoIsolation",
    "Operation refused, unit may not be isolated.",
    4,
    "See system logs and 'systemctl status nope.service' for details.\n",
  ],
] as const)("a refused start (%s) is said as systemctl says it", async (name, message, status, hint) => {
  const outcome = await systemctl("start nope", { backend: backendWith({ jobFailure: { name, message } }) });
  expect(outcome.errors).toBe(`Failed to start nope.service: ${message}\n${hint}`);
  expect(outcome.status).toBe(status);
});

test("a job that fails says why", async () => {
  const bad = { ...failing, service: { ...failing.service!, result: "exit-code" } };
  const backend = createFakeBackend([bad], { jobResult: "failed" });
  const { errors, status } = await systemctl("start failing", { backend });
  expect(errors).toBe(
    `Job for failing.service failed because the control process exited with error code.
See "systemctl status failing.service" and "usherctl logs -u failing.service" for details.
`,
  );
  expect(status).toBe(1);
});

test("a dependency that fails is named as the cause", async () => {
  const { errors } = await systemctl("start myapp", { backend: backendWith({ jobResult: "dependency" }) });
  expect(errors).toBe("A dependency job for myapp.service failed. See 'usherctl logs' for details.\n");
});

test("--no-block doesn't wait", async () => {
  const { status } = await systemctl("start --no-block myapp", {
    backend: backendWith({ jobResult: "pending" }),
  });
  expect(status).toBe(0);
});

test("--wait asks once, when the jobs are done, and tells failure", async () => {
  const backend = backendWith();
  expect((await systemctl("start --wait myapp", { backend })).status).toBe(0);
  expect((await systemctl("restart --wait myapp failing", { backend })).status).toBe(1);
  expect((await systemctl("kill --wait failing", { backend })).status).toBe(1);
  expect(backend.calls).toEqual([
    "start myapp.service replace",
    "await myapp.service",
    "restart myapp.service replace",
    "restart failing.service replace",
    "await myapp.service,failing.service",
    "kill failing.service all 15",
    "await failing.service",
  ]);
});

test.each([
  ["start --wait --no-block myapp", "--wait may not be combined with --no-block.\n"],
  ["stop --wait myapp", "--wait may only be used with the 'start' or 'restart' commands.\n"],
])("%s is refused", async (line, errors) => {
  const backend = backendWith();
  expect(await systemctl(line, { backend })).toMatchObject({ status: 1, errors });
  expect(backend.calls).toEqual([]);
});

test("a job that fails is not waited for any longer", async () => {
  const backend = backendWith({ jobResult: "failed" });
  expect((await systemctl("start --wait myapp", { backend })).status).toBe(1);
  expect(backend.calls).toEqual(["start myapp.service replace"]);
});

test("clean takes what it is told, or what can be made again, and waits for it", async () => {
  const backend = backendWith();
  expect((await systemctl("clean myapp", { backend })).status).toBe(0);
  expect((await systemctl("clean --what=state,logs --what=fdstore myapp", { backend })).status).toBe(0);
  expect((await systemctl("clean --what=all myapp", { backend })).status).toBe(0);
  expect(backend.calls).toEqual([
    "clean myapp.service runtime,cache,fdstore",
    "await myapp.service",
    "clean myapp.service state,logs,fdstore",
    "await myapp.service",
    "clean myapp.service runtime,state,cache,logs,configuration,fdstore",
    "await myapp.service",
  ]);
  expect(await systemctl("clean plain", { backend })).toMatchObject({
    status: 1,
    errors: "Failed to clean unit plain.service: No matching resources found.\n",
  });
  expect((await systemctl("clean --what=cash myapp", { backend })).errors).toBe(
    "Invalid resource type: cash (expected runtime, state, cache, logs, configuration, fdstore, all)\n",
  );
});

test("is-system-running --wait asks once", async () => {
  const backend = backendWith({ system: { state: "degraded" } });
  expect(await systemctl("is-system-running --wait", { backend })).toMatchObject({
    status: 1,
    out: "degraded\n",
  });
  expect(backend.calls).toEqual(["await boot"]);
});

test("stopping a service whose socket would start it again warns", async () => {
  const { errors } = await systemctl("stop myapp", { backend: backendWith({ triggers: ["myapp.socket"] }) });
  expect(errors).toBe("Stopping 'myapp.service', but its triggering units are still active:\nmyapp.socket\n");
});

test("globs mean the units in memory", async () => {
  const backend = backendWith();
  await systemctl("restart my*", { backend });
  expect(backend.calls).toEqual(["restart myapp.service replace", "restart myapp.socket replace"]);
});

test("names that can't be are escaped with a warning", async () => {
  const backend = backendWith();
  const { errors } = await systemctl("", { backend, args: ["start", "a b"] });
  expect(errors).toBe(
    'Invalid unit name "a b" escaped as "a\\x20b" (maybe you should use systemd-escape?).\n',
  );
  expect(backend.calls).toEqual(["start a\\x20b.service replace"]);
});

test("kill sends the signal to whom it is meant for", async () => {
  const backend = backendWith();
  await systemctl("kill -s HUP --kill-whom=main myapp", { backend });
  await systemctl("kill myapp", { backend });
  expect(backend.calls).toEqual(["kill myapp.service main 1", "kill myapp.service all 15"]);
  expect((await systemctl("kill -s FOO myapp", { backend })).errors).toBe(
    'Failed to parse signal string "FOO".\n',
  );
});

test("strangers are told that they may not", async () => {
  const { errors, status } = await systemctl("stop myapp", { backend: backendWith(), uid: 1000 });
  expect(errors).toContain("Failed to stop myapp.service: Access denied");
  expect(status).toBe(1);
});

// -------------------------------------------------------------------------------------------------------------- states

test.each([
  ["is-active myapp", "active\n", 0],
  ["is-active failing", "failed\n", 3],
  ["is-active nope", "inactive\n", 4],
  ["is-active nope myapp", "inactive\nactive\n", 0],
  ["is-active -q myapp", "", 0],
  ["is-failed failing", "failed\n", 0],
  ["is-failed myapp", "active\n", 1],
  ["is-failed nope", "inactive\n", 4],
  ["is-system-running", "running\n", 0],
  [
    "is-active -o json myapp nope",
    '[{"unit":"myapp.service","state":"active"},{"unit":"nope.service","state":"inactive"}]\n',
    0,
  ],
  ["is-system-running -o json", '{"state":"running"}\n', 0],
  [
    "-t help",
    "Available unit types:\nservice\nmount\nswap\nsocket\ntarget\ndevice\nautomount\ntimer\npath\nslice\nscope\n",
    0,
  ],
  ["--kill-whom=help kill", "all\nmain\ncontrol\n", 0],
  ["--timestamp=help", "pretty\nus\nutc\nus+utc\nunix\n", 0],
])("%s", async (line, out, status) => {
  const outcome = await systemctl(line, { backend: backendWith() });
  expect(outcome.out).toBe(out);
  expect(outcome.status).toBe(status);
});

test("is-system-running says degraded and offline", async () => {
  const degraded = await systemctl("is-system-running", {
    backend: backendWith({ system: { state: "degraded" } }),
  });
  expect([degraded.out, degraded.status]).toEqual(["degraded\n", 1]);
  const offline = await systemctl("is-system-running");
  expect([offline.out, offline.status]).toEqual(["offline\n", 1]);
});

test.each([
  ["health", {}, "healthy\n", 0],
  ["health", { system: { state: "starting" } }, "starting\n", 1],
  ["health", { system: { state: "degraded" } }, "unhealthy\nfailing.service has failed\n", 1],
  ["health myapp.socket", {}, "healthy\n", 0],
  ["health myapp failing", {}, "unhealthy\nfailing.service is failed\n", 1],
  ["health nope", {}, "unhealthy\nnope.service is not there\n", 1],
] as const)("%s %j", async (line, options, out, status) => {
  const outcome = await systemctl(line, { backend: backendWith(options as FakeOptions) });
  expect(outcome.out).toBe(out);
  expect(outcome.status).toBe(status);
});

test("health without a running usher is unhealthy and says so on standard output, where Docker looks", async () => {
  const { out, status } = await systemctl("health");
  expect(out).toBe("unhealthy\nusher is not running here: /run/usher/control is missing\n");
  expect(status).toBe(1);
});

// ---------------------------------------------------------------------------------------------------------------- show

test("show prints properties in systemctl's order whatever the order of the question", async () => {
  const { out } = await systemctl("show -p Id,ActiveState,SubState,MainPID,Result myapp", {
    backend: backendWith(),
  });
  expect(out).toBe("MainPID=0\nResult=success\nId=myapp.service\nActiveState=active\nSubState=running\n");
});

test("show --value prints values alone, units a blank line apart", async () => {
  const { out } = await systemctl("show --value -p Id -p Result myapp failing", { backend: backendWith() });
  expect(out).toBe("success\nmyapp.service\n\nsuccess\nfailing.service\n");
});

test("show of several lines, of commands and of lists", async () => {
  const backend = backendWith();
  expect((await systemctl("show myapp.socket -p Listen", { backend })).out).toBe(
    "Listen=[::]:8080 (Stream)\nListen=/run/x (Stream)\n",
  );
  expect((await systemctl("show myapp -p ExecStart -p Environment -p Requires", { backend })).out).toBe(
    `ExecStart={ path=/opt/myapp ; argv[]=/opt/myapp --flag ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Environment=A=1
Requires=sysinit.target a.service
`,
  );
});

test("show of a command that ran", async () => {
  const ran = {
    ...myapp,
    service: { ...myapp.service!, commands: [run("ExecStart", "/opt/myapp --flag", 9, 1, 3)] },
  };
  const { out } = await systemctl("show myapp -P ExecStart -P ExecMainStatus", {
    backend: createFakeBackend([ran]),
  });
  expect(out).toBe(
    `3
{ path=/opt/myapp ; argv[]=/opt/myapp --flag ; ignore_errors=no ; start_time=[Mon 2026-11-23 11:59:59 UTC] ; stop_time=[Mon 2026-11-23 11:59:59 UTC] ; pid=9 ; code=exited ; status=3 }
`,
  );
});

test("show without -p leaves empty ones out", async () => {
  const { out } = await systemctl("show myapp", { backend: backendWith() });
  expect(out).toContain("Type=simple\n");
  expect(out).toContain("TimeoutStartUSec=1min 30s\n");
  expect(out).not.toMatch(/=$/m);
  expect((await systemctl("show -a myapp", { backend: backendWith() })).out).toContain("StatusText=\n");
});

test("show of a unit that isn't there answers all the same", async () => {
  const { out, status } = await systemctl("show nope -p LoadState,ActiveState,LoadError", {
    backend: backendWith(),
  });
  expect(out).toBe(
    'LoadState=not-found\nActiveState=inactive\nLoadError=org.freedesktop.systemd1.NoSuchUnit "Unit nope.service not found."\n',
  );
  expect(status).toBe(0);
});

test("cat prints fragment and drop-ins with their paths", async () => {
  const withDropIn = {
    ...myapp,
    unit: { ...myapp.unit, dropInPaths: ["/etc/usher/units/myapp.service.d/x.conf"] },
  };
  const { out } = await systemctl("cat myapp", {
    backend: createFakeBackend([withDropIn]),
    content: {
      "/etc/usher/units/myapp.service": "[Service]\nExecStart=/opt/myapp",
      "/etc/usher/units/myapp.service.d/x.conf": "[Service]\nEnvironment=A=1\n",
    },
  });
  expect(out).toBe(
    `# /etc/usher/units/myapp.service
[Service]
ExecStart=/opt/myapp

# /etc/usher/units/myapp.service.d/x.conf
[Service]
Environment=A=1
`,
  );
  const missing = await systemctl("cat nope", { backend: backendWith() });
  expect([missing.errors, missing.status]).toEqual(["No files found for nope.service.\n", 1]);
});

// ------------------------------------------------------------------------------------------------------------- manager

test.each([
  ["daemon-reload", "reload"],
  ["--system daemon-reload", "reload"],
  ["reset-failed", "reset-failed null"],
  ["reset-failed failing", "reset-failed failing.service"],
  ["set-environment A=1 B=2", "environment A=1,B=2 -"],
  ["unset-environment A", "environment  -A"],
  ["poweroff", "poweroff 0 0"],
  ["exit 3", "exit 3 0"],
  ["-ff reboot", "reboot 0 2"],
  ["log-level debug", "log-level debug"],
  ["log-level 7", "log-level debug"],
  ["cancel", "cancel 0"],
])("%s asks init for %s", async (line, call) => {
  const backend = backendWith();
  expect((await systemctl(line, { backend })).status).toBe(0);
  expect(backend.calls).toEqual([call]);
});

test("show-environment quotes for a shell", async () => {
  expect((await systemctl("show-environment", { backend: backendWith() })).out).toBe("PATH=/bin\nX=$'a b'\n");
});

// ---------------------------------------------------------------------------------------------------------------- logs

function withLog() {
  const backend = backendWith();
  backend.log = [
    {
      seq: 1,
      realtimeUsec: NOW,
      unit: "myapp.service",
      identifier: "myapp",
      pid: 9,
      priority: 6,
      text: "hello",
    },
    { seq: 2, realtimeUsec: NOW, unit: null, identifier: "usher", pid: 1, priority: 4, text: "a\x1b[2Jb" },
  ];
  return backend;
}

test("logs look as journalctl's", async () => {
  const { out } = await systemctl("logs", { backend: withLog() });
  expect(out).toBe("Nov 23 12:00:00 box myapp[9]: hello\nNov 23 12:00:00 box usher[1]: a\\x1b[2Jb\n");
});

test("logs of one unit, as bare lines, as JSON", async () => {
  expect((await systemctl("logs -u myapp -o cat", { backend: withLog() })).out).toBe("hello\n");
  expect((await systemctl("logs -n1 -o short-iso", { backend: withLog() })).out).toContain(
    "2026-11-23T12:00:00+00:00 box",
  );
  expect(JSON.parse((await systemctl("logs -u myapp -o json", { backend: withLog() })).out)).toMatchObject({
    MESSAGE: "hello",
    _SYSTEMD_UNIT: "myapp.service",
    PRIORITY: "6",
  });
});

test("no log is said to be none", async () => {
  expect((await systemctl("logs", { backend: backendWith() })).out).toBe("-- No entries --\n");
});

// ---------------------------------------------------------------------------------------------------------- the command

test.each([
  ["restar", "Unknown command verb 'restar', did you mean 'restart'?\n"],
  ["start", "Too few arguments.\n"],
  ["isolate a b", "Too many arguments.\n"],
  ["--frob", "systemctl: unrecognized option '--frob'\n"],
  ["--lines=x status", "Failed to parse lines 'x'\n"],
  ["-o frob", "Unknown output 'frob'.\n"],
  ["--type=frob", "Unknown unit type or load state 'frob'.\nUse -t help to see a list of allowed values.\n"],
  ["--root=/x start a", "Verb 'start' cannot be used with --root= or --image=.\n"],
])("systemctl %s is refused with its words", async (line, errors) => {
  const outcome = await systemctl(line, { backend: backendWith() });
  expect(outcome.errors).toBe(errors);
  expect(outcome.status).toBe(1);
});

test("--help fits 80 columns and names every verb that people need", async () => {
  const { out, status } = await systemctl("--help");
  expect(status).toBe(0);
  for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  for (const verb of ["status", "enable", "logs", "list-sockets", "health"])
    expect(out).toContain(`  ${verb} `);
});

test("show names the directives that are accepted and not enforced", async () => {
  const content = {
    "/etc/usher/units/myapp.service": "[Service]\nExecStart=/x\nProtectSystem=strict\nPrivateTmp=yes\n",
  };
  const { out } = await systemctl("show -p NotEnforced myapp", { backend: backendWith(), content });
  expect(out).toBe("NotEnforced=ProtectSystem PrivateTmp\n");
});
