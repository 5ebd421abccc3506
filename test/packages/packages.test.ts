/**
 * Packages of Debian with their own, unmodified units, in one container: each socket enabled and started with
 * systemctl, its service asleep, woken by the package's own client, stopped, and woken again. What is added to a
 * package is said beside it. OpenSSH, fcgiwrap, tang and uuidd are in test/container/debian-packages.test.ts.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { sharedUsher } from "../container/harness/usher.ts";

const box = sharedUsher({ image: "usher-test:packages" });
beforeAll(() => box().booted());

const isActive = async (units: string): Promise<string[]> =>
  (await box().exec(`systemctl is-active ${units}`)).stdout.trim().split("\n");

/** Once it is up: a program may answer before it says so. */
const mainPid = (service: string): Promise<string> =>
  box().run(
    `until systemctl -q is-active ${service}; do sleep 0.02; done; systemctl show -P MainPID ${service}`,
  );

const enable = (sockets: string): Promise<string> => box().run(`systemctl enable --now ${sockets} 2>&1`);

/** A program for Python that connects, sends some bytes, and prints what comes back first. */
const exchange = (port: number, bytes: string): string =>
  `python3 -c 'import socket; s = socket.create_connection(("127.0.0.1", ${port})); s.settimeout(10); s.sendall(${bytes}); print(s.recv(100))'`;

test("CUPS: asked and printed to a file; RemoveOnStop= and PartOf= of its socket", async () => {
  // Added: a printer that writes to a file, with a driver and a filter that leave text as it is.
  await box().run(`
    echo 'FileDevice Yes' >>/etc/cups/cups-files.conf
    printf '#!/bin/sh\\nexec cat "$\{6:--}"\\n' >/usr/lib/cups/filter/plain && chmod 755 /usr/lib/cups/filter/plain
    { printf '*%s\\n' 'PPD-Adobe: "4.3"' 'FormatVersion: "4.3"' 'FileVersion: "1.0"' 'LanguageVersion: English' \\
        'LanguageEncoding: ISOLatin1' 'PCFileName: "PLAIN.PPD"' 'Product: "(plain)"' 'Manufacturer: "usher"' \\
        'ModelName: "plain"' 'ShortNickName: "plain"' 'NickName: "plain"' 'PSVersion: "(3010.000) 0"' \\
        'cupsFilter: "text/plain 0 plain"' \\
        'OpenUI *PageSize: PickOne' 'DefaultPageSize: A4' 'PageSize A4: ""' 'CloseUI: *PageSize' \\
        'OpenUI *PageRegion: PickOne' 'DefaultPageRegion: A4' 'PageRegion A4: ""' 'CloseUI: *PageRegion' \\
        'DefaultImageableArea: A4' 'ImageableArea A4: "0 0 595 842"' \\
        'DefaultPaperDimension: A4' 'PaperDimension A4: "595 842"'; } >/srv/plain.ppd`);
  await enable("cups.socket");
  expect(await isActive("cups.socket cups.service")).toEqual(["active", "inactive"]);
  expect(await box().run("lpstat -r")).toBe("scheduler is running\n");
  expect(await isActive("cups.socket cups.service")).toEqual(["active", "active"]);

  await box().run("lpadmin -p plain -E -v file:///tmp/printed -P /srv/plain.ppd 2>&1");
  await box().run("echo hello usher >/tmp/job && lp -d plain /tmp/job");
  await box().run("until grep -q . /tmp/printed 2>/dev/null; do sleep 0.05; done");
  expect(await box().run("cat /tmp/printed")).toBe("hello usher\n");

  await box().run("systemctl stop cups.service 2>&1");
  expect(await isActive("cups.socket cups.service")).toEqual(["inactive", "inactive"]);
  expect((await box().exec("test -e /run/cups/cups.sock")).exitCode).toBe(1);
  await box().run("systemctl start cups.socket");
  expect(await box().run("lpstat -p")).toMatch(/^printer plain is idle/);
});

/** Its clients bypass the daemon where they are root, unless told. */
const nix = "NIX_REMOTE=daemon nix --extra-experimental-features nix-command";

