import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Answer,
  addressesFor,
  decodeResponse,
  encodeQuery,
  type Question,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
} from "../../../src/base/dns/message.ts";
import { encodeResponse, pointer, record, wireName, word } from "./response.ts";

const question: Question = { name: "db.example.com", type: TYPE_A };

function decoded(bytes: string) {
  const result = decodeResponse(bytes);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe("encodeQuery", () => {
  it("writes a recursive question of class Internet", () => {
    expect(encodeQuery(0x1234, question)).toEqual({
      ok: true,
      value: "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x02db\x07example\x03com\0\0\x01\0\x01",
    });
  });

  it("takes a dot at the end for the root", () => {
    expect(encodeQuery(1, { name: "a.b.", type: TYPE_A })).toEqual(
      encodeQuery(1, { name: "a.b", type: TYPE_A }),
    );
  });

  it.each([
    "",
    ".",
    "a..b",
    ".a",
    "a b",
    "ü.example",
    `${"x".repeat(64)}.com`,
    Array(128).fill("xy").join("."),
  ])("refuses %j", (name) => {
    expect(encodeQuery(1, { name, type: TYPE_A }).ok).toBe(false);
  });
});

describe("decodeResponse", () => {
  it("reads addresses of both families and an alias, with compressed names", () => {
    const bytes = encodeResponse({
      question,
      answers: [
        record(pointer(12), TYPE_CNAME, `\x02pg${pointer(15)}`),
        record(`\x02pg${pointer(15)}`, TYPE_A, "\xc0\0\x02\x07"),
        record(`\x02PG${pointer(15)}`, TYPE_AAAA, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"),
      ],
    });
    expect(decoded(bytes)).toEqual({
      id: 1,
      truncated: false,
      rcode: 0,
      questions: [question],
      answers: [
        { name: "db.example.com", type: TYPE_CNAME, data: "pg.example.com" },
        { name: "pg.example.com", type: TYPE_A, data: "192.0.2.7" },
        { name: "pg.example.com", type: TYPE_AAAA, data: "2001:db8::1" },
      ],
    });
  });

  it("passes over records of other types and classes", () => {
    const header = [TYPE_A, 3, 0, 0, 4].map(word).join("");
    const chaos = `${wireName("db.example.com")}${header}\x01\x02\x03\x04`;
    const bytes = encodeResponse({ question, answers: [record(pointer(12), 16, "\x03txt"), chaos] });
    expect(decoded(bytes).answers).toEqual([]);
  });

  it("gives no answers of a truncated message, whose last record may be cut", () => {
    const bytes = encodeResponse({
      question,
      flags: 0x8200,
      answers: [record(pointer(12), TYPE_A, "\x01\x02\x03\x04")],
    });
    expect(decoded(bytes.slice(0, -2))).toMatchObject({ truncated: true, answers: [] });
  });

  it("writes bytes that would make a name ambiguous as numbers", () => {
    const bytes = encodeResponse({ question, answers: [record("\x03a.\x07\0", TYPE_A, "\x01\x02\x03\x04")] });
    expect(decoded(bytes).answers[0]?.name).toBe("a\\046\\007");
  });

  it.each([
    ["an empty message", ""],
    ["a query", "\0\x01\x01\0\0\0\0\0\0\0\0\0"],
    [
      "a name that points to itself",
      encodeResponse({ question, answers: [record(pointer(32), TYPE_A, "\x01\x02\x03\x04")] }),
    ],
    [
      "a name that points forwards",
      encodeResponse({ question, answers: [record(pointer(40), TYPE_A, "\x01\x02\x03\x04")] }),
    ],
    [
      "names that point at each other",
      encodeResponse({ question, answers: [record(pointer(34) + pointer(32), TYPE_A, "\0\0\0\0")] }),
    ],
    [
      "an address of five bytes",
      encodeResponse({ question, answers: [record(pointer(12), TYPE_A, "\x01\x02\x03\x04\x05")] }),
    ],
    [
      "an alias with bytes left over",
      encodeResponse({ question, answers: [record(pointer(12), TYPE_CNAME, `${pointer(12)}x`)] }),
    ],
    [
      "a label of a reserved kind",
      encodeResponse({ question, answers: [record("\x80a\0", TYPE_A, "\x01\x02\x03\x04")] }),
    ],
    [
      "a record longer than the message",
      encodeResponse({ question, answers: [record(pointer(12), TYPE_A, "\x01\x02\x03\x04")] }).slice(0, -1),
    ],
    ["more questions than there are", `${"\0\x01\x80\0\0\x09\0\0\0\0\0\0"}\0\0\x01\0\x01`],
  ])("answers %s with an error", (_, bytes) => {
    expect(decodeResponse(bytes).ok).toBe(false);
  });

  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => String.fromCharCode(...array));

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(bytes, fc.nat(12), (junk, sections) => {
        decodeResponse(junk);
        decodeResponse(`\0\x01\x80\0\0\x01\0${String.fromCharCode(sections)}\0\0\0\0${junk}`);
      }),
      { numRuns: 2000 },
    );
  });

  it("never throws for a good message with a byte changed or the end cut off", () => {
    const good = encodeResponse({
      question,
      answers: [
        record(pointer(12), TYPE_CNAME, `\x02pg${pointer(15)}`),
        record(`\x02pg${pointer(15)}`, TYPE_A, "\x01\x02\x03\x04"),
      ],
    });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, end) => {
        const result = decodeResponse(
          (good.slice(0, at) + String.fromCharCode(byte) + good.slice(at + 1)).slice(0, end),
        );
        if (end < good.length) expect(result.ok && result.value.answers.length === 2).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads back every question that can be encoded", () => {
    const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,63}$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), fc.nat(0xffff), (labels, id) => {
        const name = labels.join(".");
        const query = encodeQuery(id, { name, type: TYPE_AAAA });
        if (!query.ok) throw new Error(query.error);
        const response = `${query.value.slice(0, 2)}\x81\x80${query.value.slice(4)}`;
        expect(decoded(response)).toMatchObject({
          id,
          questions: [{ name: name.toLowerCase(), type: TYPE_AAAA }],
        });
      }),
    );
  });
});

describe("addressesFor", () => {
  const alias = (name: string, data: string): Answer => ({ name, type: TYPE_CNAME, data });
  const address = (name: string, data: string): Answer => ({ name, type: TYPE_A, data });

  it("follows aliases in whatever order they come", () => {
    const answers = [address("c", "192.0.2.1"), alias("b", "c"), alias("a", "b"), address("c", "192.0.2.2")];
    expect(addressesFor(answers, "A.", TYPE_A)).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("ends where aliases go round in a circle", () => {
    expect(addressesFor([alias("a", "b"), alias("b", "a")], "a", TYPE_A)).toEqual([]);
  });

  it("takes no address of a name that was not asked for", () => {
    expect(addressesFor([address("evil", "192.0.2.66")], "a", TYPE_A)).toEqual([]);
  });
});
