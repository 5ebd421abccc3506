/**
 * Packages of Debian with their own, unmodified units: asleep after the boot, woken by their real clients, stopped or
 * restarted, and woken again. Added is a key for logins. More of them are in test/packages/.
 */

import { describe, expect, test } from "vitest";
import type { UsherContainer } from "./harness/container.ts";
import { sharedUsher, startUsher } from "./harness/usher.ts";

const image = "usher-test:debian";

async function stateOf(box: UsherContainer, unit: string): Promise<string> {
  return (await box.run(`systemctl show -P ActiveState -P SubState ${unit}`)).trim().replace("\n", "/");
}

function mainPid(box: UsherContainer, unit: string): Promise<string> {
  return box.run(`systemctl show -P MainPID ${unit}`);
}

describe("as they are", () => {
  const box = sharedUsher({ image });

  test("nothing runs after the boot but the bus, which its package starts", async () => {
    await box().booted();
    expect((await box().processes()).map(({ args }) => args.split(" ")[0])).toEqual([
      "/usr/bin/usher",
      "/usr/bin/dbus-daemon",
    ]);
    expect(await box().run("systemctl --failed --no-legend")).toBe("");
  });

  test("OpenSSH: ssh-keyscan wakes ssh.socket's service", async () => {
    expect(await stateOf(box(), "ssh.socket")).toBe("active/listening");
    expect(await box().run("ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null")).toMatch(
      /^127\.0\.0\.1 ssh-ed25519 /m,
    );
    expect(await stateOf(box(), "ssh.service")).toBe("active/running");
  });

  test("OpenSSH: a session survives the service's stop, and the next login wakes it", async () => {
    const session = box().run(
      "ssh 127.0.0.1 'touch /tmp/in; until [ -e /tmp/go ]; do sleep 0.05; done; echo out'",
    );
    await box().run("until [ -e /tmp/in ]; do sleep 0.05; done");
    await box().run("systemctl stop ssh.service 2>&1");
    expect(await stateOf(box(), "ssh.service")).toBe("inactive/dead");
    await box().run("touch /tmp/go");
    expect(await session).toBe("out\n");
    expect(await box().run("ssh 127.0.0.1 id -un")).toBe("root\n");
    expect(await stateOf(box(), "ssh.service")).toBe("active/running");
  });

  test("fcgiwrap: the socket's user and mode, and a CGI program run by it", async () => {
    expect(await box().run("stat -c '%U:%G %a' /run/fcgiwrap.socket")).toBe("www-data:www-data 660\n");
    await box().run(
      "printf '#!/bin/sh\\nprintf \"Content-Type: text/plain\\\\r\\\\n\\\\r\\\\n\"; id -un\\n' >/srv/who && chmod +x /srv/who",
    );
    const ask = "SCRIPT_FILENAME=/srv/who REQUEST_METHOD=GET cgi-fcgi -bind -connect /run/fcgiwrap.socket";
    expect(await box().run(ask)).toMatch(/\r\n\r\nwww-data\n$/);
    const first = await mainPid(box(), "fcgiwrap.service");
    await box().run("systemctl restart fcgiwrap.service");
    expect(await box().run(ask)).toMatch(/www-data\n$/);
    expect(await mainPid(box(), "fcgiwrap.service")).not.toBe(first);
  });

  test("tang: one process a connection, and its answer", async () => {
    for (let count = 0; count < 2; count++) {
      expect(JSON.parse(await box().run("curl -sS http://127.0.0.1/adv"))).toHaveProperty("payload");
    }
    await box().run("until [ -z \"$(systemctl list-units --no-legend 'tangd@*')\" ]; do sleep 0.05; done");
    expect(await stateOf(box(), "tangd.socket")).toBe("active/listening");
  });

  test("uuidd: a time-based UUID from its daemon, before and after its stop", async () => {
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-/;
    expect(await box().run("uuidd -t")).toMatch(uuid);
    await box().run("systemctl stop uuidd.service 2>&1");
    expect(await box().run("uuidd -t")).toMatch(uuid);
    expect((await box().processes()).find(({ args }) => args.startsWith("/usr/sbin/uuidd"))?.user).toBe(
      "uuidd",
    );
  });

  test("D-Bus: woken by its client, it has usher start the unit of a service that is called", async () => {
    await box().run("systemctl stop dbus.service 2>&1");
    expect(await stateOf(box(), "dbus.socket")).toBe("active/listening");
    const hostname = "org.freedesktop.hostname1 /org/freedesktop/hostname1 org.freedesktop.hostname1";
    expect(await box().run(`busctl get-property ${hostname} Chassis`)).toBe('s "container"\n');
    expect(await stateOf(box(), "systemd-hostnamed.service")).toBe("active/running");
  });

  test("all of them stop in time", async () => {
    expect((await box().stop(10)).exitCode).toBe(0);
    expect(box().log.text()).not.toMatch(/Killing process|stop-sigterm timed out/);
  });
});

test("OpenSSH inetd-style: ten logins at once on port 22, and nothing left afterwards", async () => {
  const box = await startUsher({
    image,
    units: {
      "ssh.socket": "[Socket]\nListenStream=22\nAccept=yes\n[Install]\nWantedBy=sockets.target\n",
      "ssh@.service":
        "[Service]\nExecStart=-/usr/sbin/sshd -i\nStandardInput=socket\nRuntimeDirectory=sshd\nRuntimeDirectoryPreserve=yes\n",
    },
  });
  await box.booted();
  const logins = Array.from({ length: 10 }, (_, n) =>
    box.run(`ssh 127.0.0.1 'echo ${n}; systemctl show -P NConnections ssh.socket'`),
  );
  const answers = await Promise.all(logins);
  expect(answers.map((answer) => answer.split("\n")[0])).toEqual([..."0123456789"]);
  await box.run('until [ "$(systemctl show -P NConnections ssh.socket)" = 0 ]; do sleep 0.05; done');
  expect(await box.run("systemctl list-units --all --no-legend 'ssh@*'")).toBe("");
  expect((await box.processes()).filter(({ args }) => args.includes("sshd"))).toEqual([]);
});