/** By socket: its service, what its client does, and what that then prints. */
const simple: Readonly<Record<string, readonly [string, string, RegExp]>> = {
  "rpcbind.socket": ["rpcbind.service", "rpcinfo -p 127.0.0.1", /portmapper/],
  "pcscd.socket": ["pcscd.service", "pcsc_scan -r", /No reader found/],
  // Listens on [::1] too, which most containers have not.
  "gpsd.socket": ["gpsd.service", "gpspipe -w -n 1", /"class":"VERSION"/],
  "mpd.socket": ["mpd.service", "mpc version", /^mpd version: 0\.24/m],
  "dovecot.socket": ["dovecot.service", exchange(143, 'b""'), /OK \[CAPABILITY IMAP4rev1/],
  "avahi-daemon.socket": ["avahi-daemon.service", "avahi-resolve-host-name $(hostname).local", /\.local\t/],
  "cockpit.socket": ["cockpit.service", "curl -sSk https://127.0.0.1:9090/ping", /"service": "cockpit"/],
  "epmd.socket": ["epmd.service", "epmd -names", /up and running on port 4369/],
  "nix-daemon.socket": ["nix-daemon.service", `${nix} store info 2>&1`, /Store URL: daemon[\s\S]*Trusted: 1/],
  "atftpd.socket": [
    "atftpd.service",
    "echo hello >/srv/tftp/x && cd /tmp && rm -f x && atftp -g -r x 127.0.0.1 && cat x",
    /^hello$/m,
  ],
  "systemd-journal-gatewayd.socket": [
    "systemd-journal-gatewayd.service",
    "curl -sS http://127.0.0.1:19531/machine",
    /"os_pretty_name" : "Debian/,
  ],
};

describe.each(Object.entries(simple))("%s", (socket, [service, client, says]) => {
  test("its service is woken by its client, restarted, stopped, and woken again", async () => {
    await enable(socket);
    // Others may have asked for it on the bus.
    await box().run(`systemctl stop ${service} 2>&1`);
    expect(await isActive(`${socket} ${service}`)).toEqual(["active", "inactive"]);
    expect(await box().run(client)).toMatch(says);
    const pids = [await mainPid(service)];
    await box().run(`systemctl restart ${service} 2>&1`);
    expect(await box().run(client)).toMatch(says);
    pids.push(await mainPid(service));
    await box().run(`systemctl stop ${service} 2>&1`);
    expect(await isActive(`${socket} ${service}`)).toEqual(["active", "inactive"]);
    expect(await box().run(client)).toMatch(says);
    pids.push(await mainPid(service));
    expect(new Set(pids).size).toBe(3);
    expect(pids).not.toContain("0\n");
  });
});

// SANE_NET_INIT: opcode, version 1.0.3, user name.
const saneInit = 'b"\\0\\0\\0\\0\\x01\\0\\0\\x03\\0\\0\\0\\x04abc\\0"';

/** By socket with Accept=yes: its template, what a client does, and what that then prints. */
const perConnection: Readonly<Record<string, readonly [string, string, RegExp]>> = {
  "saned.socket": ["saned@", exchange(6566, saneInit), /^b'\\x00\\x00\\x00\\x00\\x01/],
  "tinysshd.socket": ["tinysshd@", "ssh-keyscan -t ed25519 127.0.0.1", / ssh-ed25519 AAAA/],
  "oidentd.socket": ["oidentd@", exchange(113, 'b"1,2\\r\\n"'), /ERROR:NO-USER/],
  // Added: it is told in its configuration that it is started so.
  "proftpd.socket": [
    "proftpd@",
    `sed -i 's/^ServerType.*/ServerType inetd/' /etc/proftpd/proftpd.conf && ${exchange(21, 'b""')}`,
    /220 ProFTPD/,
  ],
};

describe.each(Object.entries(perConnection))("%s", (socket, [template, client, says]) => {
  test("one process a connection, and none is left", async () => {
    await enable(socket);
    for (let count = 0; count < 2; count++) expect(await box().run(client)).toMatch(says);
    await box().run(`until [ -z "$(systemctl list-units --no-legend '${template}*')" ]; do sleep 0.05; done`);
    expect(await isActive(socket)).toEqual(["active"]);
  });
});

test("nothing has failed, and all of them stop in time", async () => {
  expect(await box().run("systemctl --failed --no-legend")).toBe("");
  expect((await box().stop(10)).exitCode).toBe(0);
});
