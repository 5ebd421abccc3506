/**
 * usher at the system bus when the other end misbehaves: a bus that hangs or is restarted, clients that send what they
 * should not, and a bus that does not let usher be org.freedesktop.systemd1. The bus daemon is Debian's.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { sharedUsher, startUsher } from "./harness/usher.ts";

const image = "usher-test:debian";
const MANAGER = "org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager";

/** A client of D-Bus that does as it is told: hostile.py SOCKET WHAT. Ends with 0 once it has said its piece. */
const HOSTILE = `
import os, socket, struct, sys, time

def word(text): return struct.pack('<I', len(text)) + text + b'\\0'
def pad(b, n): return b + b'\\0' * (-len(b) % n)

def message(member, signature=b'', body=b'', fds=None, serial=7, name=b'org.freedesktop.systemd1',
            path=b'/org/freedesktop/systemd1', interface=b'org.freedesktop.systemd1.Manager'):
    fields = b''
    for code, kind, value in ((1, b'o', path), (2, b's', interface), (3, b's', member), (6, b's', name)):
        fields = pad(fields, 8) + bytes([code, 1]) + kind + b'\\0' + word(value)
    if signature:
        fields = pad(fields, 8) + bytes([8, 1]) + b'g\\0' + bytes([len(signature)]) + signature + b'\\0'
    if fds is not None:
        fields = pad(fields, 8) + bytes([9, 1]) + b'u\\0' + struct.pack('<I', fds)
    return pad(struct.pack('<BBBBIII', 108, 1, 0, 1, len(body), serial, len(fields)) + fields, 8) + body

def connect(path, greet=True):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(path)
    if greet:
        s.sendall(b'\\0AUTH EXTERNAL ' + str(os.getuid()).encode().hex().encode() + b'\\r\\nNEGOTIATE_UNIX_FD\\r\\nBEGIN\\r\\n')
        got = b''
        while got.count(b'\\r\\n') < 2: got += s.recv(100)
    if greet and 'private' not in path:
        s.sendall(message(b'Hello', name=b'org.freedesktop.DBus', path=b'/org/freedesktop/DBus',
                          interface=b'org.freedesktop.DBus'))
        s.recv(4096)
    return s

def send(s, data):
    """As far as the other side takes it."""
    try: s.sendall(data)
    except OSError: pass

path, what = sys.argv[1], sys.argv[2]
if what == 'garbage':
    for data in (b'GET / HTTP/1.0\\r\\n\\r\\n', b'\\0' * 100000, b'\\0AUTH\\r\\n' * 20000, os.urandom(5000)):
        send(connect(path, False), data)
    for data in (os.urandom(5000), b'l' * 5000, message(b'GetUnit', b's', word(b'x'))[:-3], message(b'X')[:20]):
        send(connect(path), data)
elif what == 'odd':
    s = connect(path)
    bodies = ((b'd', struct.pack('<d', 1.5)), (b'ay', struct.pack('<I', 900000) + b'x' * 900000),
              (b's', word(b'x' * 3000000)), (b'a' * 32 + b'y', struct.pack('<I', 0)), (b's', word(b'no.such')))
    for serial, (signature, body) in enumerate(bodies):
        s.sendall(message(b'GetUnit', signature, body, serial=serial + 100))
    answers = 0
    got = b''
    while b'no.such not loaded' not in got: got += s.recv(65536)
elif what == 'deaf':
    s = connect(path)
    s.settimeout(2)
    send(s, message(b'ListUnits') * 3000)
elif what == 'descriptors':
    for count in (0, 3, None):
        s = connect(path)
        socket.send_fds(s, [message(b'GetUnit', b's', word(b'x'), fds=count)], [0, 1, 2])
        send(s, message(b'Subscribe', fds=200))
`;

