import { expect, test } from "vitest";
import { createFakeBackend, describeUnit, readUnit } from "./support/fake-backend.ts";
import { systemctl } from "./support/run-ctl.ts";

const myappSocket = describeUnit(
  readUnit(
    "myapp.socket",
    "[Unit]\nDescription=myapp socket\n[Socket]\nListenStream=0.0.0.0:8080\nListenStream=/run/myapp.sock\nListenDatagram=127.0.0.1:9999\n[Install]\nWantedBy=sockets.target\n",
  ),
  {
    summary: { activeState: "active", subState: "listening" },
    dependencies: { Triggers: ["myapp.service"], WantedBy: ["sockets.target"] },
  },
);
const myapp = describeUnit(
  readUnit("myapp.service", "[Unit]\nDescription=myapp service\n[Service]\nExecStart=/opt/myapp\n"),
);
const failing = describeUnit(
  readUnit("failing.service", "[Unit]\nDescription=A service that fails\n[Service]\nExecStart=/bin/false\n"),
  {
    summary: { activeState: "failed", subState: "failed" },
  },
);
const wanted = describeUnit(
  { ...readUnit("gone.service", ""), loadState: "not-found", fragmentPath: null },
  {},
);
const sockets = describeUnit(readUnit("sockets.target", "[Unit]\nDescription=Socket Units\n"), {
  summary: { activeState: "active", subState: "active" },
  dependencies: { Wants: ["myapp.socket", "gone.service"], Before: ["basic.target"] },
});
const backend = createFakeBackend([sockets, myapp, failing, myappSocket, wanted]);

const LEGEND = `
Legend: LOAD   → Reflects whether the unit definition was properly loaded.
        ACTIVE → The high-level unit activation state, i.e. generalization of SUB.
        SUB    → The low-level unit activation state, values depend on unit type.
`;

test("list-units prints what systemctl 257 prints", async () => {
  const { out, status } = await systemctl("list-units", { backend });
  expect(out).toBe(
    `  UNIT            LOAD   ACTIVE SUB       DESCRIPTION
● failing.service loaded failed failed    A service that fails
  myapp.socket    loaded active listening myapp socket
  sockets.target  loaded active active    Socket Units
${LEGEND}
3 loaded units listed. Pass --all to see loaded but inactive units, too.
To show all installed unit files use 'systemctl list-unit-files'.
`,
  );
  expect(status).toBe(0);
});

test("--all shows dead units and missing ones too", async () => {
  const { out } = await systemctl("list-units --all --no-legend -t service", { backend });
  expect(out).toBe(
    `● failing.service loaded    failed   failed A service that fails
● gone.service    not-found inactive dead   gone.service
  myapp.service   loaded    inactive dead   myapp service
`,
  );
});

test("--plain leaves the dots out, --state chooses", async () => {
  const { out } = await systemctl("--state=failed --plain", { backend });
  expect(out).toBe(
    `UNIT            LOAD   ACTIVE SUB    DESCRIPTION
failing.service loaded failed failed A service that fails
${LEGEND}
1 loaded units listed.
`,
  );
});

test("patterns that match nothing give an empty table", async () => {
  const { out, status } = await systemctl("list-units nope", { backend });
  expect(out).toBe(
    `  UNIT LOAD ACTIVE SUB DESCRIPTION

0 loaded units listed. Pass --all to see loaded but inactive units, too.
To show all installed unit files use 'systemctl list-unit-files'.
`,
  );
  expect(status).toBe(0);
});

test("units with jobs get a column for them", async () => {
  const job = { id: 1468, unit: "hang.service", type: "start", state: "running" } as const;
  const hang = describeUnit(readUnit("hang.service", "[Service]\nExecStart=/bin/sleep 9\n"), {
    summary: { activeState: "activating", subState: "start", job },
  });
  const { out } = await systemctl("list-units", { backend: createFakeBackend([hang]) });
  expect(out).toBe(
    `  UNIT         LOAD   ACTIVE     SUB   JOB   DESCRIPTION
  hang.service loaded activating start start hang.service
${LEGEND}        JOB    → Pending job for the unit.

1 loaded units listed. Pass --all to see loaded but inactive units, too.
To show all installed unit files use 'systemctl list-unit-files'.
`,
  );
  expect((await systemctl("list-jobs", { backend: createFakeBackend([hang]) })).out).toBe(
    ` JOB UNIT         TYPE  STATE
1468 hang.service start running

1 jobs listed.
`,
  );
});

test("no jobs are said to be none", async () => {
  expect((await systemctl("list-jobs", { backend })).out).toBe("No jobs running.\n");
});

