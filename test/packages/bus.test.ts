/**
 * D-Bus as Debian's dbus package has it, with usher as the org.freedesktop.systemd1 that the bus daemon asks for units.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { sharedUsher } from "../container/harness/usher.ts";

const box = sharedUsher({ image: "usher-test:packages" });
beforeAll(() => box().booted());

const MANAGER = "org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager";
const isActive = async (unit: string): Promise<string> =>
  (await box().exec(`systemctl is-active ${unit}`)).stdout.trim();

/** Milliseconds after which a bus daemon gives up waiting for a unit: nothing may come near it. */
const PATIENCE = 25_000;

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const value = await work();
  return [value, performance.now() - start];
}

test("a method call wakes the bus, again and again", async () => {
  for (const ask of [
    "busctl list --no-legend",
    "dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames",
  ]) {
    await box().run("systemctl stop dbus.service 2>&1");
    expect(await isActive("dbus.service")).toBe("inactive");
    expect(await isActive("dbus.socket")).toBe("active");
    expect(await box().run(ask)).toContain("org.freedesktop.DBus");
    expect(await isActive("dbus.service")).toBe("active");
  }
});

describe("activation through the bus", () => {
  test("SystemdService= names a unit, which usher starts", async () => {
    expect(await isActive("systemd-hostnamed.service")).toBe("inactive");
    const name = await box().run(
      "busctl get-property org.freedesktop.hostname1 /org/freedesktop/hostname1 org.freedesktop.hostname1 Chassis",
    );
    expect(name).toBe('s "container"\n');
    expect(await isActive("systemd-hostnamed.service")).toBe("active");
    expect((await box().processes()).find(({ args }) => args.endsWith("systemd-hostnamed"))?.ppid).toBe(1);
  });

  test("a unit that can't be started is told at once", async () => {
    await box().run(
      "systemctl stop systemd-hostnamed.service && systemctl mask --runtime systemd-hostnamed.service",
    );
    const [failed, ms] = await timed(() => box().exec("hostnamectl status"));
    expect(failed.exitCode).not.toBe(0);
    expect(failed.stderr).toMatch(/masked/);
    expect(ms).toBeLessThan(PATIENCE / 5);
    await box().run("systemctl unmask --runtime systemd-hostnamed.service && hostnamectl status");
  });

  test("Type=dbus: avahi is up when its name is on the bus, and its client finds it", async () => {
    await box().run("systemctl start avahi-daemon.service");
    expect(await isActive("avahi-daemon.service")).toBe("active");
    expect(await box().run("avahi-resolve-host-name $(hostname).local")).toContain(box().address);
    await box().run("systemctl restart avahi-daemon.service");
    expect(await isActive("avahi-daemon.service")).toBe("active");
  });

  test("a login through PAM's systemd module is not held up", async () => {
    await box().run(
      "ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519 && cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys && systemctl enable --now ssh.socket 2>&1",
    );
    const [who, ms] = await timed(() => box().run("ssh -o StrictHostKeyChecking=no 127.0.0.1 id -un"));
    expect(who).toBe("root\n");
    expect(ms).toBeLessThan(PATIENCE / 5);
    expect(await box().run("systemctl --failed --no-legend")).toBe("");
  });
});

describe("org.freedesktop.systemd1", () => {
  test("is looked at", async () => {
    expect(await box().run(`busctl call ${MANAGER} GetUnit s dbus.service`)).toBe(
      'o "/org/freedesktop/systemd1/unit/dbus_2eservice"\n',
    );
    const unit = "/org/freedesktop/systemd1/unit/dbus_2eservice org.freedesktop.systemd1.Unit";
    expect(await box().run(`busctl get-property org.freedesktop.systemd1 ${unit} ActiveState SubState`)).toBe(
      's "active"\ns "running"\n',
    );
    expect(await box().run("busctl introspect org.freedesktop.systemd1 /org/freedesktop/systemd1")).toMatch(
      /\.StartUnit\s+method\s+ss\s+o\s/,
    );
  });

  test("starts and stops units for root, and tells subscribers", async () => {
    await box().run("busctl monitor --json=short >/tmp/heard 2>&1 &");
    // It is there once it hears another client come.
    await box().run("until busctl list >/dev/null; [ -s /tmp/heard ]; do sleep 0.05; done");
    expect(await box().run(`busctl call ${MANAGER} StartUnit ss rpcbind.service replace`)).toMatch(
      /^o "\/org\/freedesktop\/systemd1\/job\/\d+"\n$/,
    );
    await box().run('until grep -q \'"rpcbind.service","done"\' /tmp/heard; do sleep 0.05; done');
    expect(await isActive("rpcbind.service")).toBe("active");
    const missing = await box().exec(`busctl call ${MANAGER} StartUnit ss nosuch.service replace`);
    expect(missing.stderr).toMatch(/Unit nosuch\.service not found/);
  });

  test("refuses others", async () => {
    const stop = await box().exec(`busctl call ${MANAGER} StopUnit ss rpcbind.service replace`, {
      user: "alice",
    });
    expect(stop.exitCode).not.toBe(0);
    expect(stop.stderr).toMatch(/Access denied/);
    expect(await isActive("rpcbind.service")).toBe("active");
    const look = `busctl call ${MANAGER} GetUnit s dbus.service`;
    expect(await box().run(look, { user: "alice" })).toMatch(/dbus_2eservice/);
  });
});
