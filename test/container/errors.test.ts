/** What goes wrong is said once, with the place in the text or the unit, the step and the cause. */

import { describe, expect, test } from "vitest";
import type { UsherContainer } from "./harness/container.ts";
import type { LogRecord } from "./harness/log.ts";
import { startUsher } from "./harness/usher.ts";

const install = "[Install]\nWantedBy=multi-user.target\n";

function complaints(box: UsherContainer, level = 40): LogRecord[] {
  return box.log.records().filter((record) => (record.level ?? 0) >= level && record.pid === undefined);
}

describe.concurrent("text", () => {
  test("a bad unit is named with file, line and column, and stops no other", async (context) => {
    const box = await startUsher(
      {
        units: {
          "bad.service": `[Service]\nType=oneshot\nExecStart="unbalanced\n${install}`,
          "bad.socket": "[Socket]\nListenStream=7001\nAccept=perhaps\n",
          "typo.service": `[Service]\nType=oneshot\nExecStrat=/bin/true\nExecStart=/bin/true\n${install}`,
          "good.service": `[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper print "all is well"\n${install}`,
        },
      },
      context,
    );
    await box.event(({ msg }) => msg === "all is well");
    await box.booted();
    const said = complaints(box).map(({ msg }) => msg ?? "");
    expect(said.filter((msg) => /^\/etc\/usher\/units\/bad\.service:3:\d+: /.test(msg))).toHaveLength(1);
    expect(said.filter((msg) => /^\/etc\/usher\/units\/bad\.socket:3:\d+: /.test(msg))).toHaveLength(1);
    expect(said.filter((msg) => /^\/etc\/usher\/units\/typo\.service:3:\d+: /.test(msg))).toHaveLength(1);
    expect(said.find((msg) => msg.includes("bad.socket:3"))).toMatch(/perhaps.*(yes|boolean)/i);
    expect(said.find((msg) => msg.includes("typo.service:3"))).toContain("ExecStrat=");
  });

  test("--verify checks without starting anything", async (context) => {
    const box = await startUsher(
      {
        units: {
          "bad.service": `[Service]\nType=oneshot\nExecStart="unbalanced\n${install}`,
          "good.service": `[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper print "must not run"\n${install}`,
        },
        cmd: ["--verify"],
      },
      context,
    );
    expect((await box.exited()).exitCode).toBe(1);
    expect(box.log.text()).toMatch(/bad\.service:3:\d+: /);
    expect(box.log.text()).not.toContain("must not run");
  });

  test("--verify is content with good units", async (context) => {
    const box = await startUsher(
      {
        units: { "good.service": `[Service]\nType=oneshot\nExecStart=/bin/true\n${install}` },
        cmd: ["--verify"],
      },
      context,
    );
    expect((await box.exited()).exitCode).toBe(0);
  });

  test("--help and --version say what they should and end", async (context) => {
    const help = await startUsher({ cmd: ["--help"] }, context);
    expect((await help.exited()).exitCode).toBe(0);
    expect(help.log.text()).toContain("--units");
    const version = await startUsher({ cmd: ["--version"] }, context);
    expect((await version.exited()).exitCode).toBe(0);
    expect(version.log.text()).toMatch(/usher \d+\.\d+\.\d+/);
    expect(version.log.text()).toMatch(/quickjs/i);
  });

  test("an option that nobody knows is refused", async (context) => {
    const box = await startUsher({ cmd: ["--no-such-option"] }, context);
    expect((await box.exited()).exitCode).toBe(2);
    expect(box.log.text()).toContain("--no-such-option");
  });

  test("a wrong value of a variable is passed over, since nothing in an image may stop PID 1", async (context) => {
    const box = await startUsher({ env: { USHER_STOP_TIMEOUT: "soon", USHER_LOG_LEVEL: "loud" } }, context);
    await box.booted();
    const said = complaints(box).map(({ msg }) => msg ?? "");
    expect(said.filter((msg) => msg.includes("USHER_STOP_TIMEOUT") && msg.includes("soon"))).toHaveLength(1);
    expect(said.filter((msg) => msg.includes("USHER_LOG_LEVEL") && msg.includes("loud"))).toHaveLength(1);
  });

  test("no units at all are told of, and no failure", async (context) => {
    const box = await startUsher({}, context);
    await box.event(
      ({ msg, level }) => level === 40 && msg?.includes("put some into /etc/usher/units") === true,
    );
    await box.booted();
    expect(await box.run("usherctl health")).toBe("healthy\n");
  });

  test("--units and USHER_UNIT_PATH say where units are", async (context) => {
    const service = `[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper print "from %p"\n${install}`;
    const one = await startUsher(
      {
        files: { "/srv/units/one.service": service },
        cmd: ["--units", "/srv/units"],
      },
      context,
    );
    await one.event(({ msg }) => msg === "from one");
    const two = await startUsher(
      {
        files: { "/srv/a/one.service": service, "/srv/b/two.service": service },
        env: { USHER_UNIT_PATH: "/srv/a:/srv/b" },
      },
      context,
    );
    await two.event(({ msg }) => msg === "from one");
    await two.event(({ msg }) => msg === "from two");
  });
});

describe.concurrent("a failing step is one record with unit, step and cause", () => {
  const cases: readonly {
    readonly name: string;
    readonly unit: string;
    readonly units: Readonly<Record<string, string>>;
    readonly says: readonly RegExp[];
  }[] = [
    {
      name: "a taken port",
      unit: "second.socket",
      units: {
        "first.socket":
          "[Socket]\nListenStream=7001\nService=x.service\n[Install]\nWantedBy=sockets.target\n",
        "second.socket":
          "[Unit]\nAfter=first.socket\n[Socket]\nListenStream=7001\nService=x.service\n[Install]\nWantedBy=sockets.target\n",
        "x.service": "[Service]\nExecStart=/bin/true\n",
      },
      says: [/7001/, /bind/i, /in use/i],
    },
    {
      name: "a missing program",
      unit: "missing.service",
      units: { "missing.service": `[Service]\nExecStart=/no/such/program\n${install}` },
      says: [/\/no\/such\/program/, /exec|run/i, /no such file/i],
    },
    {
      name: "an unwritable directory",
      unit: "directory.service",
      units: {
        "directory.service": `[Service]\nUser=alice\nStandardOutput=file:/proc/nowhere/file\nExecStart=/bin/true\n${install}`,
      },
      says: [/\/proc\/nowhere\/file/, /no such file|permission/i],
    },
    {
      name: "an unknown user",
      unit: "user.service",
      units: { "user.service": `[Service]\nUser=nosuchuser\nExecStart=/bin/true\n${install}` },
      says: [/nosuchuser/, /user/i],
    },
    {
      name: "a working directory that is not there",
      unit: "chdir.service",
      units: { "chdir.service": `[Service]\nWorkingDirectory=/no/such\nExecStart=/bin/true\n${install}` },
      says: [/\/no\/such/, /directory/i, /no such file/i],
    },
    {
      name: "a missing environment file",
      unit: "env.service",
      units: { "env.service": `[Service]\nEnvironmentFile=/no/such\nExecStart=/bin/true\n${install}` },
      says: [/\/no\/such/, /no such file/i],
    },
  ];
  test.for(cases)("$name", async ({ unit, units, says }, context) => {
    const box = await startUsher({ units }, context);
    await box.booted();
    await box.event((record) => record.unit === unit && /failed with result/i.test(record.msg ?? ""));
    const said = complaints(box).filter(
      (record) => record.unit === unit && says.every((part) => part.test(record.msg ?? "")),
    );
    expect(said, box.log.text()).toHaveLength(1);
  });
});
