import { expect, test } from "vitest";
import { startUsher } from "./harness/usher.ts";

/** Leaves its session, its parents and its environment: without cgroups nothing tells whose it is. */
const ESCAPE =
  "#!/bin/sh\nenv -i setsid sh -c 'setsid sleep 4711 & exit 0'\nuntil pgrep -x sleep >/dev/null; do :; done\nexec sleep 1234\n";

const units = {
  "escape.service": "[Service]\nExecStart=/bin/sh /opt/escape.sh\n",
  "once.service":
    "[Service]\nType=oneshot\nExecStart=/bin/cat /proc/self/cgroup\nStandardOutput=file:/tmp/cgroup\n",
};

test("where usher may make cgroups, no process of a service gets away, and none of its cgroups stays", async (context) => {
  const box = await startUsher({
    capAdd: ["SYS_ADMIN"],
    securityOpt: ["apparmor=unconfined", "seccomp=unconfined"],
    entrypoint: ["sh", "-c", "mount -t cgroup2 none /sys/fs/cgroup || echo no-cgroup2; exec /usr/bin/usher"],
    files: { "/opt/escape.sh": ESCAPE },
    units,
  });
  await box.booted();
  if (box.log.text().includes("no-cgroup2")) return context.skip("cgroup2 can't be mounted here");
  await box.run("systemctl start once.service");
  expect(await box.readFile("/tmp/cgroup")).toContain("/once.service\n");

  await box.run("systemctl start escape.service");
  await box.run("until pgrep -f 'sleep 4711'; do sleep 0.02; done");
  expect(await box.run("systemctl status escape.service")).toContain("sleep 4711");
  await box.run("systemctl stop escape.service");
  expect((await box.exec(["pgrep", "-f", "sleep 4711"])).exitCode).toBe(1);
  expect(await box.run("ls -d /sys/fs/cgroup/*.service 2>/dev/null || echo none")).toBe("none\n");
});
