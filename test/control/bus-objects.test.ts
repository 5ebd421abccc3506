import { describe, expect, test } from "vitest";
import { type BusValue, variant } from "../../src/base/dbus/marshal.ts";
import { ok } from "../../src/base/result.ts";
import type { BusBackend, TransientUnit } from "../../src/control/bus/backend.ts";
import type { BusAnswer, BusCall, BusSignal } from "../../src/control/bus/call.ts";
import { unitOfPath, unitPath } from "../../src/control/bus/names.ts";
import { createBusObjects } from "../../src/control/bus/objects.ts";
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
  return { path: ROOT, interface: MANAGER, member, signature, body, sender: ":1.5", fds: [] };
}

function create(options: FakeOptions = {}) {
  const signals: BusSignal[] = [];
  const backend = createFakeBackend([ssh], options);
  const made: TransientUnit[] = [];
  const followed: string[] = [];
  const bus: BusBackend = {
    ...backend,
    makeTransient(units) {
      made.push(...units);
      return ok(null);
    },
    setReferenced: (unit, referenced) => void held.push(`${unit} ${referenced}`),
  };
  const held: string[] = [];
  const emit = (signal: BusSignal): void => void signals.push(signal);
  const follow = (client: string): boolean => followed.push(client) < 3;
  return { backend, signals, made, held, objects: createBusObjects(bus, "docker", emit, follow) };
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
  const told = { path: unitPath("ssh.service"), member: "PropertiesChanged" };
  expect(signals).toMatchObject([told, told]);
  const [service, unit] = signals.map(({ body }) => body);
  expect(service?.[0]).toBe("org.freedesktop.systemd1.Service");
  expect(unit?.slice(0, 2)).toMatchObject([
    "org.freedesktop.systemd1.Unit",
    [
      ["ActiveState", { value: "active" }],
      ["SubState", { value: "running" }],
      ["Job", {}],
      ["InvocationID", {}],
    ],
  ]);
});

describe("a transient unit", () => {
  const start = (...properties: readonly BusValue[]): BusCall =>
    manager("StartTransientUnit", "ssa(sv)a(sa(sv))", "run-1.service", "fail", properties, []);
  const holding: BusValue = ["AddRef", variant("b", true)];

  test("is made and started, and let go of at once", () => {
    const { objects, backend, made, held } = create();
    const answer = objects.call(start(["Description", variant("s", "x")]));
    expect(answer).toMatchObject({ ok: true, signature: "o" });
    expect(made.map(({ name, text }) => [name, text.includes("Description=x")])).toEqual([
      ["run-1.service", true],
    ]);
    expect(backend.calls).toEqual(["start run-1.service fail"]);
    expect(held).toEqual(["run-1.service false"]);
  });

  test("is held for who wants that, told of to him, and let go of when he leaves", () => {
    const { objects, signals, held } = create();
    objects.call(start(holding));
    expect(held.at(-1)).toBe("run-1.service true");
    signals.length = 0;
    objects.unitChanged("run-1.service");
    objects.unitChanged("ssh.service");
    expect(new Set(signals.map(({ path }) => path))).toEqual(new Set([unitPath("run-1.service")]));
    objects.forget(":1.5");
    expect(held.at(-1)).toBe("run-1.service false");
  });

  test("is not made when there is something wrong", () => {
    const { objects, made } = create();
    expect(objects.call(start(["Nonsense", variant("s", "x")])).ok).toBe(false);
    expect(objects.call({ ...start(holding), body: ["run-1.service", "now", [], []] }).ok).toBe(false);
    expect(made).toEqual([]);
  });

  test("keeps the descriptors that it uses, and no other", () => {
    const { objects } = create();
    const fds = [10, 11];
    objects.call({ ...start(["StandardOutputFileDescriptor", variant("h", 1)]), fds });
    expect(fds).toEqual([10]);
  });
});

test("too many who want to be told are refused", () => {
  const { objects } = create();
  const subscribe = (): BusAnswer => objects.call(manager("Subscribe"));
  expect([subscribe().ok, subscribe().ok]).toEqual([true, true]);
  expect(subscribe()).toMatchObject({ error: "org.freedesktop.DBus.Error.LimitsExceeded" });
});

test("what no method takes is refused before anybody looks into it", () => {
  const { objects } = create();
  expect(objects.refusal(manager("GetUnit", "s"))).toBeNull();
  expect(objects.refusal(manager("GetUnit", "ay"))?.error).toBe("org.freedesktop.DBus.Error.InvalidArgs");
  expect(objects.refusal(manager("Nonsense"))?.error).toBe("org.freedesktop.DBus.Error.UnknownMethod");
});
