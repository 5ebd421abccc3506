import { expect, test } from "vitest";
import { createFakeBackend, describeUnit, readUnit } from "./support/fake-backend.ts";
import type { MemoryOptions } from "./support/memory-system.ts";
import { systemctl } from "./support/run-ctl.ts";

const SOCKET = "[Socket]\nListenStream=8080\n[Install]\nWantedBy=sockets.target\n";
const STATIC = "[Service]\nExecStart=/bin/true\n";
const CONTENT = {
  "/usr/lib/systemd/system/sockets.target": "",
  "/usr/lib/systemd/system/multi-user.target": "",
  "/etc/systemd/system/myapp.socket": SOCKET,
  "/etc/systemd/system/myapp.service": STATIC,
  "/etc/systemd/system/failing.service": `${STATIC}[Install]\nWantedBy=multi-user.target\n`,
  "/etc/systemd/system/oneshot.service": `${STATIC}[Install]\nWantedBy=multi-user.target\nAlias=einmal.service\nAlso=failing.service\n`,
  "/etc/systemd/system/tmpl@.service": `${STATIC}[Install]\nWantedBy=multi-user.target\nDefaultInstance=x\n`,
  "/etc/usher/units/own.socket": SOCKET,
  "/etc/usher/units/own.service": STATIC,
};
const WANTS = "/etc/systemd/system/multi-user.target.wants";

/** Runs several commands one after the other on the same files; returns the last outcome and the files. */
async function play(lines: readonly string[], options: MemoryOptions = {}) {
  let content: Record<string, string | { link: string }> = { ...CONTENT, ...options.content };
  let last = await systemctl("is-enabled own.service", { ...options, content });
  for (const line of lines) {
    last = await systemctl(line, { ...options, content });
    content = Object.fromEntries(
      Object.entries(last.memory.tree()).map(([path, text]) => [
        path,
        text.startsWith("→ ") ? { link: text.slice(2) } : text,
      ]),
    );
  }
  return { ...last, tree: last.memory.tree() };
}

test("enable links a unit into the target that wants it, in systemctl's words", async () => {
  const { errors, status, tree } = await play(["enable myapp.socket"]);
  expect(errors).toBe(
    "Created symlink '/etc/systemd/system/sockets.target.wants/myapp.socket' → '/etc/systemd/system/myapp.socket'.\n",
  );
  expect(status).toBe(0);
  expect(tree["/etc/systemd/system/sockets.target.wants/myapp.socket"]).toBe(
    "→ /etc/systemd/system/myapp.socket",
  );
});

test("enabling again says nothing", async () => {
  const { errors, status } = await play(["enable myapp.socket", "enable myapp.socket"]);
  expect([errors, status]).toEqual(["", 0]);
});

test("Alias= and Also= are linked too, and disable takes all of it back", async () => {
  const on = await play(["enable oneshot"]);
  expect(on.errors).toBe(
    `Created symlink '/etc/systemd/system/einmal.service' → '/etc/systemd/system/oneshot.service'.
Created symlink '${WANTS}/oneshot.service' → '/etc/systemd/system/oneshot.service'.
Created symlink '${WANTS}/failing.service' → '/etc/systemd/system/failing.service'.
`,
  );
  const off = await play(["enable oneshot", "disable oneshot"]);
  expect(off.errors).toBe(
    `Removed '${WANTS}/failing.service'.
Removed '${WANTS}/oneshot.service'.
Removed '/etc/systemd/system/einmal.service'.
`,
  );
  expect(Object.keys(off.tree).sort()).toEqual(Object.keys(CONTENT).sort());
});

test("templates are enabled as instances, and disabled with all of them", async () => {
  const on = await play(["enable tmpl@.service", "enable tmpl@foo"]);
  expect(on.errors).toBe(
    `Created symlink '${WANTS}/tmpl@foo.service' → '/etc/systemd/system/tmpl@.service'.\n`,
  );
  expect(on.tree[`${WANTS}/tmpl@x.service`]).toBe("→ /etc/systemd/system/tmpl@.service");
  const off = await play(["enable tmpl@.service", "enable tmpl@foo", "disable tmpl@.service"]);
  expect(Object.keys(off.tree).filter((path) => path.startsWith(WANTS))).toEqual([]);
});

test("a unit without [Install] is explained", async () => {
  const { errors, status } = await play(["enable myapp.service"]);
  expect(errors).toContain(
    "The unit files have no installation config (WantedBy=, RequiredBy=, UpheldBy=,\n",
  );
  expect(status).toBe(0);
});

test("--runtime links below /run", async () => {
  const { tree } = await play(["enable --runtime myapp.socket"]);
  expect(tree["/run/systemd/system/sockets.target.wants/myapp.socket"]).toBe(
    "→ /etc/systemd/system/myapp.socket",
  );
});

test("a unit that isn't there can't be enabled", async () => {
  const { errors, status } = await play(["enable nope"]);
  expect([errors, status]).toEqual(["Failed to enable unit: Unit nope.service does not exist\n", 1]);
});

