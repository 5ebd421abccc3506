/** What sockets can that systemd 257 can't: later directives, and usher's own. The rest are scenarios (socket-*). */

import { describe, expect, test } from "vitest";
import { sharedUsher } from "./harness/usher.ts";

const install = "[Install]\nWantedBy=sockets.target\n";
const readOptions =
  "import socket; s = socket.socket(fileno=3); print([s.getsockopt(1, option) for option in (76, 83)])";

const box = sharedUsher({
  units: {
    "told.socket": `[Socket]\nListenStream=/run/told.sock\nPassPIDFD=yes\nAcceptFileDescriptors=no\n`,
    "told.service": `[Service]\nType=oneshot\nExecStart=python3 -c "${readOptions}"\n`,
    "untold.socket": `[Socket]\nListenStream=/run/untold.sock\n`,
    "untold.service": `[Service]\nType=oneshot\nExecStart=python3 -c "${readOptions}"\n`,

    "rival.service": "[Service]\nExecStart=sleep infinity\n",
    "patient.socket": `[Socket]\nListenStream=7001\nDeferTrigger=patient\n${install}`,
    "patient.service":
      "[Unit]\nConflicts=rival.service\n\n[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",
    "hasty.socket": `[Socket]\nListenStream=7002\nDeferTrigger=patient\nDeferTriggerMaxSec=300ms\n${install}`,
    "hasty.service":
      "[Unit]\nConflicts=rival.service\n\n[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",
    "plain.socket": `[Socket]\nListenStream=7003\nDeferTrigger=yes\n${install}`,
    "plain.service":
      "[Unit]\nConflicts=rival.service\n\n[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",

    "pause.socket": `[Socket]\nListenStream=7004\nTriggerLimitBurst=3\n[X-Usher]\nOnTriggerLimit=pause\n${install}`,
    "pause.service":
      "[Unit]\nConditionPathExists=/tmp/ready\n\n[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",
    "crashes.socket": `[Socket]\nListenStream=7005\n[X-Usher]\nOnTriggerLimit=pause\n${install}`,
    "crashes.service":
      "[Unit]\nStartLimitBurst=2\n\n[Service]\n" +
      `ExecStart=sh -c "[ -e /tmp/ready ] && exec /opt/fixtures/dumper accept-all"\n`,
  },
});

const state = (unit: string): Promise<string> =>
  box().run(["systemctl", "show", "-p", "ActiveState", "-p", "SubState", "-p", "Result", unit]);

async function isRunning(unit: string): Promise<boolean> {
  return (await box().exec(["systemctl", "is-active", unit])).stdout.trim() === "active";
}

test("PassPIDFD= and AcceptFileDescriptors= are set, or it is said that the kernel has none", async () => {
  await box().booted();
  for (const unit of ["told", "untold"]) await box().run(["systemctl", "start", `${unit}.socket`]);
  for (const unit of ["told", "untold"]) await box().exec(["systemctl", "start", `${unit}.service`]);
  const printed = async (name: string): Promise<string | undefined> =>
    (await box().event(({ msg, unit }) => unit === `${name}.service` && msg?.startsWith("[") === true)).msg;
  const told = await printed("told");
  const untold = await printed("untold");
  const warning = box()
    .log.records()
    .find(({ msg, unit }) => unit === "told.socket" && msg?.startsWith("cannot set ") === true);
  if (warning === undefined) {
    expect([told, untold]).toEqual(["[1, 0]", "[0, 1]"]);
  } else {
    expect(warning.msg).toMatch(/^cannot set (PassPIDFD|AcceptFileDescriptors)=: .+, ignoring$/);
  }
});

