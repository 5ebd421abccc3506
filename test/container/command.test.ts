/**
 * `usher [OPTION…] -- COMMAND`, and what usher does under the peers' names that they do not do themselves. Each row says
 * what is to be seen; ./peers.test.ts compares what the peers have in common with usher.
 */

import { expect, test } from "vitest";
import { WRAP_OPTIONS } from "../../src/cli/wrap-options.ts";
import {
  type Case,
  CONT,
  HUP,
  INT,
  KILL,
  QUIT,
  type Step,
  TERM,
  TSTP,
  TTIN,
  TTOU,
  USR1,
  USR2,
  type Where,
  WINCH,
} from "./peers/cases.ts";
import { faceOf, type Job, type Result, runTable, signalsOf } from "./peers/run.ts";

type Row = Case & {
  readonly face?: string;
  /** Default: usher's face. */
  readonly program?: string;
  readonly expect: {
    readonly exit: number;
    readonly stdout?: string;
    readonly stderr?: string | RegExp;
    /** Signals that the command, or another listener, notes. */
    readonly signals?: readonly number[];
    readonly kid?: readonly number[];
    /** What the command finds when it starts. */
    readonly start?: Readonly<Record<string, unknown>>;
    readonly notes?: readonly string[];
  };
};

const RTMIN = 34;
const HALT = RTMIN + 3;
const listen = (...actions: string[]): string[] => ["$T", "$F", ...actions, "listen"];
const end: Step[] = [{ idle: true }, { send: KILL, to: "command" }];
/** When usher is gone, the kid has been told to end, and nothing else. */
const afterwards: Step[] = [
  { ended: true },
  { see: TERM, who: "kid" },
  { send: USR2, to: "kid" },
  { see: USR2, who: "kid" },
];
const killed = 128 + KILL;
const child: readonly Where[] = ["child"];
const send = (...pairs: readonly (readonly [sent: number, seen: number])[]): Step[] =>
  pairs.flatMap(([sent, see]) => [{ send: sent }, { see }]);
const noSuchFile = "No such file or directory";