test("mask and unmask", async () => {
  const content = { "/usr/lib/systemd/system/vendor.service": STATIC };
  const masked = await play(["mask vendor"], { content });
  expect(masked.errors).toBe("Created symlink '/etc/systemd/system/vendor.service' → '/dev/null'.\n");
  const state = await play(["mask vendor", "is-enabled vendor"], { content });
  expect([state.out, state.status]).toEqual(["masked\n", 1]);
  const refused = await play(["mask vendor", "enable vendor"], { content });
  expect(refused.errors).toBe("Failed to enable unit: Unit /etc/systemd/system/vendor.service is masked\n");
  const back = await play(["mask vendor", "unmask vendor"], { content });
  expect(back.errors).toBe("Removed '/etc/systemd/system/vendor.service'.\n");
});

test("mask of a unit whose file is in the way is refused, of one that isn't there is done", async () => {
  expect((await play(["mask failing"])).errors).toBe(
    "Failed to mask unit: File '/etc/systemd/system/failing.service' already exists\n",
  );
  expect((await play(["mask nope"])).errors).toContain(
    "Unit nope.service does not exist, proceeding anyway.\n",
  );
});

test("is-enabled knows every state", async () => {
  const names = "oneshot failing myapp myapp.socket einmal.service tmpl@.service nope tmpl@x.service";
  const { out, status } = await play(["enable oneshot", "enable myapp.socket", `is-enabled ${names}`]);
  expect(out).toBe("enabled\nenabled\nstatic\nenabled\nalias\ndisabled\nnot-found\ndisabled\n");
  expect(status).toBe(0);
  expect((await play(["is-enabled nope"])).status).toBe(4);
  expect((await play(["is-enabled failing nope"])).status).toBe(1);
});

test("a unit in usher's own folder is enabled by being there, and disable is remembered", async () => {
  expect((await play(["is-enabled own.socket own.service"])).out).toBe("enabled\nstatic\n");
  const off = await play(["disable own.socket"]);
  expect(off.errors).toBe(
    "Created symlink '/etc/systemd/system/sockets.target.wants/own.socket' → '/dev/null'.\n",
  );
  expect((await play(["disable own.socket", "is-enabled own.socket"])).out).toBe("disabled\n");
  const on = await play(["disable own.socket", "enable own.socket"]);
  expect(on.errors).toBe("Removed '/etc/systemd/system/sockets.target.wants/own.socket'.\n");
  expect((await play(["disable own.socket", "enable own.socket", "is-enabled own.socket"])).out).toBe(
    "enabled\n",
  );
});

test("enable --now reads the files again and starts; without a running usher enabling alone works", async () => {
  const backend = createFakeBackend([
    describeUnit(readUnit("myapp.socket", SOCKET, "/etc/systemd/system/myapp.socket")),
  ]);
  const { status } = await play(["enable --now myapp.socket"], { backend });
  expect(status).toBe(0);
  expect(backend.calls).toEqual(["reload", "start myapp.socket replace"]);
  expect((await play(["enable myapp.socket"])).status).toBe(0);
  expect((await play(["enable --now myapp.socket"])).errors).toContain("usher is not running here");
});

test("list-unit-files", async () => {
  expect((await play(["enable myapp.socket", "list-unit-files my*"])).out).toBe(
    `UNIT FILE     STATE   PRESET
myapp.service static  -
myapp.socket  enabled enabled

2 unit files listed.
`,
  );
  const none = await play(["list-unit-files nope"]);
  expect([none.out, none.status]).toEqual(["UNIT FILE STATE PRESET\n\n0 unit files listed.\n", 1]);
});

test("preset follows the preset files", async () => {
  const content = { "/usr/lib/systemd/system-preset/90-x.preset": "disable failing.service\nenable *\n" };
  const { tree, errors } = await play(["enable failing", "preset failing myapp.socket"], { content });
  expect(errors).toContain(`Removed '${WANTS}/failing.service'.\n`);
  expect(tree["/etc/systemd/system/sockets.target.wants/myapp.socket"]).toBeDefined();
});

test("--root works on another tree and says what isn't there", async () => {
  const content = { "/r/usr/lib/systemd/system/echo.socket": SOCKET };
  const { errors, tree } = await play(["--root=/r enable echo.socket"], { content });
  expect(errors).toBe(
    `Created symlink '/r/etc/systemd/system/sockets.target.wants/echo.socket' → '/usr/lib/systemd/system/echo.socket'.
Unit /r/usr/lib/systemd/system/echo.socket is added as a dependency to a non-existent unit sockets.target.
`,
  );
  expect(tree["/r/etc/systemd/system/sockets.target.wants/echo.socket"]).toBe(
    "→ /usr/lib/systemd/system/echo.socket",
  );
});

test("a read-only file system is said to be one", async () => {
  const { errors, status } = await play(["enable myapp.socket"], { readOnly: true });
  expect(errors).toMatch(/^cannot create \/etc\/systemd\/system\/sockets\.target\.wants: error 30\n$/);
  expect(status).toBe(1);
});

test("set-default and get-default", async () => {
  const set = await play(["set-default multi-user"]);
  expect(set.errors).toBe(
    "Created symlink '/etc/systemd/system/default.target' → '/usr/lib/systemd/system/multi-user.target'.\n",
  );
  expect((await play(["set-default multi-user", "get-default"])).out).toBe("multi-user.target\n");
});

test("edit says what to do", async () => {
  expect((await play(["edit failing"])).errors).toContain(
    "/etc/systemd/system/failing.service.d/override.conf",
  );
});
