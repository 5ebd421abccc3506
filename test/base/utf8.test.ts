import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteText, carriedByte, joinCarriedBytes, utf8Bytes, utf8Length } from "../../src/base/utf8.ts";

/** Bytes as an escape sequence each would carry them. */
function carried(...bytes: number[]): string {
  return bytes.map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : carriedByte(byte))).join("");
}

describe("bytes in text", () => {
  it("join to the characters that they are part of", () => {
    expect(joinCarriedBytes(carried(0x61, 0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x92, 0xa9))).toBe(
      "aä€💩",
    );
  });

  it("stay as they are where they are none, whatever their neighbours", () => {
    const broken = [
      [0xff],
      [0xc3],
      [0xa4],
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
    ];
    for (const bytes of broken) expect(joinCarriedBytes(carried(...bytes))).toBe(carried(...bytes));
    expect(joinCarriedBytes(carried(0xff, 0xc3, 0xa4, 0xff))).toBe(`${carried(0xff)}ä${carried(0xff)}`);
  });

  it("leave characters beyond U+FFFF alone, whose second half looks like one", () => {
    expect(joinCarriedBytes("💩\u{1f4c3}")).toBe("💩\u{1f4c3}");
  });

  it("come back from any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const bytes = [...text].flatMap((character) => utf8Bytes(character.codePointAt(0) ?? 0));
        expect(joinCarriedBytes(carried(...bytes))).toBe(text);
        expect(utf8Length(text)).toBe(bytes.length);
        expect(byteText(text)).toBe(bytes.map((byte) => String.fromCharCode(byte)).join(""));
      }),
    );
  });

  it("count as bytes and become Latin-1", () => {
    expect(byteText(`a${carriedByte(0xff)}ä`)).toBe("a\xff\xc3\xa4");
  });
});
