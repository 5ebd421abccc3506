/** Expected texts are what systemctl 257 prints of the same units in the same states, less what a container can't know. */
import { expect, test } from "vitest";
import type { LogEntry } from "../../src/control/backend.ts";
import { ago, createFakeBackend, describeUnit, readUnit, run } from "./support/fake-backend.ts";
import { NOW } from "./support/memory-system.ts";
import { systemctl } from "./support/run-ctl.ts";

const ID = "986d2f1b2a604601b691d1c85bbdd269";

const MYAPP = `[Unit]
Description=myapp service
Documentation=man:foo(1) https://example.com/
[Service]
ExecStart=/opt/myapp.sh
`;
const SOCKET = `[Unit]
Description=myapp socket
[Socket]
ListenStream=0.0.0.0:8080
ListenStream=/run/myapp.sock
ListenDatagram=127.0.0.1:9999
[Install]
WantedBy=sockets.target
`;

const FILES = { "/etc/usher/units/myapp.service": MYAPP, "/etc/usher/units/myapp.socket": SOCKET };

const listening = describeUnit(readUnit("myapp.socket", SOCKET), {
  summary: { activeState: "active", subState: "listening" },
  dependencies: { Triggers: ["myapp.service"] },
  activeEnter: ago(160_000),
  invocationId: ID,
});

function entry(
  seq: number,
  identifier: string,
  pid: number,
  text: string,
  unit = "failing.service",
): LogEntry {
  return { seq, realtimeUsec: NOW - 300_000, unit, identifier, pid, priority: 6, text };
}

function withoutColours(text: string): string {
  return text
    .split("\x1b[")
    .map((piece, at) => (at === 0 ? piece : piece.replace(/^[0-9;:]*m/, "")))
    .join("");
}

test("a service that was never started", async () => {
  const myapp = describeUnit(readUnit("myapp.service", MYAPP), {
    unit: { dropInPaths: ["/etc/usher/units/myapp.service.d/x.conf"] },
    dependencies: { TriggeredBy: ["myapp.socket"] },
  });
  const backend = createFakeBackend([myapp, listening]);
  const { out, status } = await systemctl("status myapp", { backend, content: FILES });
  expect(out).toBe(
    `○ myapp.service - myapp service
     Loaded: loaded (/etc/usher/units/myapp.service; static)
    Drop-In: /etc/usher/units/myapp.service.d
             └─x.conf
     Active: inactive (dead)
TriggeredBy: ● myapp.socket
       Docs: man:foo(1)
             https://example.com/
`,
  );
  expect(status).toBe(3);
});

test("a service with [Install] in usher's own folder is enabled by being there", async () => {
  const text = `${MYAPP}[Install]\nWantedBy=multi-user.target\n`;
  const backend = createFakeBackend([describeUnit(readUnit("myapp.service", text))]);
  const { out } = await systemctl("status myapp", {
    backend,
    content: { "/etc/usher/units/myapp.service": text },
  });
  expect(out).toContain("     Loaded: loaded (/etc/usher/units/myapp.service; enabled; preset: enabled)\n");
});

test("a listening socket", async () => {
  const backend = createFakeBackend([listening, describeUnit(readUnit("myapp.service", MYAPP))]);
  const { out, status } = await systemctl("status myapp.socket", { backend, content: FILES });
  expect(out).toBe(
    `● myapp.socket - myapp socket
     Loaded: loaded (/etc/usher/units/myapp.socket; enabled; preset: enabled)
     Active: active (listening) since Mon 2026-11-23 11:59:59 UTC; 160ms ago
 Invocation: ${ID}
   Triggers: ● myapp.service
     Listen: 0.0.0.0:8080 (Stream)
             /run/myapp.sock (Stream)
             127.0.0.1:9999 (Datagram)
`,
  );
  expect(status).toBe(0);
});

test("a socket that accepts says how many connections there are", async () => {
  const text = "[Socket]\nListenStream=127.0.0.1:7777\nAccept=yes\n";
  const details = describeUnit(readUnit("echo.socket", text), {
    summary: { activeState: "active", subState: "listening" },
    activeEnter: ago(470_000),
  });
  const backend = createFakeBackend([
    { ...details, socket: { ...details.socket!, accepted: 1, connections: 1 } },
  ]);
  const { out } = await systemctl("status echo.socket", { backend });
  expect(out).toContain("     Listen: 127.0.0.1:7777 (Stream)\n   Accepted: 1; Connected: 1;\n");
});

const FAILING = `[Unit]
Description=A service that fails
[Service]
ExecStartPre=/bin/echo pre
ExecStart=/bin/sh -c "echo about to fail; exit 3"
[Install]
WantedBy=multi-user.target
`;

function failed(changes: object, service: object) {
  const details = describeUnit(readUnit("failing.service", FAILING), {
    summary: { activeState: "failed", subState: "failed" },
    ...changes,
  });
  return { ...details, service: { ...details.service!, ...service } };
}

