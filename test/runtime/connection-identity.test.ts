import { expect, test } from "vitest";
import type { Address, Native } from "../../src/host/native.ts";
import { connectionIdentity } from "../../src/runtime/socket/connection-identity.ts";

const ENOTCONN = -107;

function identity(
  local: Address,
  peer: Address | number,
  credentials: { pid: number; uid: number } | number = 0,
): unknown {
  const host: Pick<Native, "localAddress" | "peerAddress" | "peerCredentials"> = {
    localAddress: () => local,
    peerAddress: () => peer,
    peerCredentials: () => (typeof credentials === "number" ? credentials : { gid: 0, ...credentials }),
  };
  return connectionIdentity(host as Native, 5);
}

test("IPv4, and IPv4 on a dual-stack socket, by address and port", () => {
  const expected = {
    instance: "127.0.0.1:80-192.0.2.1:4000",
    source: "192.0.2.1",
    environment: ["REMOTE_ADDR=192.0.2.1", "REMOTE_PORT=4000"],
  };
  const inet = (host: string, port: number): Address => ({ family: "inet", host, port });
  const inet6 = (host: string, port: number): Address => ({ family: "inet6", host, port });
  expect(identity(inet("127.0.0.1", 80), inet("192.0.2.1", 4000))).toEqual(expected);
  expect(identity(inet6("::ffff:127.0.0.1", 80), inet6("::ffff:192.0.2.1", 4000))).toEqual(expected);
});

test("vsock: numbers alone in the instance's name, counted by the peer's CID", () => {
  const vsock = (cid: number, port: number): Address => ({ family: "vsock", cid, port });
  expect(identity(vsock(3, 22), vsock(2, 1023))).toEqual({
    instance: "3:22-2:1023",
    source: "vsock:2",
    environment: ["REMOTE_ADDR=vsock:2", "REMOTE_PORT=1023"],
  });
});

test("Unix: by process and user, with its address where it has one", () => {
  const local: Address = { family: "unix", path: "/run/app.sock" };
  const named = { instance: "12-1000", source: "uid:1000" };
  expect(identity(local, { family: "unix", path: "" }, { pid: 12, uid: 1000 })).toEqual({
    ...named,
    environment: [],
  });
  expect(identity(local, { family: "unix", path: "@peer" }, { pid: 12, uid: 1000 })).toEqual({
    ...named,
    environment: ["REMOTE_ADDR=@peer"],
  });
});

test("somebody who is gone, or hidden by a namespace, is unknown", () => {
  const local: Address = { family: "unix", path: "/run/app.sock" };
  const unknown = { instance: "unknown", source: null, environment: [] };
  expect(identity(local, ENOTCONN)).toEqual(unknown);
  expect(identity(local, { family: "unix", path: "" }, ENOTCONN)).toEqual(unknown);
});
