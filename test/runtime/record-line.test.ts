import fc from "fast-check";
import pino from "pino";
import { expect, it } from "vitest";
import { isPlain, recordLine } from "../../src/runtime/log/record-line.ts";

function pinoLine(unit: string | null, fields: Record<string, unknown> | undefined, message: string): string {
  let line = "";
  const logger = pino(
    { base: null, timestamp: () => ',"time":1764000000000' },
    { write: (text) => (line = text) },
  );
  logger.info({ ...(unit === null ? null : { unit }), ...fields }, message);
  return line;
}

const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom('"', "\\", "\n", ""));

it("is the line that pino writes", () => {
  const value = fc.oneof(
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
  );
  const fields = fc.dictionary(fc.constantFrom("job", "jobType", "jobResult", "result"), value);
  fc.assert(
    fc.property(fc.option(text), fc.option(fields, { nil: undefined }), text, (unit, some, message) => {
      expect(isPlain(some ?? {})).toBe(true);
      expect(recordLine(30, 1764000000000, unit, some, message)).toBe(pinoLine(unit, some, message));
    }),
  );
});

// A byte that is no UTF-8 travels as half a surrogate pair; pino would write it as it came, if the text is short.
it("is JSON whatever the text", () => {
  expect(recordLine(30, 1, null, undefined, "a\udcffb")).toBe('{"level":30,"time":1,"msg":"a\\udcffb"}\n');
});

it("is not for anything else", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, null, undefined, ["a"], { a: 1 }, () => 0])
    expect(isPlain({ value })).toBe(false);
});
