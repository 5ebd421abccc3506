/**
 * apt-get in a running container: packages' scripts find usher in systemd's place, and what they install is started,
 * restarted and stopped by it. Nothing is prepared but what the image's Dockerfile shows.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { sharedUsher, startUsher } from "../container/harness/usher.ts";

const image = "usher-test:debian";
const packages = "rpcbind polkitd logrotate cron";
const units = "rpcbind.socket rpcbind.service logrotate.timer cron.service";
const apt = "DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0";

describe("where systemctl is usher", () => {
  const box = sharedUsher({ image });
  beforeAll(() => box().booted());

  test("the mark by which programs know systemd is there", async () => {
    expect(await box().run("stat -c %F /run/systemd/system")).toBe("directory\n");
  });

  test("install: a daemon, a socket, a timer, accounts and files; nothing is complained of", async () => {
    await box().run("apt-get -qq update");
    const { exitCode, stdout, stderr } = await box().exec(
      `${apt} install --no-install-recommends ${packages}`,
    );
    expect(exitCode, stderr).toBe(0);
    expect(`${stdout}${stderr}`).not.toMatch(/invoke-rc\.d:|Failed to|systemctl:/);
    expect(await box().run(`systemctl is-enabled ${units}`)).toBe("enabled\n".repeat(4));
    expect(await box().run(`systemctl is-active ${units}`)).toBe("active\n".repeat(4));
    expect(await box().run("systemctl --failed --no-legend")).toBe("");
    // By systemd-sysusers, and by adduser; by systemd-tmpfiles.
    expect(await box().run("getent passwd polkitd _rpc | wc -l")).toBe("2\n");
    expect(await box().run("stat -c '%U %a' /run/rpcbind /etc/polkit-1/rules.d")).toBe(
      "_rpc 755\nroot 750\n",
    );
    expect(await box().run("rpcinfo -p 127.0.0.1")).toMatch(/portmapper/);
  });

  test("an upgrade restarts what runs", async () => {
    const before = await box().run("systemctl show -P MainPID rpcbind.service");
    await box().run(`${apt} install --reinstall rpcbind`);
    const after = await box().run("systemctl show -P MainPID rpcbind.service");
    expect(after).not.toBe(before);
    expect(Number(after)).toBeGreaterThan(1);
  });

  test("removal stops it and leaves no process", async () => {
    await box().run(`${apt} remove rpcbind`);
    expect(await box().run("pgrep -c rpcbind || true")).toBe("0\n");
    expect((await box().exec("systemctl is-active rpcbind.service")).exitCode).not.toBe(0);
    expect(await box().run("systemctl --failed --no-legend")).toBe("");
  });

  test("purge leaves nothing of their units, and nothing in the log that looks like a mistake", async () => {
    const { exitCode, stdout, stderr } = await box().exec(`${apt} purge ${packages}`);
    expect(exitCode, stderr).toBe(0);
    expect(`${stdout}${stderr}`).not.toMatch(/Failed to|systemctl:/);
    expect((await box().exec(`systemctl is-enabled ${units}`)).stdout).toBe("not-found\n".repeat(4));
    expect((await box().exec(`systemctl is-active ${units}`)).stdout).toBe("inactive\n".repeat(4));
    expect(await box().run("find /etc/systemd -name 'rpcbind*' -o -name 'logrotate*' -o -name 'cron*'")).toBe(
      "",
    );
    const mistakes = box().log.lines.filter(({ record }) => (record?.level ?? 0) >= 50);
    expect(mistakes.map(({ text }) => text)).toEqual([]);
  });
});

test("--sd-booted=no leaves the mark away", async () => {
  const box = await startUsher({ image, env: { USHER_SD_BOOTED: "no" } });
  await box.booted();
  expect((await box.exec("test -e /run/systemd/system")).exitCode).toBe(1);
});
