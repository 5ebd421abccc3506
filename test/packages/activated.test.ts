/**
 * Programs and libraries that take a listening socket from the environment, as Debian has them: asleep, woken by a
 * client, restarted, stopped, and woken again. What is tried here is the table of docs/activation.md.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedUsher } from "../container/harness/usher.ts";

const folder = join(import.meta.dirname, "activated");
const box = sharedUsher({
  image: "usher-test:activated",
  folder,
  // Unbound takes sockets only where it believes that systemd runs.
  env: { USHER_SD_BOOTED: "yes" },
});
beforeAll(() => box().booted());

const get = (port: number): string => `curl -sS --max-time 15 http://127.0.0.1:${port}/`;

/** By unit: what a client does, and what it then prints. */
const programs: Readonly<Record<string, readonly [string, string]>> = {
  libsystemd: [get(8001), "libsystemd libsystemd.socket\n"],
  "python-systemd": [get(8002), "systemd.daemon python-systemd.socket\n"],
  "go-systemd": [get(8003), "go-systemd go-systemd.socket\n"],
  listenfd: [get(8004), "listenfd\n"],
  node: [get(8005), "node 1\n"],
  ruby: [get(8006), "ruby 1\n"],
  puma: [get(8007), "puma\n"],
  perl: [get(8008), "perl 1\n"],
  starman: [get(8009), "starman\n"],
  "php-fpm": [
    "SCRIPT_FILENAME=/srv/hello.php REQUEST_METHOD=GET cgi-fcgi -bind -connect 127.0.0.1:9000 | tail -n 1",
    "php-fpm\n",
  ],
  gunicorn: [get(8011), "gunicorn\n"],
  uvicorn: [get(8012), "uvicorn\n"],
  uwsgi: [get(8013), "uwsgi\n"],
  haproxy: [get(8014), "haproxy\n"],
  nginx: [get(8015), "nginx\n"],
  unbound: [
    "dig +short -p 5353 @127.0.0.1 example.test; dig +short +tcp -p 5353 @127.0.0.1 example.test",
    "192.0.2.1\n192.0.2.1\n",
  ],
};

test("every unit has a client here, and a row in docs/activation.md", () => {
  const units = readdirSync(join(folder, "units")).filter((name) => name.endsWith(".service"));
  expect(Object.keys(programs).sort()).toEqual(units.map((name) => name.replace(".service", "")).sort());
  const page = readFileSync(join(import.meta.dirname, "../../docs/activation.md"), "utf8");
  for (const unit of units) expect(page).toContain(`test/packages/activated/units/${unit}`);
});

test("all of them sleep", async () => {
  expect((await box().processes()).map(({ args }) => args)).toEqual(["/usr/bin/usher"]);
});

describe.each(Object.entries(programs))("%s", (name, [client, says]) => {
  const pid = (): Promise<string> => box().run(`usherctl show -P MainPID ${name}.service`);

  test("is woken by a client, restarted, stopped, and woken again", async () => {
    expect(await box().run(client)).toBe(says);
    const first = await pid();
    await box().run(`usherctl restart ${name}.service`);
    expect(await box().run(client)).toBe(says);
    const second = await pid();
    await box().run(`usherctl stop ${name}.service 2>&1`);
    expect(await pid()).toBe("0\n");
    expect(await box().run(client)).toBe(says);
    const pids = [first, second, await pid()].map(Number);
    expect(new Set(pids).size).toBe(3);
    expect(Math.min(...pids)).toBeGreaterThan(1);
  });
});
