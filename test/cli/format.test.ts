import { expect, test } from "vitest";
import { USEC_INFINITY } from "../../src/base/time.ts";
import { formatMemory } from "../../src/cli/format/memory.ts";
import { formatCommandLine, quoteShellValue } from "../../src/cli/format/quote.ts";
import { COLOR_STYLE, PLAIN_STYLE } from "../../src/cli/format/style.ts";
import { renderTable } from "../../src/cli/format/table.ts";
import {
  makePrintable,
  padEnd,
  textWidth,
  truncateEnd,
  truncateMiddle,
} from "../../src/cli/format/text-width.ts";
import { formatRelative, formatSpan, formatTimestamp } from "../../src/cli/format/time.ts";

const S = 1_000_000;
const AT = Date.UTC(2026, 10, 23, 12, 8, 56) * 1000 + 123456;
const utc = () => ({ minutes: 0, name: "UTC" });

test.each([
  ["abc", 3],
  ["größe", 5],
  ["日本", 4],
  ["e\u0301", 1],
  ["😀", 2],
  ["", 0],
])("%j takes %i columns", (text, width) => {
  expect(textWidth(text)).toBe(width);
});

test("texts are cut by columns, never through a character", () => {
  expect(truncateEnd("myapp.service", 8)).toBe("myapp.s…");
  expect(truncateEnd("日本語", 4)).toBe("日…");
  expect(truncateMiddle("systemd-networkd.service", 11)).toBe("syste…rvice");
  expect(truncateEnd("short", 5)).toBe("short");
  expect(padEnd("日本", 6)).toBe("日本  ");
});

test("control characters can't steer the terminal", () => {
  expect(makePrintable("a\x1b[31mb\tc\n\x9b")).toBe("a\\x1b[31mb\tc\\x0a\\x9b");
});

test("a point in time is printed as systemd prints it", () => {
  expect(formatTimestamp(AT, utc)).toBe("Mon 2026-11-23 12:08:56 UTC");
  expect(formatTimestamp(AT, () => ({ minutes: 60, name: "CET" }))).toBe("Mon 2026-11-23 13:08:56 CET");
  expect(formatTimestamp(AT, () => ({ minutes: -210, name: "-0330" }))).toBe("Mon 2026-11-23 08:38:56 -0330");
  expect(formatTimestamp(AT, () => ({ minutes: 60, name: "CET" }), "utc")).toBe(
    "Mon 2026-11-23 12:08:56 UTC",
  );
  expect(formatTimestamp(AT, utc, "us")).toBe("Mon 2026-11-23 12:08:56.123456 UTC");
  expect(formatTimestamp(AT, utc, "unix")).toBe(`@${Math.floor(AT / S)}`);
  expect(formatTimestamp(0, utc)).toBe("");
});

test.each([
  [0, "now"],
  [12, "12us ago"],
  [160_000, "160ms ago"],
  [47 * S, "47s ago"],
  [61 * S, "1min 1s ago"],
  [9 * 60 * S, "9min ago"],
  [(3 * 60 + 5) * 60 * S, "3h 5min ago"],
  [7 * 3600 * S, "7h ago"],
  [24.5 * 3600 * S, "24h ago"],
  [26 * 3600 * S, "1 day 2h ago"],
  [3 * 86400 * S, "3 days ago"],
  [8 * 86400 * S, "1 week 1 day ago"],
  [40 * 86400 * S, "1 month 9 days ago"],
  [800 * 86400 * S, "2 years 2 months ago"],
])("%i µs are %s", (usec, text) => {
  expect(formatRelative(AT - usec, AT)).toBe(text);
});

test("what lies ahead is left", () => {
  expect(formatRelative(AT + 5 * S, AT)).toBe("5s left");
});

test.each([
  [0, 1, "0"],
  [9_000, 1000, "9ms"],
  [9_400, 1000, "9ms"],
  [506_417_000, 1000, "8min 26.417s"],
  [90 * S, 1, "1min 30s"],
  [100_000, 1, "100ms"],
  [1_500_000, 1, "1.500000s"],
  [2 * S, 1, "2s"],
  [USEC_INFINITY, 1, "infinity"],
])("a span of %i µs to %i is %s", (usec, accuracy, text) => {
  expect(formatSpan(usec, accuracy)).toBe(text);
});

test.each([
  [0, "0B"],
  [800, "800B"],
  [258_048, "252K"],
  [4_718_592, "4.5M"],
  [2 ** 40, "1T"],
])("%i bytes are %s", (bytes, text) => {
  expect(formatMemory(bytes)).toBe(text);
});

test("arguments are quoted where a shell would need it", () => {
  expect(
    formatCommandLine(["/bin/sh", "-c", 'systemd-notify --ready --status="Serving 3 clients"; sleep 1000']),
  ).toBe('/bin/sh -c "systemd-notify --ready --status=\\"Serving 3 clients\\"; sleep 1000"');
  expect(quoteShellValue("C.UTF-8")).toBe("C.UTF-8");
  expect(quoteShellValue("a b'c")).toBe("$'a b\\'c'");
});

const columns = [
  { field: "unit", header: "UNIT", shrink: "middle" },
  { field: "state", header: "STATE", shrink: "keep" },
  { field: "text", header: "DESCRIPTION", shrink: "end" },
] as const;
const rows = [
  [
    { text: "a-rather-long-name.service" },
    { text: "active" },
    { text: "Something that takes a lot of room" },
  ],
  [{ text: "b.service" }, { text: null }, { text: "日本" }],
];

test("a table is as wide as need be where there is no terminal, and its last column ends where its text ends", () => {
  expect(renderTable(columns, rows, { header: true, width: null, style: PLAIN_STYLE })).toBe(
    [
      "UNIT                       STATE  DESCRIPTION",
      "a-rather-long-name.service active Something that takes a lot of room",
      "b.service                  -      日本",
      "",
    ].join("\n"),
  );
});

test("a table is never wider than the terminal: the description gives way first, then the name", () => {
  const table = renderTable(columns, rows, { header: true, width: 35, style: PLAIN_STYLE });
  expect(table).toBe(
    [
      "UNIT                STATE  DESCRIP…",
      "a-rather-…e.service active Somethi…",
      "b.service           -      日本",
      "",
    ].join("\n"),
  );
  for (const line of table.split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(35);
});

test("colours don't count as columns", () => {
  const painted = [[{ text: "a", paint: COLOR_STYLE.bad }, { text: "b" }, { text: "c" }]];
  expect(renderTable(columns, painted, { header: false, width: null, style: COLOR_STYLE })).toBe(
    "\x1b[0;1;31ma\x1b[0m b c\n",
  );
});
