import { describe, expect, test } from "vitest";
import type { BusValue } from "../../src/base/dbus/marshal.ts";
import {
  type BusAnswer,
  type BusCall,
  type BusSignal,
  createBusObjects,
  unitOfPath,
  unitPath,
} from "../../src/control/bus-objects.ts";
import { createFakeBackend, describeUnit, type FakeOptions, readUnit } from "../cli/support/fake-backend.ts";

const ssh = describeUnit(
  readUnit("ssh.service", "[Unit]\nDescription=Shell\n[Service]\nExecStart=/bin/sshd\n"),
  {
    summary: { activeState: "active", subState: "running" },
    processes: [{ pid: 7, argv: ["sshd"] }],
  },
);
const ROOT = "/org/freedesktop/systemd1";
const MANAGER = "org.freedesktop.systemd1.Manager";

function manager(member: string, signature = "", ...body: readonly BusValue[]): BusCall {
  return { path: ROOT, interface: MANAGER, member, signature, body, sender: ":1.5" };
}

function create(options: FakeOptions = {}) {
  const signals: BusSignal[] = [];
  const backend = createFakeBackend([ssh], options);
  return { backend, signals, objects: createBusObjects(backend, "docker", (signal) => signals.push(signal)) };
}

function textOf(answer: BusAnswer): string {
  return answer.ok ? String(answer.body[0]) : answer.message;
}

test.each([
  ["ssh.service", "ssh_2eservice"],
  ["3.socket", "_33_2esocket"],
  ["é@a-b.service", "_c3_a9_40a_2db_2eservice"],
])("the path of %s", (name, label) => {
  expect(unitPath(name)).toBe(`${ROOT}/unit/${label}`);
});

test("the unit of a path", () => {
  expect(unitOfPath(`${ROOT}/unit/ssh_2eservice`)).toBe("ssh.service");
  expect(unitOfPath(ROOT)).toBeNull();
});

describe("calls", () => {
  test("who may look and what needs root", () => {
    const { objects } = create();
    expect(objects.changes(manager("GetUnit", "s", "ssh.service"))).toBe(false);
    expect(objects.changes(manager("StopUnit", "ss", "ssh.service", "replace"))).toBe(true);
    expect(objects.changes({ ...manager("StopUnit", "ss"), interface: "" })).toBe(true);
  });

  test("a unit's path, its properties, and what isn't there", () => {
    const { objects } = create();
    const path = unitPath("ssh.service");
    expect(objects.call(manager("GetUnit", "s", "ssh.service"))).toEqual({
      ok: true,
      signature: "o",
      body: [path],
    });
    expect(objects.call(manager("GetUnitByPID", "u", 7))).toMatchObject({ body: [path] });
    expect(objects.call(manager("GetUnit", "s", "x.service"))).toMatchObject({
      error: "org.freedesktop.systemd1.NoSuchUnit",
    });
    const get = { ...manager("Get", "ss", "org.freedesktop.systemd1.Unit", "ActiveState"), path };
    expect(objects.call({ ...get, interface: "org.freedesktop.DBus.Properties" })).toEqual({
      ok: true,
      signature: "v",
      body: [{ signature: "s", value: "active" }],
    });
  });

  test.each([
    ["Reboot", "", "UnknownMethod"],
    ["GetUnit", "u", "InvalidArgs"],
  ])("%s(%s) is refused", (member, signature, error) => {
    const { objects } = create();
    expect(objects.call(manager(member, signature))).toMatchObject({
      error: `org.freedesktop.DBus.Error.${error}`,
    });
  });

  test("a user's manager is refused, a job mode that there isn't too", () => {
    const { objects, backend } = create();
    expect(objects.call(manager("StartUnit", "ss", "user@0.service", "replace")).ok).toBe(false);
    expect(objects.call(manager("StartUnit", "ss", "ssh.service", "now")).ok).toBe(false);
    expect(backend.calls).toEqual([]);
  });

  test("what Introspect says is there", () => {
    const { objects } = create();
    const call = { ...manager("Introspect"), interface: "org.freedesktop.DBus.Introspectable" };
    const xml = textOf(objects.call(call));
    expect(xml).toContain('<method name="StartUnit"><arg type="s" direction="in"/>');
    const top = textOf(objects.call({ ...call, path: "/org" }));
    expect(top).toContain('<node name="freedesktop"/>');
  });
});

describe("jobs", () => {
  test("the end of one is told to who asked, to everybody once somebody subscribed", () => {
    const { objects, backend, signals } = create({ jobResult: "pending" });
    expect(objects.call(manager("StartUnit", "ss", "ssh.service", "replace"))).toMatchObject({
      signature: "o",
    });
    expect(signals).toEqual([]);
    backend.finishJob("done");
    expect(signals[0]).toMatchObject({ member: "JobRemoved", destination: ":1.5" });
    expect(signals[0]?.body.slice(2)).toEqual(["ssh.service", "done"]);
    objects.call(manager("Subscribe"));
    objects.call(manager("StartUnit", "ss", "ssh.service", "replace"));
    backend.finishJob("failed");
    expect(signals[1]).toMatchObject({ destination: null });
  });

  test("one that is over at once has its end told too", () => {
    const { objects, signals } = create({ jobResult: "done" });
    objects.call(manager("StartUnit", "ss", "ssh.service", "replace"));
    expect(signals.map(({ member }) => member)).toEqual(["JobRemoved"]);
  });
});

test("a changed unit is told of while somebody is subscribed", () => {
  const { objects, signals } = create();
  objects.unitChanged("ssh.service");
  objects.call(manager("Subscribe"));
  objects.unitChanged("ssh.service");
  objects.forget(":1.5");
  objects.unitChanged("ssh.service");
  expect(signals).toHaveLength(1);
  expect(signals[0]).toMatchObject({ path: unitPath("ssh.service"), member: "PropertiesChanged" });
});