describe("while others misbehave", () => {
  const box = sharedUsher({
    image,
    files: { "/opt/hostile.py": HOSTILE },
    units: {
      "often.service": "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/true\n",
    },
  });
  beforeAll(() => box().booted());

  const owner = (): Promise<string> =>
    box().run(
      "busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetNameOwner s org.freedesktop.systemd1",
    );
  const descriptors = async (): Promise<string> => (await box().run("ls /proc/1/fd | wc -l")).trim();

  test.each([
    ["/run/dbus/system_bus_socket", "alice"],
    ["/run/systemd/private", "root"],
  ])("clients of %s as %s get nothing of usher's, and do it no harm", async (socket, user) => {
    const before = { owner: await owner(), descriptors: await descriptors() };
    for (const what of ["garbage", "odd", "deaf", "descriptors"]) {
      await box().run(["python3", "/opt/hostile.py", socket, what], { user });
      expect(await box().run(`busctl call ${MANAGER} GetUnit s dbus.service`), what).toMatch(/^o /);
    }
    // What clients left is gone once usher has heard of their end.
    await box().run(`until [ "$(ls /proc/1/fd | wc -l)" -le ${before.descriptors} ]; do sleep 0.05; done`);
    expect(await owner()).toBe(before.owner);
    expect(box().log.text()).not.toMatch(/internal error/);
  });

  test("nobody but root gets to the private socket", async () => {
    const refused = await box().exec(["python3", "/opt/hostile.py", "/run/systemd/private", "odd"], {
      user: "alice",
    });
    expect(refused.stderr).toMatch(/PermissionError/);
    const made = await box().exec("systemd-run --wait --quiet touch /tmp/made", { user: "alice" });
    expect(made.stderr).toMatch(/Access denied/);
    expect((await box().exec("test -e /tmp/made")).exitCode).toBe(1);
  });

  test("a bus that hangs keeps nobody waiting for usher", async () => {
    await box().run("kill -STOP $(pgrep -x dbus-daemon)");
    try {
      await box().run("for n in $(seq 50); do usherctl start often.service || exit; done");
      expect(await box().run("systemd-run --unit=aside --remain-after-exit true 2>&1")).toMatch(
        /^Running as/,
      );
    } finally {
      await box().run("kill -CONT $(pgrep -x dbus-daemon)");
    }
    expect(await box().run(`busctl call ${MANAGER} GetUnit s aside.service`)).toMatch(/aside_2eservice/);
  });

  test("a bus that is restarted finds usher again", async () => {
    const before = await owner();
    await box().run("systemctl restart dbus.service");
    expect(await owner()).toMatch(/^s ":/);
    expect(await box().run("hostnamectl hostname")).toMatch(/\w/);
    await box().run(
      "kill -KILL $(pgrep -x dbus-daemon); until busctl list >/dev/null 2>&1; do sleep 0.05; done",
    );
    await box().run(`until busctl call ${MANAGER} GetUnit s dbus.service; do sleep 0.05; done 2>/dev/null`);
    expect(before).toMatch(/^s ":/);
  });
});

test("without the policy of Debian's package systemd usher says in one line what is missing", async () => {
  const policy = "/usr/share/dbus-1/system.d/org.freedesktop.systemd1.conf";
  const box = await startUsher({ image, entrypoint: ["/bin/sh", "-c", `rm ${policy}; exec /usr/bin/usher`] });
  await box.booted();
  await box.run("systemctl restart dbus.service && busctl list >/dev/null");
  const isComplaint = ({ text }: { readonly text: string }): boolean =>
    /cannot be org\.freedesktop\.systemd1 on the bus.*its policy comes with Debian's package systemd/.test(
      text,
    );
  const from = box.log.position();
  await box.run("systemctl restart dbus.service");
  await box.line(isComplaint, { from });
  expect(box.log.lines.slice(from).filter(isComplaint)).toHaveLength(1);
  // What needs no bus goes on.
  expect(
    await box.run("systemd-run --quiet --unit=aside --remain-after-exit true && systemctl is-active aside"),
  ).toBe("active\n");
});
