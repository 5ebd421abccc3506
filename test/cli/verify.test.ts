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
