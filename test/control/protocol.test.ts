import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createFrameDecoder,
  decodeUtf8,
  encodeCall,
  encodeFrame,
  encodeReply,
  readCall,
  readReply,
} from "../../src/control/protocol.ts";

test("a call is JSON and a NUL, as Varlink frames it", () => {
  expect(encodeCall({ method: "a.b.C", parameters: { x: 1 }, more: false, oneway: false })).toBe(
    '{"method":"a.b.C","parameters":{"x":1}}\0',
  );
  expect(encodeCall({ method: "a.b.C", parameters: {}, more: true, oneway: true })).toBe(
    '{"method":"a.b.C","parameters":{},"more":true,"oneway":true}\0',
  );
  expect(encodeReply({ parameters: {}, error: "a.b.No", continues: false })).toBe(
    '{"parameters":{},"error":"a.b.No"}\0',
  );
});

test("what is sent is ASCII, and bytes that are no UTF-8 survive as escaped surrogates", () => {
  const frame = encodeFrame({ name: "caf\u00e9 \u{1f600} \udcff" });
  expect(frame).toMatch(/^[\x20-\x7e]+\0$/);
  const [back] = createFrameDecoder(1000).push(frame);
  expect(back).toEqual({ ok: true, value: { name: "caf\u00e9 \u{1f600} \udcff" } });
});

test("UTF-8 from other clients is understood, however it is cut", () => {
  const bytes = Buffer.from('{"name":"größe €😀"}\0', "utf8").toString("latin1");
  for (let cut = 0; cut < bytes.length; cut++) {
    const decoder = createFrameDecoder(1000);
    const frames = [...decoder.push(bytes.slice(0, cut)), ...decoder.push(bytes.slice(cut))];
    expect(frames).toEqual([{ ok: true, value: { name: "größe €😀" } }]);
  }
});

test("several messages in one piece come one by one", () => {
  const frames = createFrameDecoder(1000).push('{"a":1}\0{"a":2}\0{"a"');
  expect(frames).toEqual([
    { ok: true, value: { a: 1 } },
    { ok: true, value: { a: 2 } },
  ]);
});

test("text that is no JSON object is an error value, and the next message is read", () => {
  const frames = createFrameDecoder(1000).push('nonsense\0[1]\0null\0"x"\0\0{"a":1}\0');
  expect(frames.map((frame) => frame.ok)).toEqual([false, false, false, false, false, true]);
});

test("a message over the limit is refused once, and nothing after it is read", () => {
  const decoder = createFrameDecoder(10);
  expect(decoder.push("0123456789")).toEqual([]);
  expect(decoder.push("x")).toMatchObject([{ ok: false, error: { kind: "too-long" } }]);
  expect(decoder.push('\0{"a":1}\0')).toEqual([]);
});

test("deeply nested JSON never reaches the parser", () => {
  const deep = `{"a":${"[".repeat(100_000)}`;
  expect(createFrameDecoder(1_000_000).push(`${deep}\0`)).toMatchObject([
    { ok: false, error: { kind: "malformed" } },
  ]);
  expect(createFrameDecoder(1000).push('{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\"["}\0')[0]?.ok).toBe(
    true,
  );
});

test("any bytes at all give values, never a throw", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary-ascii" })), (pieces) => {
      const decoder = createFrameDecoder(64);
      for (const piece of pieces)
        for (const frame of decoder.push(piece)) expect(typeof frame.ok).toBe("boolean");
    }),
  );
});

test("any text survives its UTF-8 form", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(decodeUtf8(Buffer.from(text, "utf8").toString("latin1"))).toBe(text);
    }),
  );
});

test("a call says which of its fields is wrong", () => {
  expect(readCall({})).toEqual({ ok: false, error: "method" });
  expect(readCall({ method: "x", parameters: 3 })).toEqual({ ok: false, error: "parameters" });
  expect(readCall({ method: "x" })).toEqual({
    ok: true,
    value: { method: "x", parameters: {}, more: false, oneway: false },
  });
});

test("a reply without fields is an empty success", () => {
  expect(readReply({})).toEqual({ parameters: {}, error: null, continues: false });
});
