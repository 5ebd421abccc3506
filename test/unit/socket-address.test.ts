import { describe, expect, it } from "vitest";
import type { Listener } from "../../src/unit/model.ts";
import { formatSocketAddress } from "../../src/unit/value/socket-address.ts";
import { readSocket } from "./read-files.ts";
import vectors from "./vectors/socket-address.json" with { type: "json" };

/** In the vectors' words. */
function plainly(listener: Listener | undefined): unknown {
  if (listener?.kind === "netlink") {
    const [protocol] = listener.text.split(/\s/);
    return { family: "netlink", protocol, groups: listener.group };
  }
  if (listener === undefined || !("address" in listener)) return undefined;
  const { address } = listener;
  switch (address.family) {
    case "any":
      return { family: "inet6", address: "::", port: address.port };
    case "inet":
    case "inet6":
      return { family: address.family, address: address.host, port: address.port };
    case "unix":
      return { family: "unix", path: address.path };
    case "unix-abstract":
      return { family: "unix", abstract: address.name };
    case "vsock":
      return { family: "vsock", cid: address.cid, port: address.port };
  }
}

function listen(directive: string, input: string): readonly Listener[] {
  return readSocket(`[Socket]\n${directive}=${input}\n`).unit.socket.listeners;
}

describe("listeners", () => {
  for (const { id, directive, input, expect: expected } of vectors) {
    // Whether an interface exists is found out when the socket is opened.
    if (expected.error === "ENODEV") continue;
    it(id, () => {
      const [listener] = listen(directive, input);
      if (expected.error !== undefined) return expect(listener).toBeUndefined();
      const { type, ...address } = expected;
      expect(plainly(listener)).toEqual(address);
      if (type !== undefined) expect(listener?.kind).toBe(type === "dgram" ? "datagram" : type);
    });
  }

  it("of all kinds come in the order of their lines", () => {
    const text =
      "[Socket]\nListenStream=80\nListenFIFO=/run/f\nListenDatagram=53\nListenSpecial=/dev/x\nListenMessageQueue=/q\n";
    expect(readSocket(text).unit.socket.listeners.map(({ kind, text: shown }) => `${kind} ${shown}`)).toEqual(
      ["stream [::]:80", "fifo /run/f", "datagram [::]:53", "special /dev/x", "mqueue /q"],
    );
  });

  it("have an interface after the port, its percent sign doubled", () => {
    expect(listen("ListenStream", "[fe80::1]:80%%eth0")[0]).toMatchObject({
      address: { family: "inet6", host: "fe80::1", port: 80, scope: "eth0" },
    });
  });

  it("name the place and the forms of an address that is none", () => {
    const { unit, problems } = readSocket("[Socket]\nListenStream=localhost:80\nListenStream=80\n");
    expect(unit.loadState).toBe("loaded");
    expect(problems).toEqual([
      'u.socket:2:14: ListenStream=: wrong value, ignored: found "localhost:80", expected /path, @abstract, port, 1.2.3.4:port, [::1]:port or vsock:cid:port',
    ]);
  });

  it("take a comment after a path for part of the path, and say so", () => {
    const { unit, problems } = readSocket("[Socket]\nListenStream=/run/myapp.sock # Unix socket\n");
    expect(unit.socket.listeners[0]).toMatchObject({ address: { path: "/run/myapp.sock # Unix socket" } });
    expect(problems).toEqual([
      "u.socket:2:30: ListenStream=: a comment can't follow a value; the text '# Unix socket' became part of the value",
    ]);
  });
});

describe("addresses", () => {
  for (const [written, shown] of [
    ["80", "[::]:80"],
    ["127.0.0.1:80", "127.0.0.1:80"],
    ["[::1]:80%%lo", "[::1]:80%lo"],
    ["/run/x", "/run/x"],
    ["@x", "@x"],
    ["vsock:2:1", "vsock:2:1"],
    ["vsock::1", "vsock::1"],
  ] as const) {
    it(`${written} is shown as ${shown}`, () => {
      const [listener] = listen("ListenStream", written);
      expect(listener !== undefined && "address" in listener && formatSocketAddress(listener.address)).toBe(
        shown,
      );
    });
  }
});
