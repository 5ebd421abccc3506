/** The examples of README.md and docs/getting-started.md, taken out of them, do what the text says. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedUsher, startUsher } from "./harness/usher.ts";

const root = join(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/getting-started.md"), "utf8");
const frontPage = readFileSync(join(root, "README.md"), "utf8");

/** Code blocks whose first line names a file, by that name. */
function filesIn(text: string): Record<string, string> {
  const blocks = text.matchAll(/^```\w+\n(?:#|\/\/) ([\w/@.-]+\.\w+)\n([\s\S]*?)^```$/gm);
  return Object.fromEntries([...blocks].map(([, path = "", content = ""]) => [path, content]));
}

const files = filesIn(guide);

describe("the examples", () => {
  const box = sharedUsher({
    files,
    entrypoint: ["/bin/sh", "-c"],
    cmd: ["mkdir -p /usr/lib/systemd; usher --link-faces /usr/lib/systemd systemd-socket-proxyd; exec usher"],
  });
  beforeAll(() => box().booted());

  test("are all there", () => {
    expect(Object.keys(files).sort()).toEqual([
      "/etc/usher/units/files.service",
      "/etc/usher/units/files.socket",
      "/etc/usher/units/health.socket",
      "/etc/usher/units/health@.service",
      "/etc/usher/units/hello.service",
      "/etc/usher/units/hello.socket",
      "/etc/usher/units/upper.socket",
      "/etc/usher/units/upper@.service",
      "/etc/usher/units/web-server.service",
      "/etc/usher/units/web.service",
      "/etc/usher/units/web.socket",
      "/srv/hello.js",
    ]);
  });

  test("a service is started by its first connection", async () => {
    expect(await box().run("usherctl is-active hello.service || true")).toBe("inactive\n");
    expect(await box().run("curl -s http://127.0.0.1:8080/")).toBe("hello\n");
    expect(await box().run("usherctl is-active hello.service")).toBe("active\n");
  });

  test("a process for each connection", async () => {
    expect(await box().request(7000, "shout")).toBe("SHOUT");
  });

  test("a program that knows no socket activation", async () => {
    expect(await box().run("curl -s http://127.0.0.1:8090/")).toContain("python3/");
    expect(await box().run("curl -s http://127.0.0.1/etc/usher/units/web.socket")).toBe(
      files["/etc/usher/units/web.socket"],
    );
  });

  test("a probe over the network, which tells good from bad and wakes nobody", async () => {
    await box().run("usherctl stop web.service");
    const probe = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8081/";
    expect(await box().run(probe)).toBe("200");
    expect(await box().run("usherctl is-active web.service || true")).toBe("inactive\n");
    await box().run("usherctl kill -s KILL hello.service");
    await box().event(({ unit, msg }) => unit === "hello.service" && msg?.startsWith("Failed with") === true);
    expect(await box().run(probe)).toBe("503");
    await box().run("usherctl reset-failed");
    expect(await box().run(probe)).toBe("200");
  });

  test("usher finds no mistake in them", async () => {
    const { exitCode, stdout, stderr } = await box().exec("usher --verify /etc/usher/units");
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
  });
});

test("the front page's own image: its units, its command and its health check", async () => {
  const [, dockerfile = ""] = /^```dockerfile\n([\s\S]*?)^```$/m.exec(frontPage) ?? [];
  const units = filesIn(frontPage);
  expect(Object.keys(units).sort()).toEqual(["app.service", "app.socket"]);
  expect(dockerfile.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(10);
  const [, entrypoint = "[]"] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
  const [, health = "[]"] = /^HEALTHCHECK CMD (.*)$/m.exec(dockerfile) ?? [];
  const [, link = ""] = /^RUN (usher --link-faces .*)$/m.exec(dockerfile) ?? [];
  const program = files["/srv/hello.js"] ?? "";
  const box = await startUsher({
    units,
    files: { "/srv/app.js": program },
    entrypoint: JSON.parse(entrypoint) as string[],
  });
  await box.booted();
  expect(await box.run("usherctl is-active app.service || true")).toBe("inactive\n");
  expect(await box.run("curl -s http://127.0.0.1:8080/")).toBe("hello\n");
  await box.run(link);
  expect(await box.run(JSON.parse(health) as string[])).toBe("healthy\n");
  expect(await box.run("usher --verify")).toContain("2 unit files read: 0 errors, 0 warnings, 0 notices\n");
});

test("a service ends the container with its exit status", async () => {
  const [, actions = ""] =
    /```ini\n(\[Unit\]\nSuccessAction=exit\nFailureAction=exit\n)```/.exec(guide) ?? [];
  const box = await startUsher({
    units: {
      "a.service": `${actions}[Service]\nExecStart=/bin/sh -c 'exit 7'\n[Install]\nWantedBy=multi-user.target\n`,
    },
  });
  expect((await box.exited()).exitCode).toBe(7);
});
