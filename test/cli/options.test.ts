import { expect, test } from "vitest";
import { parseOptions } from "../../src/cli/options.ts";

const TABLE = {
  all: { kind: "flag", short: "a" },
  quiet: { kind: "flag", short: "q" },
  force: { kind: "flag", short: "f" },
  lines: { kind: "value", short: "n" },
  property: { kind: "value", short: "p" },
  pid: { kind: "optional" },
  now: { kind: "flag" },
  "no-block": { kind: "flag" },
  "no-pager": { kind: "flag" },
} as const;

function parse(line: string, stopEarly = false) {
  const parsed = parseOptions(TABLE, line.split(" "), { program: "systemctl", stopEarly });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function refuse(line: string): string {
  const parsed = parseOptions(TABLE, line.split(" "), { program: "systemctl" });
  return parsed.ok ? "" : parsed.error;
}

test("clusters, attached and separate values, options after operands", () => {
  const options = parse("-aqn5 status x -p Id -pState --property=A,B");
  expect(options.has("all") && options.has("quiet")).toBe(true);
  expect(options.last("lines")).toBe("5");
  expect(options.all("property")).toEqual(["Id", "State", "A,B"]);
  expect(options.operands).toEqual(["status", "x"]);
});

test("options are counted", () => {
  expect(parse("-ff --force reboot").count("force")).toBe(3);
});

test("after -- everything is an operand", () => {
  expect(parse("start -- -a --now").operands).toEqual(["start", "-a", "--now"]);
});

test("a face that runs a command stops at its first word", () => {
  const options = parse("-a sleep -q --lines 5 --unknown", true);
  expect(options.has("all")).toBe(true);
  expect(options.has("quiet")).toBe(false);
  expect(options.operands).toEqual(["sleep", "-q", "--lines", "5", "--unknown"]);
});

test("a long option's unique beginning is enough", () => {
  expect(parse("--prop Id show").all("property")).toEqual(["Id"]);
  expect(parse("--prop=Id show").all("property")).toEqual(["Id"]);
});

test("an optional argument comes only after =", () => {
  const options = parse("--pid x");
  expect(options.last("pid")).toBe("");
  expect(options.operands).toEqual(["x"]);
  expect(parse("--pid=5").last("pid")).toBe("5");
});

test.each([
  ["--frob", "systemctl: unrecognized option '--frob'"],
  ["-z", "systemctl: invalid option -- 'z'"],
  ["-qz", "systemctl: invalid option -- 'z'"],
  ["--lines", "systemctl: option '--lines' requires an argument"],
  ["-n", "systemctl: option requires an argument -- 'n'"],
  ["--now=yes", "systemctl: option '--now' doesn't allow an argument"],
  ["--no-", "systemctl: option '--no-' is ambiguous; possibilities: '--no-block' '--no-pager'"],
  ["--constructor", "systemctl: unrecognized option '--constructor'"],
])("%s is refused as getopt refuses it", (line, message) => {
  expect(refuse(line)).toBe(message);
});
