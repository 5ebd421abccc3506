/** What services write becomes records of the container's log, and nothing that they write can stop PID 1. */

import { expect, test } from "vitest";
import type { LogRecord } from "./harness/log.ts";
import { sharedUsher, startUsher } from "./harness/usher.ts";

const install = "[Install]\nWantedBy=multi-user.target\n";

function runs(script: string, lines = ""): string {
  return `[Service]\nType=oneshot\n${lines}ExecStart=/bin/sh /opt/${script}.sh\n${install}`;
}

const box = sharedUsher({
  env: { USHER_LOG_LEVEL: "trace" },
  files: {
    "/opt/lines.sh": 'echo "to stdout"; echo "to stderr" >&2; echo; printf "no line end"',
    "/opt/levels.sh":
      'for level in 0 1 2 3 4 5 6 7; do echo "<$level>level $level"; done; echo "<9>no level"; echo "<x>neither"',
    "/opt/escapes.sh":
      'printf "%s\\n" \'say "hi"\' \'back\\slash\'; printf "a\\tb\\033[1mc\\001\\n"; printf "ümläut \\360\\237\\230\\200\\n"; printf "bad \\377 byte\\n"; printf "cr\\r\\n"',
    "/opt/long.sh": 'head -c 200000 /dev/zero | tr "\\0" x; echo',
    "/opt/reopen.sh": "echo opened >/dev/stdout; echo opened too >/dev/stderr",
    "/opt/json.sh": 'echo \'{"level":30,"msg":"its own json"}\'',
  },
  units: {
    "lines.service": runs("lines"),
    "levels.service": runs("levels"),
    "no-prefix.service": runs("levels", "SyslogLevelPrefix=no\nSyslogLevel=warning\n"),
    "max.service": runs("levels", "LogLevelMax=err\n"),
    "escapes.service": runs("escapes"),
    "long.service": runs("long"),
    "reopen.service": runs("reopen"),
    "reopen-user.service": runs("reopen", "User=alice\n"),
    "json.service": runs("json"),
    "null.service": runs("lines", "StandardOutput=null\nStandardError=null\n"),
    "named.service": runs("lines", "SyslogIdentifier=myname\n"),
    "flood.service": `[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper flood 5000\n${install}`,
    "rate.service": `[Service]\nType=oneshot\nLogRateLimitIntervalSec=1h\nLogRateLimitBurst=10\nExecStart=/opt/fixtures/dumper flood 1000\n${install}`,
  },
});

/** What the service's own processes wrote: once so many lines have come, and usher has said that all has started. */
async function written(unit: string, count: number): Promise<LogRecord[]> {
  let seen = 0;
  const isLast = (record: LogRecord): boolean => {
    if (record.unit === unit && record.pid !== undefined) seen += 1;
    return seen === count;
  };
  if (count > 0) await box().event(isLast);
  await box().booted();
  return box()
    .log.records()
    .filter((record) => record.unit === unit && record.pid !== undefined);
}

test("every line of the container's output is one record, with no key twice", async () => {
  await box().booted();
  for (const { text, record, stream } of box().log.lines) {
    expect(record, text).toBeDefined();
    expect(stream).toBe("stdout");
    const keys = [...text.matchAll(/"(\w+)":/g)].map(([, key]) => key);
    if (record?.pid !== undefined && !text.includes("\\")) expect(new Set(keys).size, text).toBe(keys.length);
    expect(record?.level).toBeTypeOf("number");
    expect(record?.time).toBeGreaterThan(1_600_000_000_000);
  }
});

test("a line has the unit, the process and pino's level, and nothing else", async () => {
  const lines = await written("lines.service", 3);
  // An empty line is no record, as under systemd.
  expect(lines.map(({ msg }) => msg).sort()).toEqual(["no line end", "to stderr", "to stdout"]);
  for (const line of lines) {
    expect(Object.keys(line)).toEqual(["level", "time", "unit", "pid", "msg"]);
    expect(line.level).toBe(30);
    expect(line.pid).toBeGreaterThan(1);
  }
});

test("prefixes of syslog's levels become pino's levels", async () => {
  const levels = (await written("levels.service", 10)).map(({ level, msg }) => [msg, level]);
  expect(levels).toEqual([
    ["level 0", 60],
    ["level 1", 60],
    ["level 2", 60],
    ["level 3", 50],
    ["level 4", 40],
    ["level 5", 30],
    ["level 6", 30],
    ["level 7", 20],
    ["<9>no level", 30],
    ["<x>neither", 30],
  ]);
});

test("SyslogLevelPrefix=no and SyslogLevel= are heeded", async () => {
  const levels = (await written("no-prefix.service", 10)).map(({ level, msg }) => [msg, level]);
  expect(levels.slice(0, 2)).toEqual([
    ["<0>level 0", 40],
    ["<1>level 1", 40],
  ]);
});