const rows: readonly Row[] = [
  // ------------------------------------------------------------------------------------------ status and errors
  { name: "passes the status on", args: ["--", "sh", "-c", "exit 3"], expect: { exit: 3, stderr: "" } },
  {
    name: "tells death by a signal",
    args: ["--", "$T", "$F", "raise", "15"],
    expect: { exit: 143, stderr: "" },
  },
  {
    name: "a command that isn't there",
    args: ["--", "/nonexistent"],
    expect: { exit: 127, stderr: `usher: cannot run /nonexistent: ${noSuchFile}\n` },
  },
  {
    name: "a command that can't be run",
    args: ["--", "/etc/passwd"],
    expect: { exit: 126, stderr: "usher: cannot run /etc/passwd: Permission denied\n" },
  },
  {
    name: "messages as JSON",
    args: ["--", '/no"thing'],
    env: { USHER_LOG_FORMAT: "json" },
    expect: {
      exit: 127,
      stderr: /^\{"level":50,"time":\d{13},"msg":"cannot run \/no\\"thing: No such file or directory"\}\n$/,
    },
  },
  {
    name: "--log-format=json",
    args: ["--log-format=json", "--", "/nonexistent"],
    expect: { exit: 127, stderr: /^\{"level":50,/ },
  },
  {
    name: "a variable with a wrong value is passed over",
    args: ["--", "true"],
    env: { USHER_LOG_LEVEL: "loud", USHER_LOG_FORMAT: "xml" },
    expect: {
      exit: 0,
      stderr:
        'usher: USHER_LOG_FORMAT: found "xml", expected json or pretty, ignoring\nusher: USHER_LOG_LEVEL: found "loud", expected trace, debug, info, warn, error, fatal or silent, ignoring\n',
    },
  },
  {
    name: "USHER_LOG_LEVEL=silent",
    args: ["--", "/nonexistent"],
    env: { USHER_LOG_LEVEL: "silent" },
    expect: { exit: 127, stderr: "" },
  },
  {
    name: "a script without #! is run by the shell",
    args: ["--", "$F.sh"],
    start: { script: "exit 7\n" },
    expect: { exit: 7 },
  },
  {
    name: "all three streams closed",
    args: ["--", "$T", "$F"],
    start: { closed: [0, 1, 2] },
    expect: { exit: 0 },
  },
  {
    name: "no descriptor is held on to, no directory either",
    args: ["--", ...listen()],
    start: { fds: [3, 9], cwd: "/usr" },
    steps: [{ idle: true }, { look: "cwd" }, { look: "fds" }, ...end],
    expect: {
      exit: killed,
      notes: ["/", "0 1 2"],
      start: { cwd: "/usr", fds: { "0": "pipe", "1": "pipe", "2": "pipe", "3": "device", "9": "device" } },
    },
  },
  {
    name: "mask and ignored signals are the command's",
    args: ["--", "$T", "$F"],
    start: { ignored: [INT, USR1], blocked: [TERM, WINCH] },
    expect: { exit: 0, start: { ignored: [INT, USR1], blocked: [TERM, WINCH] } },
  },
  {
    name: "an ignored SIGCHLD takes no status away, and is the command's again",
    args: ["--", "$T", "$F", "exit", "3"],
    start: { ignored: [17] },
    expect: { exit: 3, start: { ignored: [17] } },
  },
  // ---------------------------------------------------------------------------------------------------- signals
  {
    name: "every signal that can be caught reaches the command",
    args: ["--", ...listen()],
    steps: [
      ...Array.from({ length: 64 }, (_, index) => index + 1)
        .filter((number) => ![9, 17, 19, 32, 33, TTIN, TTOU, HALT].includes(number))
        .flatMap((number) => send([number, number])),
      ...end,
    ],
    expect: { exit: killed, stderr: "" },
  },
  {
    name: "SIGRTMIN+3 is a stop",
    args: ["--", ...listen()],
    steps: [...send([HALT, TERM]), ...end],
    expect: { exit: killed, signals: [TERM] },
  },
  {
    name: "signals go to the command alone",
    args: ["--", ...listen("kid")],
    steps: [
      { ready: "kid" },
      ...send([USR1, USR1]),
      { send: WINCH, to: "kid" },
      { see: WINCH, who: "kid" },
      ...end,
      ...afterwards,
    ],
    where: child,
    expect: { exit: killed, signals: [USR1], kid: [WINCH, TERM, USR2] },
  },
  {
    name: "--group: signals go to its group",
    args: ["--group", "--", ...listen("kid")],
    steps: [{ ready: "kid" }, ...send([USR1, USR1]), { see: USR1, who: "kid" }, ...end, ...afterwards],
    where: child,
    expect: { exit: killed, signals: [USR1], kid: [USR1, TERM, USR2] },
  },
  {
    name: "--stop-signal",
    args: ["--stop-signal=QUIT", "--", ...listen()],
    steps: [...send([TERM, QUIT], [INT, INT]), { send: HALT }, { see: QUIT, count: 2 }, ...end],
    expect: { exit: killed, signals: [QUIT, INT, QUIT] },
  },
  {
    name: "--rewrite to what is no signal",
    args: ["--rewrite=TERM:usr", "--", "true"],
    expect: {
      exit: 2,
      stderr: 'usher: --rewrite: found "TERM:usr", expected two signals, the second 0 to drop the first\n',
    },
  },
  {
    name: "--rewrite",
    args: [
      "--rewrite",
      "TERM:INT",
      "--rewrite=SIGINT:15",
      "--rewrite",
      "1:0",
      "--rewrite=RTMIN+1:USR1",
      "--",
      ...listen(),
    ],
    steps: [...send([TERM, INT], [INT, TERM]), { send: HUP }, ...send([RTMIN + 1, USR1]), ...end],
    expect: { exit: killed, signals: [INT, TERM, USR1] },
  },
  {
    name: "--parent-death-signal",
    args: ["--parent-death-signal=USR1", "--", ...listen()],
    start: { parent: true },
    steps: [{ send: KILL, to: "parent" }, { see: USR1 }, ...end],
    where: child,
    expect: { exit: -KILL, signals: [USR1] },
  },
  {
    name: "a reader that has stopped reading stops nothing",
    args: ["--verbose", "--verbose", "--", ...listen()],
    stdio: "full",
    steps: [...send([USR1, USR1], [TERM, TERM]), ...end],
    expect: { exit: killed, signals: [USR1, TERM] },
  },
  // ---------------------------------------------------------------------------------------------- exit statuses
  {
    name: "--exit-code by name",
    args: ["--exit-code=TERM:0", "--", "$T", "$F", "raise", "15"],
    expect: { exit: 0 },
  },
  {
    name: "--exit-code, repeated",
    args: ["--exit-code", "3:4", "--exit-code", "5:6", "--", "$T", "$F", "exit", "5"],
    expect: { exit: 6 },
  },
  {
    name: "--exit-code of another",
    args: ["--exit-code=3:4", "--", "$T", "$F", "exit", "7"],
    expect: { exit: 7 },
  },
  { name: "--exit-code 0:1", args: ["--exit-code=0:1", "--", "true"], expect: { exit: 1 } },
  ...["x", "3", "3:", "256:0", "3:256", ":3", "TREM:0"].map(
    (value): Row => ({
      name: `--exit-code=${value}`,
      args: [`--exit-code=${value}`, "--", "true"],
      expect: {
        exit: 2,
        stderr: `usher: --exit-code: found "${value}", expected FROM:TO, each from 0 to 255 or a signal, for example TERM:0\n`,
      },
    }),
  ),
  // ------------------------------------------------------------------------------------------- what is left behind
  {
    name: "what is left behind gets SIGTERM",
    args: ["--", ...listen("kid", "exit-on", String(USR2), "4")],
    steps: [
      { ready: "kid" },
      { send: USR2 },
      { ended: true },
      { send: WINCH, to: "kid" },
      { see: WINCH, who: "kid" },
    ],
    where: child,
    expect: { exit: 4, kid: [TERM, WINCH] },
  },
  {
    name: "--single-child: what is left behind is left alone",
    args: ["--single-child", "--", ...listen("kid", "exit-on", String(USR2), "4")],
    steps: [
      { ready: "kid" },
      { send: USR2 },
      { ended: true },
      { send: WINCH, to: "kid" },
      { see: WINCH, who: "kid" },
    ],
    where: child,
    expect: { exit: 4, kid: [WINCH] },
  },
  {
    name: "--wait=all: ends with the last descendant, and passes signals on to those left",
    args: ["--wait=all", "--", ...listen("kid", "exit-on", String(USR2), "4")],
    steps: [
      { ready: "kid" },
      { send: USR2 },
      { state: ["gone"], who: "command" },
      { idle: true },
      { send: USR1 },
      { see: USR1, who: "kid" },
      { idle: true },
      { send: KILL, to: "kid" },
    ],
    expect: { exit: 4, signals: [USR2], kid: [USR1] },
  },
  {
    name: "--wait=all waits for a daemon too",
    args: ["--wait=all", "--", ...listen("escapee", "exit-on", String(USR2), "4")],
    steps: [
      { ready: "escapee" },
      { send: USR2 },
      { state: ["gone"], who: "command" },
      { idle: true },
      { send: KILL, to: "escapee" },
    ],
    expect: { exit: 4 },
  },
  {
    name: "--wait=all with nobody left",
    args: ["--wait=all", "--", "$T", "$F", "exit", "5"],
    expect: { exit: 5 },
  },
  {
    name: "orphans are reaped, also when not PID 1",
    args: ["--", ...listen("orphans", "50")],
    steps: [{ reaped: 5 }, ...end],
    expect: { exit: killed, notes: ["no zombies"], stderr: "" },
  },
  {
    name: "--warn-reaped",
    args: ["--warn-reaped", "--", ...listen("orphans", "2")],
    steps: [{ reads: "reaped" }, { reaped: 5 }, ...end],
    expect: { exit: killed, stderr: /^(usher: reaped process \d+, which ended with status 0\n){2}$/ },
  },
  // --------------------------------------------------------------------------------------------------- the rest
  {
    name: "--pause ends at SIGTERM",
    args: ["--pause"],
    steps: [{ idle: true }, { send: USR1 }, { send: TERM }],
    expect: { exit: 0, stderr: "" },
  },
  {
    name: "--verbose",
    args: ["--verbose", "--", "$T", "$F", "raise", "15"],
    expect: {
      exit: 143,
      stderr:
        /^usher: \/opt\/fixtures\/tracer runs as process \d+\nusher: \/opt\/fixtures\/tracer was killed by SIGTERM\n$/,
    },
  },
  {
    name: "--verbose twice",
    args: ["--verbose", "--verbose", "--rewrite=TERM:USR1", "--", ...listen()],
    steps: [...send([RTMIN + 1, RTMIN + 1], [TERM, USR1]), ...end],
    expect: {
      exit: killed,
      stderr:
        /runs as process \d+\nusher: SIGRTMIN\+1 passed on\nusher: SIGTERM is rewritten\nusher: SIGUSR1 passed on\n.* was killed by SIGKILL\n/,
    },
  },
  {
    name: "a group of its own in the caller's session",
    args: ["--", "$T", "$F"],
    expect: { exit: 0, start: { pgid: "command", ppid: "wrapper", tty: false } },
  },
  {
    name: "--session",
    args: ["--session", "--", "$T", "$F"],
    stdio: "tty",
    where: child,
    expect: { exit: 0, start: { pgid: "command", sid: "command", foreground: "command", tty: true } },
  },
  {
    name: "the terminal is the command's",
    args: ["--", "$T", "$F"],
    stdio: "tty",
    start: { job: "foreground" },
    where: child,
    expect: { exit: 0, start: { pgid: "command", sid: "shell", foreground: "command" } },
  },
  {
    name: "in the background the terminal stays the shell's",
    args: ["--", "$T", "$F"],
    stdio: "tty",
    start: { job: "background" },
    where: child,
    expect: { exit: 0, start: { pgid: "command", sid: "shell", foreground: "shell" } },
  },
  {
    name: "the terminal is given back",
    face: "sh",
    program: "/bin/sh",
    args: ["-c", "usher -- true; exec $T $F"],
    stdio: "tty",
    start: { job: "foreground" },
    where: child,
    // The tracer has become the process that the shell was.
    expect: { exit: 0, start: { pgid: "command", foreground: "command" } },
  },
  {
    name: "Ctrl-C",
    args: ["--", ...listen("default", String(INT))],
    stdio: "tty",
    steps: [{ type: "\u0003" }],
    where: child,
    expect: { exit: 130 },
  },
  {
    name: "Ctrl-Z stops usher with the command, and fg continues both with the terminal",
    args: ["--", ...listen("default", String(TSTP))],
    stdio: "tty",
    start: { job: "resumed" },
    steps: [
      { type: "\u001a" },
      { see: CONT },
      { state: ["S"], who: "command" },
      { state: ["S"] },
      { look: "foreground" },
      { type: "\u0003" },
      { see: INT },
      ...end,
    ],
    where: child,
    expect: { exit: killed, notes: ["foreground: command"] },
  },
  // -------------------------------------------------------------------------------------------- descriptors given
  ...["usher", "tini", "docker-init", "dumb-init", "catatonit"].map(
    (face): Row => ({
      name: `${face}: LISTEN_PID names the command`,
      face,
      args: ["--", "$T", "$F"],
      env: { LISTEN_FDS: "1" },
      start: { fds: [3], listenPid: true, subreaper: true },
      expect: {
        exit: 0,
        stderr: "",
        start: {
          listenPid: "command",
          listenFds: 1,
          fds: { "0": "pipe", "1": "pipe", "2": "pipe", "3": "device" },
        },
      },
    }),
  ),
  {
    name: "LISTEN_PIDFDID would name the wrong process",
    args: ["--", "sh", "-c", "echo $LISTEN_FDS; env | grep -c PIDFDID; true"],
    env: { LISTEN_FDS: "1", LISTEN_PIDFDID: "1234" },
    start: { fds: [3], listenPid: true },
    expect: { exit: 0, stdout: "1\n0\n" },
  },
  // -------------------------------------------------------------------------------------- tini, where it differs
  {
    name: "tini: options end at the command",
    face: "tini",
    args: ["sh", "-c", "exit 3"],
    start: { subreaper: true },
    expect: { exit: 3, stderr: "" },
  },
  {
    name: "tini: -p without SIG",
    face: "tini",
    args: ["-s", "-p", "USR1", "--", ...listen()],
    start: { parent: true },
    steps: [{ send: KILL, to: "parent" }, { see: USR1 }, ...end],
    where: child,
    expect: { exit: -KILL, signals: [USR1] },
  },
  {
    name: "tini: --version",
    face: "tini",
    args: ["--version"],
    expect: { exit: 0, stdout: "tini version 0.19.0\n" },
  },
  // ------------------------------------------------------------------------- who it is: the texts are usher's own
  ...[
    ["tini", "-l"],
    ["docker-init", "-l"],
    ["catatonit", "-L"],
    ["catatonit", "--version"],
  ].map(
    ([face = "", option = ""]): Row => ({
      name: `${face} ${option}`,
      face,
      args: [option],
      expect: { exit: 0, stderr: "" },
    }),
  ),
  {
    name: "catatonit -h",
    face: "catatonit",
    args: ["-h"],
    expect: { exit: 0, stdout: "", stderr: /^usage: catatonit \[-ghLPV\]/ },
  },
  // ------------------------------------------------------------------------------------- names that need no link
  {
    name: "podman-init is catatonit",
    face: "podman-init",
    program: "/usr/bin/usher",
    args: ["-V"],
    expect: { exit: 0, stdout: "tini version 0.2.1_catatonit\n" },
  },
  {
    name: "tini-static is tini",
    face: "tini-static",
    program: "/usr/bin/usher",
    args: ["--version"],
    expect: { exit: 0, stdout: "tini version 0.19.0\n" },
  },
  // ----------------------------------------------------------------------------------------------- the option table
  ...WRAP_OPTIONS.filter(({ name }) => name !== "--pause" && name !== "--verbose").flatMap(
    ({ name, example }): Row[] => [
      {
        name: `${name} as --help says`,
        args: [...(example === null ? [name] : [name, example]), "--", "true"],
        expect: { exit: 0, stderr: "" },
      },
      ...(example === null
        ? []
        : [
            {
              name: `${name}= as --help says`,
              args: [`${name}=${example}`, "--", "true"],
              expect: { exit: 0, stderr: "" },
            },
          ]),
    ],
  ),
];

type Run = { readonly title: string; readonly row: Row; readonly job: Job };

const runs: readonly Run[] = rows.flatMap((row) =>
  (row.where ?? (["child", "pid1"] as const)).map((where) => {
    const face = row.face ?? "usher";
    return {
      title: `${row.name}${where === "pid1" ? ", as PID 1" : ""}`,
      row,
      job: { case: row, face, program: row.program ?? faceOf(face), where },
    };
  }),
);

const results = runTable(runs.map(({ job }) => job));

function text(lines: readonly string[] | undefined): string {
  return (lines ?? []).join("\n");
}

function startOf(result: Result): unknown {
  return result.trace["command"]?.find(({ event }) => event === "start");
}

test.for(runs)("$title", (run) => {
  const result = results()[runs.indexOf(run)];
  if (result === undefined) throw new Error("no result");
  const wanted = run.row.expect;
  expect(result.notes).toEqual(
    wanted.notes ?? (run.row.steps?.some((step) => "reaped" in step) ? ["no zombies"] : []),
  );
  if (wanted.stderr !== undefined) {
    if (typeof wanted.stderr === "string") expect(text(result.output["stderr"])).toBe(wanted.stderr);
    else expect(text(result.output["stderr"])).toMatch(wanted.stderr);
  }
  if (wanted.stdout !== undefined) expect(text(result.output["stdout"])).toBe(wanted.stdout);
  if (wanted.signals !== undefined) expect(signalsOf(result)).toEqual(wanted.signals);
  if (wanted.kid !== undefined) expect(signalsOf(result, "kid")).toEqual(wanted.kid);
  if (wanted.start !== undefined) expect(startOf(result)).toMatchObject(wanted.start);
  expect(result.exit).toBe(wanted.exit);
});