test("a failed service says what ran, how it ended, its last lines, why it failed and what to do", async () => {
  const details = failed(
    {
      inactiveEnter: ago(306_000),
      activeEnter: ago(315_000),
      activeExit: ago(306_000),
      invocationId: ID,
    },
    {
      result: "exit-code",
      commands: [
        run("ExecStartPre", "/bin/echo pre", 181, 1, 0),
        { ...run("ExecStart", "", 183, 1, 3), argv: ["/bin/sh", "-c", "echo about to fail; exit 3"] },
      ],
    },
  );
  const backend = createFakeBackend([details]);
  backend.log = [
    entry(1, "usher", 1, "Started failing.service - A service that fails."),
    entry(2, "sh", 183, "about to fail"),
    entry(3, "usher", 1, "Failed with result 'exit-code'."),
  ];
  const { out, status } = await systemctl("status failing", {
    backend,
    content: { "/etc/usher/units/failing.service": FAILING },
  });
  expect(out).toBe(
    `× failing.service - A service that fails
     Loaded: loaded (/etc/usher/units/failing.service; enabled; preset: enabled)
     Active: failed (Result: exit-code) since Mon 2026-11-23 11:59:59 UTC; 306ms ago
   Duration: 9ms
 Invocation: ${ID}
    Process: 181 ExecStartPre=/bin/echo pre (code=exited, status=0/SUCCESS)
    Process: 183 ExecStart=/bin/sh -c echo about to fail; exit 3 (code=exited, status=3)
   Main PID: 183 (code=exited, status=3)

Nov 23 11:59:59 box usher[1]: Started failing.service - A service that fails.
Nov 23 11:59:59 box sh[183]: about to fail
Nov 23 11:59:59 box usher[1]: failing.service: Failed with result 'exit-code'.

        Why: its ExecStart= process /bin/sh (pid 183) ended by itself with exit
             status 3
       Next: its last lines are above; when the cause is mended: systemctl
             restart failing.service
`,
  );
  expect(status).toBe(3);
});

test.each([
  [
    "exit-code",
    run("ExecStart", "/does/not/exist", 5, 1, 203),
    "its program can't be executed (203/EXEC, /does/not/exist)",
  ],
  ["exit-code", run("ExecStart", "/bin/sh", 5, 1, 127), "exit status 127: a command in it was not found"],
  [
    "signal",
    run("ExecStart", "/bin/x", 5, 2, 9),
    "was killed by SIGKILL (by somebody's kill -9, or by the kernel",
  ],
  ["timeout", run("ExecStart", "/bin/x", 5, 2, 15), "it was not started within 1min 30s (TimeoutStartSec=)"],
  ["start-limit-hit", run("ExecStart", "/bin/x", 5, 1, 1), "it was started more than 5 times in 10s"],
  ["watchdog", run("ExecStart", "/bin/x", 5, 3, 6), "it sent no WATCHDOG=1"],
  ["protocol", run("ExecStart", "/bin/x", 5, 1, 0), "it ended before it said READY=1"],
])("why: %s", async (result, command, why) => {
  const backend = createFakeBackend([failed({}, { result, commands: [command] })]);
  const { out } = await systemctl("status failing", { backend });
  const words = out.slice(out.indexOf("Why:")).replace(/\s+/g, " ");
  expect(words).toContain(why);
});

test("nothing of it is wider than 80 columns on a terminal, colours aside", async () => {
  const details = failed({}, { result: "timeout", commands: [run("ExecStop", "/bin/stop", 5, 2, 9)] });
  const backend = createFakeBackend([details]);
  backend.log = [entry(1, "sh", 5, "x".repeat(200))];
  const { out } = await systemctl("status failing", { backend, columns: 80 });
  const wide = withoutColours(out)
    .split("\n")
    .filter((line) => line.length > 80);
  expect(wide).toEqual([]);
});

test("a running service shows its processes and what it says of itself", async () => {
  const details = describeUnit(
    readUnit("notify.service", "[Service]\nType=notify\nExecStart=/bin/sh -c x\n"),
    {
      summary: { activeState: "active", subState: "running" },
      activeEnter: ago(12_000),
      processes: [
        {
          pid: 233,
          argv: ["/bin/sh", "-c", 'systemd-notify --ready --status="Serving 3 clients"; sleep 1000'],
        },
        { pid: 238, argv: ["sleep", "1000"] },
      ],
    },
  );
  const service = { ...details.service!, mainPid: 233, statusText: "Serving 3 clients" };
  const { out } = await systemctl("status notify", {
    backend: createFakeBackend([{ ...details, service }]),
    content: {
      "/proc/233/comm": "sh\n",
      "/etc/usher/units/notify.service": "[Service]\nExecStart=/bin/sh\n",
    },
  });
  expect(out).toBe(
    `● notify.service
     Loaded: loaded (/etc/usher/units/notify.service; static)
     Active: active (running) since Mon 2026-11-23 11:59:59 UTC; 12ms ago
   Main PID: 233 (sh)
     Status: "Serving 3 clients"
  Processes: ├─233 /bin/sh -c "systemd-notify --ready --status=\\"Serving 3 clients\\"; sleep 1000"
             └─238 sleep 1000
`,
  );
});