describe("DeferTrigger=", () => {
  test("patient: the service waits for what it is in conflict with", async () => {
    await box().run(["systemctl", "start", "rival.service"]);
    const answer = box().request(7001);
    await box().run(
      'until [ "$(systemctl show -P SubState patient.socket)" = deferred ]; do sleep 0.02; done',
    );
    expect(await isRunning("rival.service")).toBe(true);
    await box().run(["systemctl", "stop", "rival.service"]);
    expect(await answer).toMatch(/^\d+\n$/);
    await box().run(["systemctl", "stop", "patient.service"]);
  });

  test("DeferTriggerMaxSec= ends the socket with the result timeout", async () => {
    await box().run(["systemctl", "start", "rival.service"]);
    // Ended or reset, by how far the kernel had got.
    const unanswered = box()
      .request(7002)
      .then(
        (text) => text,
        () => "",
      );
    await box().event(
      ({ unit, msg }) => unit === "hasty.socket" && msg?.includes("DeferTriggerMaxSec=") === true,
    );
    expect(await unanswered).toBe("");
    expect(await state("hasty.socket")).toBe("Result=timeout\nActiveState=failed\nSubState=failed\n");
    expect(await isRunning("rival.service")).toBe(true);
  });

  test("yes: no longer than other jobs last; then the other unit is stopped", async () => {
    await box().run(["systemctl", "start", "rival.service"]);
    expect(await box().request(7003)).toMatch(/^\d+\n$/);
    expect(await isRunning("rival.service")).toBe(false);
  });
});

describe("OnTriggerLimit=pause", () => {
  test("the socket stays open, says why it rests, and goes on with who waits", async () => {
    const answers = [box().request(7004), box().request(7005)];
    for (const [unit, why] of [
      ["pause.socket", /^Trigger limit hit, taking no connections for 2 s \(OnTriggerLimit=pause\)/],
      ["crashes.socket", /^crashes\.service was started too often, taking no connections for 2 s/],
    ] as const) {
      await box().event((record) => record.unit === unit && why.test(record.msg ?? ""));
      expect(await state(unit)).toMatch(/ActiveState=active\nSubState=listening/);
    }
    await box().run(["touch", "/tmp/ready"]);
    for (const answer of answers) expect(await answer).toMatch(/^\d+\n$/);
  });
});

describe("vsock with Accept=yes", () => {
  // Docker's own filter allows no vsock.
  const vsock = sharedUsher({
    securityOpt: ["seccomp=unconfined"],
    units: {
      "vm.socket": `[Socket]\nListenStream=vsock::7010\nAccept=yes\nMaxConnectionsPerSource=1\n${install}`,
      "vm@.service": "[Service]\nStandardInput=socket\nExecStart=/bin/sh -c 'env; cat'\n",
    },
  });
  const connectLocally = [
    "python3",
    "-c",
    "import socket; s = socket.socket(socket.AF_VSOCK); s.settimeout(2); s.connect((1, 7010)); " +
      "s.shutdown(socket.SHUT_WR); print(s.makefile().read())",
  ];

  test("listens", async () => {
    await vsock().booted();
    const shown = await vsock().run(["systemctl", "show", "-P", "SubState", "-P", "Listen", "vm.socket"]);
    expect(shown.split("\n").sort()).toEqual(["", "listening", "vsock::7010 (Stream)"]);
  });

  test("serves each connection", async ({ skip }) => {
    const answer = await vsock().exec(connectLocally);
    skip(answer.exitCode !== 0, "this kernel has no vsock loopback to connect by");
    expect(answer.stdout).toMatch(/^REMOTE_ADDR=vsock:\d+$/m);
    expect(answer.stdout).toMatch(/^REMOTE_PORT=\d+$/m);
  });
});

describe("a kernel without IPv6", () => {
  const AF_INET6 = 10;
  const EAFNOSUPPORT = 97;
  const refused = { index: 0, value: AF_INET6, op: "SCMP_CMP_EQ" };
  const filter = {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: EAFNOSUPPORT, args: [refused] }],
  };
  const without = sharedUsher({
    securityOpt: [`seccomp=${JSON.stringify(filter)}`],
    units: {
      "port.socket": `[Socket]\nListenStream=7011\n${install}`,
      "port.service": "[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",
    },
  });

  test("a bare port is 0.0.0.0", async () => {
    await without().booted();
    expect(await without().request(7011)).toMatch(/^\d+\n$/);
    expect(await without().run(["systemctl", "show", "-P", "Listen", "port.socket"])).toBe(
      "0.0.0.0:7011 (Stream)\n",
    );
  });
});
