import { expect, test } from "vitest";
import { runNotify } from "../../src/cli/face/notify.ts";
import { runSocketActivate } from "../../src/cli/face/socket-activate.ts";
import { SYSV_FACES } from "../../src/cli/face/sysv.ts";
import { runUsher } from "../../src/cli/face/usher.ts";
import { createMemorySystem, type MemoryOptions } from "./support/memory-system.ts";

const NOTIFY = { environment: ["NOTIFY_SOCKET=/run/usher/notify"] };

async function notify(args: readonly string[], options: MemoryOptions = NOTIFY) {
  const memory = createMemorySystem({ ...options, args });
  const status = await runNotify(memory.system);
  return { status, memory, errors: memory.errors(), sent: memory.datagrams };
}

test.each([
  [["--ready"], "READY=1", 99],
  [["--ready", "--status=hi there", "--pid"], "READY=1\nSTATUS=hi there\nMAINPID=99", 99],
  [["--reloading"], "RELOADING=1\nMONOTONIC_USEC=5000000", 99],
  [["--stopping", "FOO=bar", "X=y"], "STOPPING=1\nFOO=bar\nX=y", 99],
  [["--pid=self"], "MAINPID=100", 100],
  [["--pid=1"], "MAINPID=1", 1],
  [["--fd=0", "--fdname=foo"], "FDSTORE=1\nFDNAME=foo", 99],
])("systemd-notify %j sends %j in the caller's name, then a barrier", async (args, text, asPid) => {
  const { sent, status } = await notify(args);
  expect(status).toBe(0);
  expect(sent.map((datagram) => datagram.text)).toEqual([text, "BARRIER=1"]);
  expect(sent[0]!.asPid).toBe(asPid);
});

test("--no-block sends no barrier", async () => {
  expect((await notify(["--ready", "--no-block"])).sent.length).toBe(1);
});

test("--exec runs the command after the semicolon", async () => {
  const { memory, sent } = await notify(["--ready", "--exec", "A=b", ";", "echo", "--hi"]);
  expect(sent[0]!.text).toBe("READY=1\nA=b");
  expect(memory.runs[0]!.argv).toEqual(["echo", "--hi"]);
});

test("what systemd-notify refuses", async () => {
  const unset = await notify(["--ready"], {});
  expect([unset.errors, unset.status]).toEqual([
    "No status data could be sent: $NOTIFY_SOCKET was not set\n",
    1,
  ]);
  expect((await notify(["--pid=x"])).errors).toBe("Failed to refer to --pid='x': Invalid argument\n");
  expect((await notify([])).status).toBe(1);
  expect((await notify(["--exec", "A=b"])).status).toBe(1);
});

test("--booted asks for systemd's or usher's folder", async () => {
  expect((await notify(["--booted"], {})).status).toBe(1);
  expect((await notify(["--booted"], { content: { "/run/usher/control": "" } })).status).toBe(0);
});

async function activate(args: readonly string[]) {
  const environment = ["PATH=/bin", "HOME=/root", "SECRET=1", "FOO=copied"];
  const memory = createMemorySystem({ args, environment });
  const status = await runSocketActivate(memory.system);
  return { status, memory, errors: memory.errors() };
}

test("systemd-socket-activate hands its sockets over at the first connection", async () => {
  const { memory, errors } = await activate([
    "-l",
    "127.0.0.1:7001",
    "-l",
    "/tmp/u2",
    "--fdname=a:b",
    "-E",
    "FOO",
    "sh",
    "-c",
    "env",
  ]);
  expect(errors).toBe(
    "Listening on 127.0.0.1:7001 as 3.\nListening on /tmp/u2 as 4.\nCommunication attempt on fd 3.\nExecing sh (sh -c env)\n",
  );
  expect(memory.runs).toEqual([
    {
      argv: ["sh", "-c", "env"],
      environment: ["PATH=/bin", "HOME=/root", "FOO=copied", "LISTEN_FDS=2", "LISTEN_FDNAMES=a:b"],
      passed: [8, 9],
      standard: null,
      pidVariables: ["LISTEN_PID"],
    },
  ]);
});

test("--inetd makes the socket standard input and output", async () => {
  const { memory } = await activate(["--inetd", "-l", "9", "cat"]);
  expect(memory.runs[0]).toMatchObject({ standard: 16, passed: [], pidVariables: [] });
});

test.each([
  [["-l", "9"], "systemd-socket-activate: command to execute is missing.\n"],
  [["cat"], "No sockets to listen on specified or passed in.\n"],
  [["-l", "bad", "cat"], "Failed to open 'bad': error 22\n"],
  [["-a", "-d", "-l", "9", "cat"], "Datagram sockets do not accept connections.\n"],
])("systemd-socket-activate %j is refused", async (args, message) => {
  const { errors, status } = await activate(args);
  expect(errors).toBe(message);
  expect(status).toBe(1);
});

test("usher --help teaches within 80 columns", async () => {
  const memory = createMemorySystem({ args: ["--help"] });
  expect(await runUsher(memory.system)).toBe(0);
  for (const line of memory.out().split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(memory.out()).toContain("USHER_UNIT_PATH");
});

test("usher --version names the engine it was built with", async () => {
  const memory = createMemorySystem({ args: ["--version"] });
  await runUsher(memory.system);
  expect(memory.out()).toBe("usher 1.2.3 (x86_64)\nQuickJS 2025-04-26; gcc\n");
});

test("--link-faces links what is asked for and never replaces a program", async () => {
  const memory = createMemorySystem({
    args: ["--link-faces", "/usr/local/bin/", "systemctl", "tini"],
    content: { "/usr/local/bin/tini": "the real one" },
  });
  expect(await runUsher(memory.system)).toBe(1);
  expect(memory.tree()["/usr/local/bin/systemctl"]).toBe("→ /usr/bin/usher");
  expect(memory.tree()["/usr/local/bin/tini"]).toBe("the real one");
  expect(memory.errors()).toBe(
    "usher: cannot link /usr/local/bin/tini: something is there already, leaving it\n",
  );
});

test("--link-faces may be run again, and is content with any link to this program", async () => {
  const memory = createMemorySystem({
    args: ["--link-faces", "/x", "tini", "usherctl"],
    content: { "/usr/bin/usher": "" },
  });
  memory.system.files.makeDirectory("/x");
  memory.system.files.symlink("/usr/bin/usher", "/x/first");
  memory.system.files.symlink("/x/first", "/x/tini");
  expect(await runUsher(memory.system)).toBe(0);
  expect(await runUsher(memory.system)).toBe(0);
  expect(memory.out()).toBe("/x/usherctl → /usr/bin/usher\n");
  expect(memory.tree()["/x/tini"]).toBe("→ /x/first");
});

test("--link-faces knows its names", async () => {
  const memory = createMemorySystem({ args: ["--link-faces", "/x", "ls"] });
  expect(await runUsher(memory.system)).toBe(2);
});

test.each([
  ["runlevel", [], 0, "N 5\n", ""],
  ["shutdown", ["-c"], 0, "", ""],
  ["shutdown", ["+5"], 1, "", 'usher stops at once or not at all: "shutdown now" instead of "+5"\n'],
  ["telinit", ["3"], 1, "", "telinit: a container has no runlevels; 0, 6, q and u are known\n"],
])("%s %j, of what System V's init had", async (name, args, status, output, errors) => {
  const memory = createMemorySystem({ args });
  expect(await SYSV_FACES[name]!(memory.system)).toBe(status);
  expect(memory.out()).toBe(output);
  expect(memory.errors()).toBe(errors);
});
