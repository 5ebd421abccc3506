import { describe, expect, it } from "vitest";
import { createHandedSockets, type HandedSocket } from "../../src/runtime/socket/handed-sockets.ts";
import type { SocketUnit } from "../../src/unit/model.ts";
import { readUnit } from "../cli/support/fake-backend.ts";

const given: readonly HandedSocket[] = [
  { fd: 3, name: "web", kind: "stream", address: "[::]:9000" },
  { fd: 4, name: "unknown", kind: "stream", address: "[::]:8081" },
  { fd: 5, name: "dns", kind: "datagram", address: "0.0.0.0:53" },
  { fd: 6, name: "web", kind: null, address: "no socket" },
];

function unit(name: string, more = ""): SocketUnit {
  return readUnit(name, `[Socket]\nListenStream=1\n${more}`) as SocketUnit;
}

function hand() {
  const closed: number[] = [];
  const handed = createHandedSockets(given, {
    close: (fd) => {
      closed.push(fd);
      return 0;
    },
  });
  return { handed, closed };
}

describe("a socket that usher was given", () => {
  it("goes by its address, whatever its name", () => {
    expect(hand().handed.take(unit("a.socket"), "stream", ["[::]:8081"])).toBe(4);
  });
  it("goes by FileDescriptorName=, whatever its address", () => {
    expect(hand().handed.take(unit("a.socket", "FileDescriptorName=web\n"), "stream", ["[::]:80"])).toBe(3);
  });
  it("goes by the unit's name where FileDescriptorName= is not set", () => {
    const named = createHandedSockets([{ ...given[0]!, name: "a.socket" }], { close: () => 0 });
    expect(named.take(unit("a.socket"), "stream", [])).toBe(3);
  });
  it("is of the listener's kind", () => {
    expect(
      hand().handed.take(unit("a.socket", "FileDescriptorName=dns\n"), "stream", ["0.0.0.0:53"]),
    ).toBeNull();
  });
  it("is taken once", () => {
    const { handed } = hand();
    expect(handed.take(unit("a.socket"), "stream", ["[::]:8081"])).toBe(4);
    expect(handed.take(unit("b.socket"), "stream", ["[::]:8081"])).toBeNull();
  });
  it("is closed when nobody took it, and named", () => {
    const { handed, closed } = hand();
    handed.take(unit("a.socket"), "stream", ["[::]:8081"]);
    expect(handed.closeRest().map(({ fd }) => fd)).toEqual([3, 5, 6]);
    expect(closed).toEqual([3, 5, 6]);
    expect(handed.closeRest()).toEqual([]);
  });
});
