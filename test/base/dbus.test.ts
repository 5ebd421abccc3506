import { describe, expect, test } from "vitest";
import { type BusValue, marshal, splitSignature, unmarshal, variant } from "../../src/base/dbus/marshal.ts";
import {
  decodeMessage,
  encodeMessage,
  METHOD_CALL,
  messageLength,
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
    ["b", [true], "01000000"],
    ["s", ["é"], "02000000 c3a9 00"],
    ["g", ["as"], "02 6173 00"],
    ["as", [["a", "b"]], "0e000000 01000000 6100 0000 01000000 6200"],
    // An empty array is padded to where its first member would be.
    ["at", [[]], "00000000 00000000"],
    ["v", [variant("u", 5)], "01 75 00 00 05000000"],
    ["(yv)", [[1, variant("s", "x")]], "01 01 73 00 01000000 78 00"],
    ["a{sv}", [[["k", variant("b", false)]]], "10000000 00000000 01000000 6b00 01 62 00 000000 00000000"],
  ])("%s %j", (signature, values, expected) => {
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
    ["d", "0000000000000000"],
  ])("what doesn't fit %s is refused", (signature, text) => {
    expect(unmarshal(signature, bytes(text), true).ok).toBe(false);
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

  test("the length of what is not there yet, and of what is no message", () => {
    expect(messageLength("l\x01\0\x01")).toBe(0);
    expect(messageLength("GET / HTTP/1.0\r\n")).toBe(-1);
    expect(messageLength(bytes("6c010001 00000040 01000000 00000000"))).toBe(-1);
  });
});
