import { expect, test } from "vitest";
import { type ControlSession, createControlServer } from "../../src/control/server.ts";
import { createFakeBackend, describeUnit, readUnit } from "../cli/support/fake-backend.ts";

const ROOT = 0;
const STRANGER = 1000;
const entry = (seq: number, text = "hello") => ({
  seq,
  realtimeUsec: seq,
  unit: "a.service",
  identifier: "a",
  pid: 5,
  priority: 6,
  text,
});

interface Client {
  readonly session: ControlSession;
  call(method: string, parameters?: object, extra?: object): void;
  replies(): Record<string, unknown>[];
  closed(): boolean;
  /** How much the client's socket takes from now on. */
  room: number;
}

function open(server: ReturnType<typeof createControlServer>, uid: number): Client | null {
  let received = "";
  let closed = false;
  const client = { room: Number.POSITIVE_INFINITY };
  const session = server.open({
    peer: { uid, gid: uid, pid: 1 },
    write(bytes) {
      const taken = Math.min(bytes.length, client.room);
      received += bytes.slice(0, taken);
      client.room -= taken;
      return taken;
    },
    wantWritable: () => undefined,
    close: () => {
      closed = true;
    },
  });
  if (session === null) return null;
  return Object.assign(client, {
    session,
    call: (method: string, parameters: object = {}, extra: object = {}) =>
      session.onData(`${JSON.stringify({ method: `io.usher.Manager.${method}`, parameters, ...extra })}\0`),
    replies: () =>
      received
        .split("\0")
        .slice(0, -1)
        .map((text) => JSON.parse(text)),
    closed: () => closed,
  });
}

const units = [describeUnit(readUnit("a.service", "[Service]\nExecStart=/bin/true\n"))];

function start(uid = ROOT, options = {}) {
  const backend = createFakeBackend(units, options);
  const server = createControlServer(backend, { ownUid: 500, version: "1.2.3" });
  return { backend, server, client: open(server, uid)! };
}

test("a method is answered with its parameters", () => {
  const { client } = start();
  client.call("ListUnits");
  expect(client.replies()).toMatchObject([
    { parameters: { units: [{ name: "a.service", activeState: "inactive" }] } },
  ]);
});

test("what a unit's files say and its state cross as plain data", () => {
  const { client } = start();
  client.call("GetUnit", { unit: "a.service" });
  expect(client.replies()[0]).toMatchObject({ parameters: { unit: JSON.parse(JSON.stringify(units[0])) } });
});

test("strangers may look and do nothing else", () => {
  const { client, backend } = start(STRANGER);
  client.call("ListUnits");
  client.call("StartJob", { unit: "a.service", type: "start" });
  client.call("Logs", {});
  client.call("GetEnvironment", {});
  expect(client.replies().map((reply) => reply["error"])).toEqual([
    undefined,
    "org.varlink.service.PermissionDenied",
    "org.varlink.service.PermissionDenied",
    "org.varlink.service.PermissionDenied",
  ]);
  expect(backend.calls).toEqual([]);
});

test("the user that usher runs as may do what root may", () => {
  const { client, backend } = start(500);
  client.call("Reload");
  expect(client.replies()).toEqual([{ parameters: {} }]);
  expect(backend.calls).toEqual(["reload"]);
});

test("unknown methods, other interfaces and inherited names of objects are not found", () => {
  const { client } = start();
  client.call("Nonsense");
  client.call("constructor");
  client.session.onData('{"method":"org.example.ListUnits"}\0');
  expect(client.replies().map((reply) => reply["error"])).toEqual(
    Array(3).fill("org.varlink.service.MethodNotFound"),
  );
});

test("a wrong parameter is named", () => {
  const { client } = start();
  client.call("StartJob", { unit: "a.service", type: "explode" });
  client.call("KillUnit", { unit: "a.service", signal: 99 });
  client.call("GetUnit", { unit: 3 });
  client.call("ChangeEnvironment", { set: ["A=1", 2] });
  expect(client.replies().map((reply) => reply["parameters"])).toEqual([
    { parameter: "type" },
    { parameter: "signal" },
    { parameter: "unit" },
    { parameter: "set" },
  ]);
});

test("text that is no message is answered with an error and the connection goes on", () => {
  const { client } = start();
  client.session.onData("hello\0");
  client.call("ListJobs");
  expect(client.replies()).toMatchObject([
    { error: "io.usher.Manager.Malformed" },
    { parameters: { jobs: [] } },
  ]);
  expect(client.closed()).toBe(false);
});