test("while a job runs its number is shown, and which process controls", async () => {
  const job = { id: 1468, unit: "hang.service", type: "start", state: "running" } as const;
  const details = describeUnit(
    readUnit("hang.service", "[Service]\nType=notify\nExecStart=/bin/sleep 100\n"),
    {
      summary: { activeState: "activating", subState: "start-pre", job },
      inactiveExit: ago(24_000),
    },
  );
  const service = { ...details.service!, controlPid: 936 };
  const { out, status } = await systemctl("status hang", {
    backend: createFakeBackend([{ ...details, service }]),
  });
  expect(out).toContain(
    "     Active: activating (start-pre) since Mon 2026-11-23 11:59:59 UTC; 24ms ago\n        Job: 1468\n  Cntrl PID: 936\n",
  );
  expect(status).toBe(3);
});

test("an unmet condition is named", async () => {
  const text =
    "[Unit]\nDescription=Condition unmet\nConditionPathExists=!/etc\n[Service]\nExecStart=/bin/true\n";
  const details = describeUnit(readUnit("cond.service", text), {
    condition: { result: false, checked: ago(14_000), unmet: "ConditionPathExists=!/etc" },
  });
  const { out } = await systemctl("status cond", { backend: createFakeBackend([details]) });
  expect(out).toContain(
    `     Active: inactive (dead)
  Condition: start condition unmet at Mon 2026-11-23 11:59:59 UTC; 14ms ago
             └─ ConditionPathExists=!/etc was not met
`,
  );
});

test("units that couldn't be loaded say the reason", async () => {
  const unit = readUnit("bad.service", "[Service]\n");
  const bad = describeUnit(unit, { summary: { loadState: "bad-setting" } });
  const masked = describeUnit({ ...readUnit("off.service", ""), loadState: "masked", loadError: null });
  const backend = createFakeBackend([bad, masked]);
  expect((await systemctl("status bad", { backend })).out).toContain(
    `     Loaded: bad-setting (Reason: ${unit.loadError})\n`,
  );
  expect((await systemctl("status off", { backend })).out).toBe(
    "○ off.service\n     Loaded: masked (Reason: Unit off.service is masked.)\n     Active: inactive (dead)\n",
  );
});

test("a unit that isn't there is status 4, as LSB has it", async () => {
  const { errors, status } = await systemctl("status nope", { backend: createFakeBackend([]) });
  expect(errors).toBe("Unit nope.service could not be found.\n");
  expect(status).toBe(4);
});

test("several units are a blank line apart, and the first bad status counts", async () => {
  const myapp = describeUnit(readUnit("myapp.service", "[Service]\nExecStart=/bin/true\n"));
  const { out, status } = await systemctl("status myapp.socket myapp nope", {
    backend: createFakeBackend([listening, myapp]),
  });
  expect(out).toContain("127.0.0.1:9999 (Datagram)\n\n○ myapp.service\n");
  expect(status).toBe(3);
});

test("-n 0 shows no log lines, -n 1 the newest", async () => {
  const backend = createFakeBackend([failed({}, { result: "exit-code" })]);
  backend.log = [entry(1, "sh", 5, "first"), entry(2, "sh", 5, "second")];
  expect((await systemctl("status failing -n0", { backend })).out).not.toContain("second");
  const { out } = await systemctl("status failing --lines=1", { backend });
  expect(out).toContain("second");
  expect(out).not.toContain("first");
});

test("status by process id, and of a process that isn't there", async () => {
  const details = describeUnit(readUnit("myapp.service", MYAPP), {
    summary: { activeState: "active", subState: "running" },
    processes: [{ pid: 77, argv: ["myapp"] }],
  });
  const backend = createFakeBackend([details]);
  expect((await systemctl("status 77", { backend })).out).toContain("● myapp.service - myapp service");
  const gone = await systemctl("status 999", { backend });
  expect(gone.errors).toBe("PID 999 doesn't exist or is already gone.\n");
  expect(gone.status).toBe(1);
});

test("without units the container as a whole", async () => {
  const { out, status } = await systemctl("status", {
    backend: createFakeBackend([listening, failed({}, {})]),
  });
  expect(out).toBe(
    `● box
    State: running
    Units: 2 loaded (incl. loaded aliases)
     Jobs: 0 queued
   Failed: 1 units
    Since: Mon 2026-11-23 11:59:55 UTC; 5s ago
    usher: 1.2.3
           × failing.service
`,
  );
  expect(status).toBe(0);
});

test("strangers see the state without the log", async () => {
  const backend = createFakeBackend([failed({}, { result: "exit-code" })]);
  backend.log = [entry(1, "sh", 5, "secret")];
  const { out } = await systemctl("status failing", { backend, uid: 1000 });
  expect(out).toContain("Active: failed");
  expect(out).not.toContain("secret");
});
