/** What tests that try to break PID 1 share: something to live on, and how it shows that it has. */
import { expect } from "vitest";
import type { UsherContainer } from "./container.ts";

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
export const faultUnits: Readonly<Record<string, string>> = {
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
export const driver = `#!/usr/bin/python3
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
