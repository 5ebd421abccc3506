/** usherctl and the systemctl face in a container: what people type, and what they get byte for byte. */

import { describe, expect, test } from "vitest";
import { sharedUsher, startUsher } from "./harness/usher.ts";

const SOCKET =
  "[Unit]\nDescription=myapp socket\n[Socket]\nListenStream=0.0.0.0:8080\n[Install]\nWantedBy=sockets.target\n";
const SERVICE = "[Unit]\nDescription=myapp service\n[Service]\nExecStart=/opt/myapp\n";
const MYAPP = {
  content: "#!/usr/bin/node\nrequire('node:net').createServer((c) => c.end('hello\\n')).listen({ fd: 3 });\n",
  mode: 0o755,
};

test("systemctl enable --now, status, list-sockets and ss: the socket listens, the service waits", async () => {
  const box = await startUsher({
    files: {
      "/etc/systemd/system/myapp.socket": SOCKET,
      "/etc/systemd/system/myapp.service": SERVICE,
      "/opt/myapp": MYAPP,
    },
  });
  await box.booted();
  expect(await box.exec("systemctl enable --now myapp.socket")).toMatchObject({
    exitCode: 0,
    stderr:
      "Created symlink '/etc/systemd/system/sockets.target.wants/myapp.socket' → '/etc/systemd/system/myapp.socket'.\n",
  });
  const waiting = await box.exec("systemctl status myapp.service");
  expect(waiting.stdout).toBe(
    `○ myapp.service - myapp service
     Loaded: loaded (/etc/systemd/system/myapp.service; static)
     Active: inactive (dead)
TriggeredBy: ● myapp.socket
`,
  );
  expect(waiting.exitCode).toBe(3);
  expect(await box.run("systemctl list-sockets myapp.socket")).toBe(
    `LISTEN       UNIT         ACTIVATES
0.0.0.0:8080 myapp.socket myapp.service

1 sockets listed.
Pass --all to see loaded but inactive sockets, too.
`,
  );
  expect(await box.run("ss -tulnp")).toMatch(/0\.0\.0\.0:8080 .*"usher",pid=1,/);
  expect(await box.request(8080)).toBe("hello\n");
  expect(await box.run("systemctl is-active myapp.service myapp.socket")).toBe("active\nactive\n");
  expect((await box.exec("systemctl disable --now myapp.socket")).stderr).toContain(
    "Removed '/etc/systemd/system/sockets.target.wants/myapp.socket'.\n",
  );
  expect((await box.exec("systemctl is-active myapp.socket")).stdout).toBe("inactive\n");
});

test("what disable leaves for a unit in usher's own folder holds after a reload, and enable takes it back", async () => {
  const box = await startUsher({
    units: { "myapp.socket": SOCKET, "myapp.service": SERVICE },
    files: { "/opt/myapp": MYAPP },
  });
  await box.booted();
  expect(await box.run("systemctl is-enabled myapp.socket")).toBe("enabled\n");
  await box.run("systemctl disable --now myapp.socket");
  expect(await box.run("systemctl list-dependencies --plain sockets.target")).not.toContain("myapp.socket");
  expect((await box.exec("systemctl is-enabled myapp.socket")).stdout).toBe("disabled\n");
  await box.run("systemctl enable --now myapp.socket");
  expect(await box.run("systemctl list-dependencies --plain sockets.target")).toContain("myapp.socket");
  expect(await box.request(8080)).toBe("hello\n");
});

