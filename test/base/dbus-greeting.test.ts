import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerClient, clientGreeting, readServerGreeting } from "../../src/base/dbus/greeting.ts";

const GUID = "0123456789abcdef0123456789abcdef";

describe("a client's greeting is answered", () => {
  test.each([
    ["said at once", clientGreeting(1000), `OK ${GUID}\r\nAGREE_UNIX_FD\r\n`],
    [
      "as libsystemd says it",
      "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n",
      `DATA\r\nOK ${GUID}\r\nAGREE_UNIX_FD\r\n`,
    ],
    [
      "after other tries",
      "\0AUTH\r\nAUTH DBUS_COOKIE_SHA1 30\r\nWHAT\r\nCANCEL\r\nAUTH EXTERNAL 30\r\nBEGIN\r\n",
      `REJECTED EXTERNAL\r\nREJECTED EXTERNAL\r\nERROR\r\nREJECTED EXTERNAL\r\nOK ${GUID}\r\n`,
    ],
  ])("%s", (_, said, answer) => {
    expect(answerClient(`${said}l\x01`, GUID, true)).toEqual({ answer, taken: said.length, outcome: "done" });
  });

  test("bit by bit", () => {
    expect(answerClient("", GUID, true)).toEqual({ answer: "", taken: 0, outcome: "more" });
    expect(answerClient("\0AUTH EXT", GUID, true)).toEqual({ answer: "", taken: 1, outcome: "more" });
    expect(answerClient("AUTH EXTERNAL 30\r\nBEG", GUID, false)).toEqual({
      answer: `OK ${GUID}\r\n`,
      taken: 18,
      outcome: "more",
    });
  });

  test.each([["GET / HTTP/1.0\r\n"], [`\0${"x".repeat(5000)}`], [`\0${"AUTH\r\n".repeat(5000)}`]])(
    "not if it is none: %j",
    (said) => {
      expect(answerClient(said, GUID, true).outcome).toBe("failed");
    },
  );
});

test("the answers of a server", () => {
  expect(readServerGreeting(`OK ${GUID}\r\nAGR`)).toMatchObject({ taken: 0, outcome: "more" });
  expect(readServerGreeting(`OK ${GUID}\r\nERROR\r\nl`)).toMatchObject({ taken: 44, outcome: "done" });
  expect(readServerGreeting("REJECTED EXTERNAL\r\n").outcome).toBe("failed");
  expect(readServerGreeting("x".repeat(5000)).outcome).toBe("failed");
});

test("whatever is said, no more is taken than there is", () => {
  const line = fc.constantFrom(
    "AUTH EXTERNAL 30",
    "AUTH",
    "DATA",
    "BEGIN",
    "NEGOTIATE_UNIX_FD",
    "",
    "é",
    "\0",
  );
  fc.assert(
    fc.property(fc.array(line), fc.string(), fc.boolean(), (lines, rest, isFirst) => {
      const said = `\0${lines.join("\r\n")}${rest}`;
      expect(answerClient(said, GUID, isFirst).taken).toBeLessThanOrEqual(said.length);
      expect(readServerGreeting(said).taken).toBeLessThanOrEqual(said.length);
    }),
  );
});
