/** What tests that try to break PID 1 share: something to live on, and how it shows that it has. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext } from "vitest";
import type { UsherContainer } from "./container.ts";
import { startUsher } from "./usher.ts";

const root = join(import.meta.dirname, "../../..");

/** A service that answers at port 7001 with its process id. */
export const listens: Readonly<Record<string, string>> = {
  "listens.socket": "[Socket]\nListenStream=7001\n[Install]\nWantedBy=sockets.target\n",
  "listens.service": "[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",
};

/** Its service answers, usherctl is answered, and a stop is one in order; `within` milliseconds. */
export async function livesOn(box: UsherContainer, within = 5_000): Promise<void> {
  expect(await box.request(7001)).toMatch(/^\d+\n$/);
  expect((await box.run("timeout 10 systemctl is-active listens.socket")).trim()).toBe("active");
  await box.kill("SIGTERM");
  const { exitCode, sinceKillMs } = await box.exited();
  expect(exitCode).toBe(0);
  expect(sinceKillMs).toBeLessThan(within);
}

/** Processor time that PID 1 has used, in hundredths of a second. */
export async function pidOneTicks(box: UsherContainer): Promise<number> {
  const fields = (await box.run("cat /proc/1/stat")).replace(/^.*\) /, "").split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** For runs in which usher's script fails: one service to be left alone, and others that keep it busy. */
const faultUnits: Readonly<Record<string, string>> = {
  "keep.service": "[Service]\nExecStart=/opt/fixtures/dumper pause\n[Install]\nWantedBy=multi-user.target\n",
  "crash.service":
    "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=30ms\n" +
    "ExecStart=/bin/sh -c 'echo crashing; (sleep 0.01 &); exit 3'\n[Install]\nWantedBy=multi-user.target\n",
  "echo.socket":
    "[Socket]\nListenStream=7001\nAccept=yes\nTriggerLimitIntervalSec=0\n[Install]\nWantedBy=sockets.target\n",
  "echo@.service": "[Service]\nStandardInput=socket\nExecStart=/bin/cat\n",
  "act.socket":
    "[Socket]\nListenStream=7002\nTriggerLimitIntervalSec=0\n[Install]\nWantedBy=sockets.target\n",
  "act.service": "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",
  "note.service":
    "[Service]\nType=notify\nExecStart=/opt/fixtures/dumper notify READY=1 sleep 10000\nExecStop=/bin/echo stopping\n",
};

/** Run inside for that many seconds: connects, asks and tells whatever usher offers. No answer is waited for long. */
const driver = `#!/usr/bin/python3
import socket, subprocess, sys, time
end = time.time() + float(sys.argv[1])
def connect(port):
    try:
        s = socket.create_connection(("127.0.0.1", port), timeout=0.3)
        s.settimeout(0.3)
        s.send(b"x")
        s.shutdown(socket.SHUT_WR)
        s.recv(10)
        s.close()
    except OSError:
        pass
def control(*words):
    try:
        subprocess.run(["systemctl", *words], timeout=1, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        pass
rounds = [
    [["status"], ["restart", "note.service"]],
    [["daemon-reload"], ["stop", "act.service"]],
    [["list-units"], ["start", "note.service"], ["list-dependencies"]],
]
turn = 0
while time.time() < end:
    connect(7001)
    connect(7002)
    for words in rounds[turn % 3]:
        control(*words)
    turn += 1
`;

/** dist/usher-test, which fails where a seed says (native/faults.c). */
export function buildWithFaults(): void {
  execFileSync(process.execPath, ["tools/build.ts", "--test"], { cwd: root, stdio: "pipe" });
}

/** Keeps usher busy for some seconds while its script fails: PID 1 and its services live on, and the end is in time. */
export async function liveThroughFaults(
  env: Readonly<Record<string, string>>,
  context: Pick<TestContext, "onTestFailed" | "onTestFinished">,
): Promise<void> {
  const box = await startUsher(
    {
      env,
      files: {
        "/usr/bin/usher": { content: readFileSync(join(root, "dist/usher-test")), mode: 0o755 },
        "/opt/drive": driver,
      },
      units: faultUnits,
      cmd: ["--stop-timeout=2"],
    },
    context,
  );
  await box.booted();
  const keeps = (await box.processes()).filter(({ args }) => args.includes("/opt/fixtures/dumper pause"));
  expect(keeps).toHaveLength(1);
  await box.run("/opt/drive 3");
  const pids = (await box.processes()).map(({ pid }) => pid);
  expect(pids).toContain(keeps[0]?.pid);
  await box.kill("SIGTERM");
  const { exitCode, sinceKillMs } = await box.exited();
  // 70: the last line has ended it.
  expect([0, 70]).toContain(exitCode);
  expect(sinceKillMs).toBeLessThan(5_000);
}

/** Units for `growth`: a service for each connection, one that serves a single connection at a time. */
export const growingUnits: Readonly<Record<string, string>> = {
  ...listens,
  "one.socket":
    "[Socket]\nListenStream=7002\nTriggerLimitIntervalSec=0\n[Install]\nWantedBy=sockets.target\n",
  "one.service":
    "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/opt/fixtures/dumper accept 1 print served\n",
  "fill.service": "[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper flood 30000\n",
  "each.socket":
    "[Socket]\nListenStream=7003\nAccept=yes\nTriggerLimitIntervalSec=0\n[Install]\nWantedBy=sockets.target\n",
  "each@.service": "[Service]\nStandardInput=socket\nExecStart=/opt/fixtures/dumper print hi\n",
};

/** What PID 1 holds after a part of the run. */
export interface Holdings {
  readonly what: string;
  readonly residentKb: number;
  readonly descriptors: number;
}

/** `KIND COUNT PARTS`: does something COUNT times, and after each of PARTS parts says what PID 1 holds. */
const grower = `#!/usr/bin/python3
import json, os, socket, sys, time
kind, count, parts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def ask(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=20)
    while s.recv(100): pass
    s.close()
def call(method, **parameters):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect("/run/usher/control")
    s.sendall(json.dumps({"method": "io.usher.Manager." + method, "parameters": parameters}).encode() + b"\\0")
    answer = b""
    while not answer.endswith(b"\\0"):
        piece = s.recv(65536)
        if not piece: raise SystemExit("no answer to " + method)
        answer += piece
    s.close()
turn = {
    "activation": lambda: ask(7002),
    "connection": lambda: ask(7003),
    "reload": lambda: call("Reload"),
    "control": lambda: call("ListUnits"),
}[kind]
def holdings():
    for line in open("/proc/1/status"):
        if line.startswith("VmRSS:"): resident = int(line.split()[1])
    return {"what": kind, "residentKb": resident, "descriptors": len(os.listdir("/proc/1/fd"))}
for part in range(parts):
    for _ in range(count // parts): turn()
    time.sleep(0.2)
    print(json.dumps(holdings()), flush=True)
`;

export const growerFile: Readonly<Record<string, string>> = { "/opt/grower": grower };

/** Does something `count` times in a container of `growingUnits`; what PID 1 holds after each of so many parts. */
export async function growth(
  box: UsherContainer,
  kind: string,
  count: number,
  parts = 10,
): Promise<Holdings[]> {
  const text = await box.run(`/opt/grower ${kind} ${count} ${parts}`);
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Holdings);
}