test("--output=json is one line of JSON with systemctl's names", async () => {
  const { out } = await systemctl("list-units -o json --type=socket", { backend });
  expect(out).toBe(
    '[{"unit":"myapp.socket","load":"loaded","active":"active","sub":"listening","description":"myapp socket"}]\n',
  );
});

test("list-sockets prints what systemctl 257 prints", async () => {
  const { out } = await systemctl("list-sockets myapp*", { backend });
  expect(out).toBe(
    `LISTEN          UNIT         ACTIVATES
0.0.0.0:8080    myapp.socket myapp.service
127.0.0.1:9999  myapp.socket myapp.service
/run/myapp.sock myapp.socket myapp.service

3 sockets listed.
Pass --all to see loaded but inactive sockets, too.
`,
  );
});

test("list-sockets --show-types and JSON", async () => {
  expect((await systemctl("list-sockets --show-types --no-legend", { backend })).out).toBe(
    `0.0.0.0:8080    Stream   myapp.socket myapp.service
127.0.0.1:9999  Datagram myapp.socket myapp.service
/run/myapp.sock Stream   myapp.socket myapp.service
`,
  );
  expect(JSON.parse((await systemctl("list-sockets -o json", { backend })).out)[0]).toEqual({
    listen: "0.0.0.0:8080",
    unit: "myapp.socket",
    activates: "myapp.service",
  });
});

test("list-timers without timers is an empty table", async () => {
  expect((await systemctl("list-timers", { backend })).out).toBe(
    `NEXT LEFT LAST PASSED UNIT ACTIVATES

0 timers listed.
Pass --all to see loaded but inactive timers, too.
`,
  );
});

const tree = createFakeBackend([
  describeUnit(readUnit("default.target", ""), {
    summary: { activeState: "active" },
    dependencies: { Wants: ["b.service", "sockets.target", "a.service"] },
  }),
  describeUnit(readUnit("sockets.target", ""), {
    summary: { activeState: "active" },
    dependencies: { Wants: ["x.socket"], Requires: ["default.target"], WantedBy: ["default.target"] },
  }),
  describeUnit(readUnit("a.service", "[Service]\nExecStart=/bin/true\n"), {
    summary: { activeState: "failed" },
    dependencies: { Requires: ["x.socket"], WantedBy: ["default.target"] },
  }),
  describeUnit(readUnit("b.service", "[Service]\nExecStart=/bin/true\n"), { dependencies: {} }),
  describeUnit(readUnit("x.socket", "[Socket]\nListenStream=1\n"), {
    summary: { activeState: "active" },
    dependencies: { WantedBy: ["sockets.target"], RequiredBy: ["a.service"] },
  }),
]);

test("list-dependencies draws targets open, other units closed, and stops at a cycle", async () => {
  expect((await systemctl("list-dependencies", { backend: tree })).out).toBe(
    `default.target
× ├─a.service
○ ├─b.service
● └─sockets.target
●   ├─x.socket
    └─...
`,
  );
});

test("list-dependencies as JSON names each unit of the tree once", async () => {
  const { out } = await systemctl("list-dependencies -o json", { backend: tree });
  const rows = JSON.parse(out) as { unit: string; dependencies: string[] }[];
  expect(rows[0]?.unit).toBe("default.target");
  expect(new Set(rows.map(({ unit }) => unit)).size).toBe(rows.length);
  for (const { dependencies } of rows)
    for (const name of dependencies) expect(rows.some(({ unit }) => unit === name)).toBe(true);
});

test("list-dependencies --all opens everything, --reverse turns round, --plain indents", async () => {
  expect((await systemctl("list-dependencies --all a", { backend: tree })).out).toBe(
    "a.service\n● └─x.socket\n",
  );
  expect((await systemctl("list-dependencies --reverse x.socket", { backend: tree })).out).toBe(
    "x.socket\n× ├─a.service\n● └─sockets.target\n●   └─default.target\n",
  );
  expect((await systemctl("list-dependencies --plain sockets.target", { backend: tree })).out).toBe(
    "sockets.target\n  x.socket\n  default.target\n    a.service\n    b.service\n",
  );
});

test("on a terminal nothing is wider than the terminal", async () => {
  const { out } = await systemctl("list-units", { backend, columns: 50, environment: ["NO_COLOR=1"] });
  for (const line of out.split("\n").slice(0, 4)) expect(line.length).toBeLessThanOrEqual(50);
});

test("without a running usher every verb says so", async () => {
  for (const verb of [
    "list-units",
    "status",
    "start x",
    "list-sockets",
    "show x",
    "is-active x",
    "daemon-reload",
  ]) {
    const { status, errors } = await systemctl(verb);
    expect(errors).toContain("usher is not running here: /run/usher/control is missing");
    expect(status).toBe(1);
  }
});
