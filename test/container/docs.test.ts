/** The examples of docs/getting-started.md, taken out of it, do what the text says. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedUsher, startUsher } from "./harness/usher.ts";

const guide = readFileSync(join(import.meta.dirname, "../../docs/getting-started.md"), "utf8");

/** Code blocks whose first line names a file, by that name. */
const files = Object.fromEntries(
  [...guide.matchAll(/^```\w+\n(?:#|\/\/) (\/\S+)\n([\s\S]*?)^```$/gm)].map(([, path = "", text = ""]) => [
    path,
    text,
  ]),
);

describe("the examples", () => {
  const box = sharedUsher({
    files,
    entrypoint: ["/bin/sh", "-c"],
    cmd: ["mkdir -p /usr/lib/systemd; usher --link-faces /usr/lib/systemd systemd-socket-proxyd; exec usher"],
  });
  beforeAll(() => box().booted());

  test("are all there", () => {
    expect(Object.keys(files).sort()).toEqual([
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
