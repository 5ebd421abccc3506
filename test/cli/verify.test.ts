import { expect, test } from "vitest";
import { runUsher } from "../../src/cli/face/usher.ts";
import { createMemorySystem, type MemoryOptions } from "./support/memory-system.ts";

const GOOD = "[Unit]\nDescription=ok\n[Service]\nExecStart=/opt/app\n";
const BAD = "[Service]\nExecStart=/opt/app\nTimeoutStartSec=never mind\nFoo=bar\nPrivateNetwork=yes\n";

async function verify(
  args: readonly string[],
  content: MemoryOptions["content"],
  environment: readonly string[] = [],
) {
  const memory = createMemorySystem({
    args: ["--verify", ...args],
    content: { "/opt/app": "", ...content },
    environment,
  });
  const status = await runUsher(memory.system);
  return { status, out: memory.out(), errors: memory.errors() };
}

test("a folder without mistakes", async () => {
  const { status, out } = await verify(["/units"], { "/units/app.service": GOOD });
  expect(out).toBe("1 unit file read: 0 errors, 0 warnings, 0 notices\n");
  expect(status).toBe(0);
});

test("mistakes have file, line and column, what was found and what was expected", async () => {
  const { status, out } = await verify(["/units"], { "/units/app.service": BAD });
  expect(out).toMatch(/^error: \/units\/app\.service:3:17: TimeoutStartSec=: .*"never mind".*expected/m);
  expect(out).toMatch(/^warning: \/units\/app\.service:4:1: .*Foo/m);
  expect(out).toContain("PrivateNetwork");
  expect(status).toBe(1);
});

test("a program that isn't there is an error, unless its failure would be passed over", async () => {
  const gone = await verify(["/units"], { "/units/a.service": "[Service]\nExecStart=/opt/gone\n" });
  expect(gone.out).toContain(
    'error: /units/a.service: the program isn\'t there, or is not executable: found "/opt/gone"',
  );
  expect(gone.status).toBe(1);
  const passed = await verify(["/units"], {
    "/units/a.service": "[Service]\nExecStart=/opt/app\nExecStartPre=-/opt/gone\n",
  });
  expect(passed.status).toBe(0);
});

const PASSWD = "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:\n";

test.each([
  ["a key that is mistyped", "ExecStart=/opt/app\nRestrat=no\n", 'found "Restrat=", expected Restart='],
  [
    "a key of another section",
    "ExecStart=/opt/app\nListenStream=80\n",
    'found "ListenStream=", expected it in section [Socket]',
  ],
  [
    "a key that is like none",
    "ExecStart=/opt/app\nColour=red\n",
    'unknown key in section [Service], ignored: found "Colour="\n',
  ],
  [
    "a section that is mistyped",
    "ExecStart=/opt/app\n[Instal]\n",
    "unknown section [Instal] in a service unit, ignored: expected [Install]\n",
  ],
  [
    "shell syntax",
    "ExecStart=/opt/app one && /opt/app two\n",
    '"&&" becomes an argument of /opt/app, since no shell reads the line: found "&&", expected /bin/sh -c',
  ],
  [
    "a user without an entry",
    "ExecStart=/opt/app\nUser=1001\n",
    'error: /units/a.service: User=: no such entry in /etc/passwd; the service will not start: found "1001"',
  ],
  [
    "a group without an entry",
    "ExecStart=/opt/app\nGroup=web\n",
    'Group=: no such entry in /etc/group; the service will not start: found "web"',
  ],
  [
    "a file of variables that isn't there",
    "ExecStart=/opt/app\nEnvironmentFile=/etc/app.env\n",
    'found "/etc/app.env", expected a file, or -/etc/app.env where it may be missing',
  ],
  ["a program by its name that is in no folder of the PATH", "ExecStart=cd /srv\n", 'found "cd"\n'],
  [
    "a unit that is required and isn't there",
    "ExecStart=/opt/app\n[Unit]\nRequires=databse.service\n",
    'error: /units/a.service: Requires=: no such unit; this one will not start: found "databse.service"',
  ],
])("%s", async (_, text, says) => {
  const { out } = await verify(["/units"], {
    "/units/a.service": `[Service]\n${text}`,
    "/etc/passwd": PASSWD,
    "/etc/group": "",
  });
  expect(out).toContain(says);
});

test.each([
  ["User=app", "User=app\n"],
  ["User= by number", "User=1000\n"],
  ["root", "User=root\nGroup=0\n"],
  ["nobody", "User=nobody\nGroup=nogroup\n"],
  ["DynamicUser=", "User=made-up\nDynamicUser=yes\n"],
  ["an optional file", "EnvironmentFile=-/etc/app.env\n"],
  ["a program by its name", "ExecReload=app --reload\n"],
])("nothing is wrong with %s", async (_, text) => {
  const content = {
    "/units/a.service": `[Service]\nExecStart=/opt/app\n${text}`,
    "/etc/passwd": PASSWD,
    "/usr/bin/app": "",
  };
  expect((await verify(["/units"], content)).out).toBe("1 unit file read: 0 errors, 0 warnings, 0 notices\n");
});

test("files that are no units although they were meant to be", async () => {
  const content = {
    "/units/web.sevice": GOOD,
    "/units/my app.service": GOOD,
    "/units/README.md": "",
    "/units/notes": "",
  };
  const { out, status } = await verify(["/units"], content);
  expect(out).toContain(
    'warning: /units/web.sevice: not the name of a unit, so that nobody reads it: found "web.sevice", expected web.service\n',
  );
  expect(out).toContain('found "my app.service", expected my-app.service\n');
  expect(out).toContain("0 unit files read: 0 errors, 2 warnings, 0 notices\n");
  expect(status).toBe(0);
});

test("a file alone is judged alone", async () => {
  const content = { "/units/app.service": GOOD, "/units/bad.service": BAD };
  expect((await verify(["/units/app.service"], content)).status).toBe(0);
  expect((await verify(["/units/bad.service"], content)).status).toBe(1);
});

test("without arguments the folders that init would read", async () => {
  const content = { "/units/bad.service": BAD, "/etc/usher/units/app.service": GOOD };
  expect((await verify([], content)).status).toBe(0);
  expect((await verify([], content, ["USHER_UNIT_PATH=/units"])).status).toBe(1);
  expect((await verify(["--units", "/units"], content)).status).toBe(1);
});

test("as JSON", async () => {
  const { out } = await verify(["/units", "-o", "json"], { "/units/app.service": BAD });
  expect(JSON.parse(out)[0]).toMatchObject({
    unit: "app.service",
    severity: "error",
    file: "/units/app.service",
    line: 3,
  });
});

test("what is no unit file is refused", async () => {
  expect(await verify(["/nothing"], {})).toMatchObject({
    status: 2,
    errors: "usher: cannot read /nothing: No such file or directory\n",
  });
  expect((await verify(["/opt/app"], {})).status).toBe(2);
});