test("a message without end is answered and the connection closed", () => {
  const { client, server } = start();
  client.session.onData("x".repeat(300_000));
  expect(client.replies()).toMatchObject([{ error: "io.usher.Manager.Malformed" }]);
  expect(client.closed()).toBe(true);
  expect(server.connections).toBe(0);
});

test("a job without wait is answered when it is queued", () => {
  const { client } = start(ROOT, { jobResult: "pending" });
  client.call("StartJob", { unit: "a.service", type: "start" });
  expect(client.replies()).toEqual([
    { parameters: { job: { id: 7, unit: "a.service", triggers: [] }, result: null } },
  ]);
});

test("a job with wait is answered when it has ended, with more also when it is queued", () => {
  const { client, backend } = start(ROOT, { jobResult: "pending" });
  client.call("StartJob", { unit: "a.service", type: "start", wait: true }, { more: true });
  expect(client.replies()).toMatchObject([{ continues: true, parameters: { result: null } }]);
  backend.finishJob("failed");
  expect(client.replies()[1]).toEqual({
    parameters: { job: { id: 7, unit: "a.service", triggers: [] }, result: "failed" },
  });
});

test("the backend's refusal crosses with its name and its words", () => {
  const { client } = start(ROOT, {
    jobFailure: { name: "NoSuchUnit", message: "Unit b.service not found." },
  });
  client.call("StartJob", { unit: "b.service", type: "start" });
  expect(client.replies()).toEqual([
    { parameters: { message: "Unit b.service not found." }, error: "io.usher.Manager.NoSuchUnit" },
  ]);
});

test("following the log streams until the client has gone", () => {
  const { client, backend } = start();
  backend.log = [entry(1)];
  client.call("Logs", { follow: true }, { more: true });
  backend.emit([entry(2), entry(3)]);
  expect(client.replies()).toMatchObject([
    { continues: true, parameters: { entries: [{ seq: 1 }] } },
    { continues: true, parameters: { entries: [{ seq: 2 }, { seq: 3 }] } },
  ]);
  client.session.onClose();
  expect(backend.followers()).toBe(0);
});

test("a call that wants no reply gets none", () => {
  const { client, backend } = start();
  client.call("Reload", {}, { oneway: true });
  client.call("Nonsense", {}, { oneway: true });
  expect(client.replies()).toEqual([]);
  expect(backend.calls).toEqual(["reload"]);
});

test("who may not start may not wait either, but for the boot; an odd word is refused", () => {
  const { client, backend } = start(STRANGER);
  client.call("AwaitInactive", { units: ["a.service"] });
  client.call("CleanUnit", { unit: "a.service", what: [] });
  client.call("AwaitBoot");
  expect(client.replies().map(({ error }) => error)).toEqual([
    "org.varlink.service.PermissionDenied",
    "org.varlink.service.PermissionDenied",
    undefined,
  ]);
  expect(backend.calls).toEqual(["await boot"]);
  const root = start(ROOT);
  root.client.call("CleanUnit", { unit: "a.service", what: ["state", "everything"] });
  expect(root.client.replies()).toMatchObject([
    { error: "org.varlink.service.InvalidParameter", parameters: { parameter: "what" } },
  ]);
});

test("a client that doesn't read is dropped, and its following ends", () => {
  const { client, backend } = start();
  client.call("Logs", { follow: true }, { more: true });
  client.room = 0;
  for (let seq = 1; seq < 100 && !client.closed(); seq++) backend.emit([entry(seq, "x".repeat(50_000))]);
  expect(client.closed()).toBe(true);
  expect(backend.followers()).toBe(0);
});

test("a slow client gets everything in order", () => {
  const { client } = start();
  client.room = 10;
  client.call("ListUnits");
  client.call("ListJobs");
  expect(client.replies()).toEqual([]);
  client.room = Number.POSITIVE_INFINITY;
  client.session.onWritable();
  expect(client.replies().map((reply) => Object.keys(reply["parameters"] as object))).toEqual([
    ["units"],
    ["jobs"],
  ]);
});

test("strangers can't take all connections", () => {
  const { server } = start(ROOT);
  const opened = Array.from({ length: 100 }, () => open(server, STRANGER)).filter(
    (client) => client !== null,
  );
  expect(opened.length).toBe(16);
  expect(open(server, ROOT)).not.toBeNull();
  opened[0]!.session.onClose();
  expect(open(server, STRANGER)).not.toBeNull();
});

test("org.varlink.service.GetInfo says who this is", () => {
  const { client } = start();
  client.session.onData('{"method":"org.varlink.service.GetInfo"}\0');
  expect(client.replies()).toMatchObject([
    {
      parameters: {
        product: "usher",
        version: "1.2.3",
        interfaces: ["org.varlink.service", "io.usher.Manager"],
      },
    },
  ]);
});
