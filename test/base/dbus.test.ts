import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BusValue, marshal, splitSignature, unmarshal, variant } from "../../src/base/dbus/marshal.ts";
import {
  decodeHeader,
  decodeMessage,
  encodeMessage,
  METHOD_CALL,
  messageLength,
  messageSize,
  SIGNAL,
} from "../../src/base/dbus/message.ts";

// Without Node's Buffer: these tests also run in usher's own engine.
const hex = (bytes: string): string =>
  Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
const bytes = (text: string): string =>
  (text.match(/[0-9a-f]{2}/g) ?? [])
    .map((digits) => String.fromCharCode(Number.parseInt(digits, 16)))
    .join("");

describe("values", () => {
  test.each<[string, readonly BusValue[], string]>([
    ["y", [7], "07"],
    ["yu", [1, 2], "01 000000 02000000"],
    ["n", [-2], "feff"],
    ["x", [-2], "feffffffffffffff"],
    ["t", [2 ** 40 + 1], "0100000000010000"],
    ["t", [2n ** 64n - 1n], "ffffffffffffffff"],
    ["x", [-(2n ** 63n)], "0000000000000080"],
    ["h", [3], "03000000"],
    ["b", [true], "01000000"],
    ["s", ["é"], "02000000 c3a9 00"],
    ["g", ["as"], "02 6173 00"],
    ["as", [["a", "b"]], "0e000000 01000000 6100 0000 01000000 6200"],
    // An empty array is padded to where its first member would be.
    ["at", [[]], "00000000 00000000"],
    ["v", [variant("u", 5)], "01 75 00 00 05000000"],
    ["(yv)", [[1, variant("s", "x")]], "01 01 73 00 01000000 78 00"],
    ["a{sv}", [[["k", variant("b", false)]]], "10000000 00000000 01000000 6b00 01 62 00 000000 00000000"],
  ])("%s, case %#", (signature, values, expected) => {
    expect(hex(marshal(signature, values))).toBe(expected.replaceAll(" ", ""));
    expect(unmarshal(signature, bytes(expected), true)).toEqual({ ok: true, value: values });
  });

  test("big-endian numbers are read", () => {
    expect(unmarshal("us", bytes("00000102 00000001 78 00"), false)).toEqual({ ok: true, value: [258, "x"] });
  });

  test.each([
    ["s", "ffffffff 61 00"],
    ["as", "08000000 01000000 6100 0000"],
    ["v", "02 7575 00 0000 0000"],
    ["u", "0100"],
    ["h", "00"],
    ["z", "00"],
    ["a(s", "00000000"],
  ])("what doesn't fit %s is refused", (signature, text) => {
    expect(unmarshal(signature, bytes(text), true).ok).toBe(false);
  });

  test("a floating point number is passed over", () => {
    expect(unmarshal("dy", bytes("182d4454fb210940 05"), true)).toEqual({ ok: true, value: [0, 5] });
  });

  test("as deep as the specification allows", () => {
    const deepest = `${"a".repeat(32)}${"(".repeat(32)}y${")".repeat(32)}`;
    expect(splitSignature(deepest)).toEqual([deepest]);
    expect(splitSignature(`aaa${deepest}`)).toBeNull();
  });

  test("signatures", () => {
    expect(splitSignature("sa{sv}(ua(yv))ao")).toEqual(["s", "a{sv}", "(ua(yv))", "ao"]);
    expect(["(", "a", "()", "z", "(s", "a{sv"].map(splitSignature)).toEqual(Array(6).fill(null));
  });
});

describe("messages", () => {
  const call = {
    type: METHOD_CALL,
    flags: 0,
    serial: 3,
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
    member: "RequestName",
    destination: "org.freedesktop.DBus",
    signature: "su",
    body: ["org.freedesktop.systemd1", 4],
  };

  test("survive the way there and back", () => {
    const encoded = encodeMessage(call);
    expect(messageLength(encoded)).toBe(encoded.length);
    expect(messageLength(`${encoded}l\x01`)).toBe(encoded.length);
    expect(decodeMessage(encoded)).toEqual({ ok: true, value: call });
  });

  test("a message without a body", () => {
    const signal = { type: SIGNAL, flags: 1, serial: 9, path: "/", interface: "a.b", member: "C", body: [] };
    const encoded = encodeMessage(signal);
    expect(encoded.length % 8).toBe(0);
    expect(decodeMessage(encoded)).toEqual({ ok: true, value: signal });
  });

  test("descriptors that come along are counted, a body that doesn't fit is no message", () => {
    const encoded = encodeMessage({ ...call, unixFds: 2 });
    expect(decodeMessage(encoded)).toEqual({ ok: true, value: { ...call, unixFds: 2 } });
    const header = decodeHeader(encoded.slice(0, messageSize(encoded).header));
    expect(header).toMatchObject({ ok: true, value: { message: { member: "RequestName" } } });
    expect(decodeMessage(encoded.slice(0, -4)).ok).toBe(false);
  });

  test("whatever the bytes are, reading them ends with a value or an error", () => {
    const encoded = encodeMessage({
      ...call,
      signature: "sa{sv}as(bh)",
      body: ["a", [["k", variant("ax", [1])]], ["b"], [true, 0]],
    } as never);
    const damage = fc.array(fc.tuple(fc.nat(encoded.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(damage, fc.nat(encoded.length), (changes, cut) => {
        const damaged = [...encoded];
        for (const [at, byte] of changes) damaged[at] = String.fromCharCode(byte);
        for (const text of [damaged.join(""), damaged.slice(0, cut).join("")]) {
          messageSize(text);
          expect(typeof decodeMessage(text).ok).toBe("boolean");
        }
      }),
    );
  });

  test("the length of what is not there yet, and of what is no message", () => {
    expect(messageLength("l\x01\0\x01")).toBe(0);
    expect(messageLength("GET / HTTP/1.0\r\n")).toBe(-1);
    expect(messageLength(bytes("6c010001 00000040 01000000 00000000"))).toBe(-1);
  });
});