test("LogLevelMax= leaves out what is less severe", async () => {
  expect((await written("max.service", 4)).map(({ msg }) => msg)).toEqual([
    "level 0",
    "level 1",
    "level 2",
    "level 3",
  ]);
});

test("whatever bytes a service writes, the record is valid JSON", async () => {
  const [quoted, slash, control, unicode, bad, cr] = (await written("escapes.service", 6)).map(
    ({ msg }) => msg,
  );
  expect(quoted).toBe('say "hi"');
  expect(slash).toBe("back\\slash");
  expect(control).toBe("a\tb\u001b[1mc\u0001");
  expect(unicode).toBe("ümläut 😀");
  expect(bad).toBe("bad \ufffd byte");
  expect(cr).toMatch(/^cr\r?$/);
});

test("a line without end is cut into records, none of it is lost", async () => {
  const pieces = (await written("long.service", 5)).map(({ msg }) => msg ?? "");
  expect(pieces.join("").length).toBe(200_000);
  expect(pieces.join("")).toMatch(/^x+$/);
});

test.for(["reopen.service", "reopen-user.service"])("%s: /dev/stdout can be opened by path", async (unit) => {
  expect((await written(unit, 2)).map(({ msg }) => msg).sort()).toEqual(["opened", "opened too"]);
});

test("a service's own JSON stays a message", async () => {
  expect((await written("json.service", 1)).map(({ msg }) => msg)).toEqual([
    '{"level":30,"msg":"its own json"}',
  ]);
});

test("StandardOutput=null writes nothing", async () => {
  expect(await written("null.service", 0)).toEqual([]);
});

test("a flood arrives whole and in order", async () => {
  const lines = (await written("flood.service", 5000)).map(({ msg }) => msg);
  expect(lines).toEqual(Array.from({ length: 5000 }, (_, index) => `line ${index}`));
});

test("LogRateLimitBurst= cuts a flood off", async () => {
  const lines = (await written("rate.service", 10)).filter(({ msg }) => msg?.startsWith("line "));
  expect(lines).toHaveLength(10);
});

test("USHER_LOG_FORMAT=pretty is for people", async () => {
  const pretty = await startUsher({
    env: { USHER_LOG_FORMAT: "pretty" },
    files: { "/opt/lines.sh": "echo hello" },
    units: { "lines.service": runs("lines") },
  });
  const line = await pretty.line(({ text }) => text.endsWith("hello"));
  expect(line.text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} lines\.service\[\d+\]: hello$/);
  await pretty.line(({ text }) => /usher: Startup finished/.test(text));
});

test("USHER_LOG_LEVEL leaves usher's own records out, not those of services", async () => {
  const quiet = await startUsher({
    env: { USHER_LOG_LEVEL: "error" },
    files: { "/opt/lines.sh": "echo hello" },
    units: { "lines.service": runs("lines") },
  });
  await quiet.event(({ msg }) => msg === "hello");
  await quiet.kill("SIGTERM");
  await quiet.exited();
  expect(quiet.log.records().filter(({ pid, level = 0 }) => pid === undefined && level < 50)).toEqual([]);
});

test("a stalled reader of the container's output does not stop PID 1", async () => {
  const stalled = await startUsher({
    entrypoint: [
      "sh",
      "-c",
      "mkfifo /tmp/out; sleep 1000 </tmp/out & exec /usr/bin/usher --stop-timeout=2 >/tmp/out 2>&1",
    ],
    units: {
      "flood.service": `[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper flood 100000\nExecStartPost=/opt/fixtures/dumper append /tmp/flooded yes\n${install}`,
      "echo.socket": "[Socket]\nListenStream=7001\n[Install]\nWantedBy=sockets.target\n",
      "echo.service": "[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",
    },
  });
  await stalled.run("while ! [ -e /tmp/flooded ]; do sleep 0.02; done");
  expect(await stalled.request(7001)).toMatch(/^\d+\n$/);
  await stalled.kill("SIGTERM");
  expect((await stalled.exited()).exitCode).toBe(0);
});

test("a reader that comes back is told how much it missed", async () => {
  const slow = await startUsher({
    // The reader begins when told to.
    entrypoint: [
      "sh",
      "-c",
      "mkfifo /tmp/out; (while ! [ -e /tmp/read ]; do sleep 0.02; done; cat >/tmp/all) </tmp/out & exec /usr/bin/usher >/tmp/out 2>&1",
    ],
    units: {
      "flood.service": `[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper flood 100000\nExecStartPost=/opt/fixtures/dumper append /tmp/flooded yes\n${install}`,
    },
  });
  await slow.run("while ! [ -e /tmp/flooded ]; do sleep 0.02; done; touch /tmp/read");
  await slow.run("while ! grep -qi 'dropped\\|lost\\|missed' /tmp/all 2>/dev/null; do sleep 0.02; done");
  const lines = (await slow.readFile("/tmp/all")).split("\n");
  // What did arrive is whole.
  for (const line of lines.slice(0, -1)) expect(() => JSON.parse(line), line).not.toThrow();
});
