import { describe, expect, it } from "vitest";
import type { Address } from "../../src/host/native.ts";
import { type HeldSocket, matchBind } from "../../src/runtime/adopt/adopt-match.ts";

const inet = (host: string, port: number): Address => ({
  family: host.includes(":") ? "inet6" : "inet",
  host,
  port,
});
const unix = (path: string): Address => ({ family: "unix", path });
const stream = (fd: number, address: Address): HeldSocket => ({ fd, kind: "stream", address });

const protocolOf = (address: Address): string =>
  address.family === "inet6" ? "TCPv6" : address.family === "unix" ? "UNIX-STREAM" : "TCP";
function answer(held: HeldSocket[], address: Address, protocol = protocolOf(address)): number | null {
  return matchBind(held, { protocol, address })?.fd ?? null;
}

describe("matchBind", () => {
  it.each([
    ["0.0.0.0", "0.0.0.0", true],
    ["0.0.0.0", "127.0.0.1", true],
    ["127.0.0.1", "0.0.0.0", true],
    ["127.0.0.1", "127.0.0.2", false],
    ["::", "0.0.0.0", true],
    ["::", "127.0.0.1", true],
    ["0.0.0.0", "::", true],
    ["127.0.0.1", "::", true],
    ["::1", "::", true],
    ["::1", "127.0.0.1", false],
    ["::1", "0.0.0.0", false],
    ["127.0.0.1", "::ffff:127.0.0.1", true],
    ["127.0.0.1", "::ffff:127.0.0.2", false],
  ])("held %s, wanted %s: %s", (held, wanted, collides) => {
    expect(answer([stream(5, inet(held, 80))], inet(wanted, 80))).toBe(collides ? 5 : null);
  });
  it.each([
    ["held :: of IPv6 only, wanted 0.0.0.0", { held: "::", wanted: "0.0.0.0", v6only: "held" }, false],
    ["held :: of IPv6 only, wanted ::", { held: "::", wanted: "::", v6only: "held" }, true],
    ["held 0.0.0.0, wanted :: of IPv6 only", { held: "0.0.0.0", wanted: "::", v6only: "wanted" }, false],
    ["held ::, wanted :: of IPv6 only", { held: "::", wanted: "::", v6only: "wanted" }, true],
    // The kernel asks the IPv6 one of the two, whatever the program has set on an IPv4 socket.
    ["held ::, wanted 0.0.0.0 with the option", { held: "::", wanted: "0.0.0.0", v6only: "wanted" }, true],
  ] as const)("IPV6_V6ONLY: %s", (_, { held, wanted, v6only }, collides) => {
    const socket = { ...stream(5, inet(held, 80)), v6only: v6only === "held" };
    const address = inet(wanted, 80);
    const attempt = { protocol: protocolOf(address), address, v6only: v6only === "wanted" };
    expect(matchBind([socket], attempt)?.fd ?? null).toBe(collides ? 5 : null);
  });
  it("lets other ports and the probe with port 0 through", () => {
    expect(answer([stream(5, inet("::", 80))], inet("::", 81))).toBeNull();
    expect(answer([stream(5, inet("::", 80))], inet("::", 0))).toBeNull();
  });
  it("prefers the same address, then the same family", () => {
    const held = [
      stream(5, inet("::", 80)),
      stream(6, inet("0.0.0.0", 80)),
      stream(7, inet("127.0.0.1", 80)),
    ];
    expect(answer(held, inet("127.0.0.1", 80))).toBe(7);
    expect(answer(held, inet("10.0.0.1", 80))).toBe(6);
    expect(answer(held, inet("::1", 80))).toBe(5);
  });
  it("keeps TCP and UDP apart", () => {
    const held = [stream(5, inet("::", 53)), { fd: 6, kind: "datagram" as const, address: inet("::", 53) }];
    expect(answer(held, inet("0.0.0.0", 53), "UDP")).toBe(6);
    expect(answer(held, inet("0.0.0.0", 53), "TCP")).toBe(5);
  });
  it("knows Unix sockets by their whole path and type", () => {
    const held = [
      stream(5, unix("/run/app.sock")),
      { fd: 6, kind: "datagram" as const, address: unix("/run/log") },
    ];
    expect(answer(held, unix("/run/app.sock"))).toBe(5);
    expect(answer(held, unix("/run/app"))).toBeNull();
    expect(answer(held, unix("/run/log"), "UNIX")).toBe(6);
    expect(answer(held, unix("/run/log"), "UNIX-STREAM")).toBeNull();
    expect(answer([stream(7, unix("@x"))], unix("@x"))).toBe(7);
  });
});