describe("one container with services of several kinds", () => {
  const box = sharedUsher({
    units: {
      "fails.service":
        "[Unit]\nDescription=Fails\n[Service]\nExecStart=/bin/sh -c 'echo about to fail; exit 3'\n",
      "notify.service":
        "[Service]\nType=notify\nNotifyAccess=all\nExecStart=/bin/sh -c 'systemd-notify --ready --status=\"Serving 3 clients\"; exec sleep 1000'\n",
      "talk.service":
        "[Service]\nExecStart=/bin/sh -c 'while read line; do echo got $$line; done </tmp/fifo'\n",
      "broken.service": "[Service]\nExecStart=/opt/gone\n",
    },
  });

  test("a failed unit says why in words, with its last lines and what to do", async () => {
    await box().booted();
    await box().exec("systemctl start fails");
    await box().event(
      (record) => record.unit === "fails.service" && record.msg === "Failed with result 'exit-code'.",
    );
    const { stdout, exitCode } = await box().exec("systemctl status fails");
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(
      /Active: failed \(Result: exit-code\) since \w{3} [\d-]+ [\d:]+ UTC; [\d.]+m?s ago\n/,
    );
    expect(stdout).toMatch(/sh\[\d+\]: about to fail\n/);
    expect(stdout).toMatch(
      /Why: its ExecStart= process \/bin\/sh \(pid \d+\) ended by itself with exit\n +status 3\n/,
    );
    expect(stdout).toContain("restart fails.service\n");
  });

  test("is-system-running, health and reset-failed agree", async () => {
    await box().exec("systemctl start broken");
    await box().event(
      (record) => record.unit === "broken.service" && record.msg === "Failed with result 'exit-code'.",
    );
    expect(await box().exec("systemctl is-system-running")).toMatchObject({
      stdout: "degraded\n",
      exitCode: 1,
    });
    const sick = await box().exec("usherctl health");
    expect(sick.exitCode).toBe(1);
    expect(sick.stdout).toContain("broken.service has failed\n");
    await box().run("systemctl reset-failed");
    expect(await box().exec("usherctl health")).toMatchObject({ stdout: "healthy\n", exitCode: 0 });
  });

  test("systemd-notify makes a shell script ready, and its status is shown", async () => {
    await box().run("systemctl start notify");
    expect(await box().run("systemctl status notify")).toContain('     Status: "Serving 3 clients"\n');
    expect(await box().run("systemctl show -p ActiveState,StatusText --value notify")).toBe(
      "Serving 3 clients\nactive\n",
    );
  });

  test("logs are followed as they come", async () => {
    await box().run("mkfifo /tmp/fifo");
    await box().run("systemctl start talk");
    const following = box().exec("usherctl logs -u talk -f -o cat | grep -m1 'got second'");
    await box().exec("sh -c 'exec 3>/tmp/fifo; echo first >&3; echo second >&3'");
    expect((await following).stdout).toBe("got second\n");
  });

  test("strangers may look, and are told that they may not touch", async () => {
    const look = await box().exec("systemctl is-active notify", { user: "alice" });
    expect(look.stdout).toBe("active\n");
    const touch = await box().exec("systemctl stop notify", { user: "alice" });
    expect(touch.exitCode).toBe(1);
    expect(touch.stderr).toContain("Failed to stop notify.service: Access denied");
    expect(await box().run("systemctl is-active notify")).toBe("active\n");
  });

  test("garbage and bytes without end on the control socket change nothing", async () => {
    await box().exec("sh -c 'head -c 5000000 /dev/zero | tr \"\\\\0\" x | nc -N -U /run/usher/control'");
    await box().exec("sh -c 'head -c 100000 /dev/urandom | nc -N -U /run/usher/control'");
    expect(await box().run("systemctl is-active notify")).toBe("active\n");
  });

  test("a listing as JSON is JSON", async () => {
    const units: { unit: string; active: string }[] = JSON.parse(
      await box().run("usherctl list-units -a -o json"),
    );
    expect(units.find(({ unit }) => unit === "notify.service")?.active).toBe("active");
  });

  test("usher --verify reads the container's units and finds the missing program", async () => {
    const { stdout, exitCode } = await box().exec("usher --verify");
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      "/etc/usher/units/broken.service: the program isn't there, or is not executable",
    );
  });

  test("systemd-socket-activate listens and hands its socket over", async () => {
    const command =
      "/usr/libexec/usher/systemd-socket-activate -l 127.0.0.1:7100 --fdname=web /bin/sh -c 'echo $LISTEN_FDS $LISTEN_FDNAMES $(($LISTEN_PID == $$)); ls /proc/self/fd | head -4'";
    const run = box().exec(["sh", "-c", command]);
    await box().run("sh -c 'until ss -Hltn | grep -q :7100; do sleep 0.02; done; nc -z 127.0.0.1 7100'");
    expect((await run).stdout).toBe("1 web 1\n0\n1\n2\n3\n");
  });

  test("the command line tools end at once when nobody reads", async () => {
    expect((await box().exec("sh -c 'usherctl --help | head -1'")).stdout).toMatch(/^usherctl /);
  });
});

test.each([
  { zone: "Europe/Berlin", name: "CES?T" },
  { zone: "<+0330>-3:30", name: "\\+0330" },
  { zone: "No/Such/Zone", name: "UTC" },
  { zone: "", name: "UTC" },
])("times in the zone $zone are called $name", async ({ zone, name }) => {
  const box = await startUsher({ env: { TZ: zone } });
  await box.booted();
  const since = new RegExp(`since: \\w{3} [\\d-]+ [\\d:]+ ${name};`, "i");
  expect((await box.exec(["/usr/bin/usherctl", "status"])).stdout).toMatch(since);
});

test("usherctl that waits is told, and leaves PID 1 alone when it goes", async () => {
  const box = await startUsher({
    units: { "stays.service": "[Service]\nExecStart=/bin/sh -c 'read line </tmp/fifo'\n" },
  });
  await box.booted();
  await box.run("mkfifo /tmp/fifo");
  const waiting = box.exec("systemctl start --wait stays; echo $?");
  await box.event(({ unit, msg }) => unit === "stays.service" && msg?.startsWith("Started") === true);
  const leaving = box.exec("timeout 0.3 systemctl start --wait stays; echo $?");
  expect((await leaving).stdout).toBe("124\n");
  await box.run("echo go >/tmp/fifo");
  expect((await waiting).stdout).toBe("0\n");
  expect(await box.run("systemctl is-system-running --wait")).toBe("running\n");
});

test("systemctl poweroff ends the container", async () => {
  const box = await startUsher();
  await box.booted();
  await box.exec("systemctl poweroff");
  expect((await box.exited()).exitCode).toBe(0);
});

test("usherctl exit ends it with a status", async () => {
  const box = await startUsher();
  await box.booted();
  await box.exec("usherctl exit 7");
  expect((await box.exited()).exitCode).toBe(7);
});

test("without a running usher the tools say so", async () => {
  const box = await startUsher({ entrypoint: ["sleep", "60"] });
  expect(await box.exec("usherctl status")).toMatchObject({
    exitCode: 1,
    stderr: "usher is not running here: /run/usher/control is missing\n",
  });
});
