/**
 * The table of what the peers do: each case is run with the real program and with usher under its name, and the two
 * must not be told apart. driver.py carries a case out; its results are compared in ../peers.test.ts.
 */

/** What is done while the program runs, one thing after the other. Nothing waits for a fixed time. */
export type Step =
  /** A signal to the program, or to the one of its processes that `to` names. */
  | { readonly send: number; readonly to?: Who }
  /** Until one of them has noted a signal (for the `count`th time). */
  | { readonly see: number; readonly who?: Who; readonly count?: number }
  /** Until it listens. The command is always waited for first. */
  | { readonly ready: Who }
  /** Until /proc shows one of these states: "T" stopped, "S" sleeping, "gone". */
  | { readonly state: readonly string[]; readonly who?: Who }
  /** Until the program has done all it had to do, and waits for the next signal. */
  | { readonly idle: true }
  /** Text typed at the terminal. */
  | { readonly type: string }
  /** Until that was written. */
  | { readonly reads: string }
  /** Until no zombie is the program's child, for so many seconds at most. */
  | { readonly reaped: number }
  /** Notes the program's own working directory, its open descriptors, or who has the terminal. */
  | { readonly look: "cwd" | "fds" | "foreground" }
  | { readonly ended: true };

export type Who = "parent" | "wrapper" | "command" | "kid" | "orphan" | "escapee";

/** As PID 1 of a namespace, or as anybody's child. */
export type Where = "pid1" | "child";

export type Case = {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: both. */
  readonly where?: readonly Where[];
  /** Default: pipes. "tty": all three are a terminal, and the program leads its session. "full": stderr takes no more. */
  readonly stdio?: "tty" | "stdin-tty" | "full";
  readonly argv0?: string;
  /** The real program and its child write to stderr at once and in pieces: all that they write is compared, not its order. */
  readonly interleaves?: true;
  readonly start?: {
    readonly ignored?: readonly number[];
    readonly blocked?: readonly number[];
    readonly closed?: readonly number[];
    readonly fds?: readonly number[];
    readonly cwd?: string;
    readonly subreaper?: boolean;
    /** There is a parent between the driver and the program, which can be killed. */
    readonly parent?: boolean;
    /** Written to an executable file, "$F.sh". */
    readonly script?: string;
    /** LISTEN_PID names the program. */
    readonly listenPid?: boolean;
    /** The terminal's session is a shell's, the program is its job. "resumed": in the foreground, and again when stopped. */
    readonly job?: "foreground" | "background" | "resumed";
  };
  readonly steps?: readonly Step[];
};

/** A real program, and under which name usher takes its place. */
export type Peer = { readonly face: string; readonly real: string; readonly cases: readonly Case[] };

export const HUP = 1;
export const INT = 2;
export const QUIT = 3;
const ILL = 4;
const TRAP = 5;
const ABRT = 6;
const BUS = 7;
const FPE = 8;
export const KILL = 9;
export const USR1 = 10;
const SEGV = 11;
export const USR2 = 12;
export const TERM = 15;
const CHLD = 17;
export const CONT = 18;
const STOP = 19;
export const TSTP = 20;
export const TTIN = 21;
export const TTOU = 22;
export const WINCH = 28;
const SYS = 31;
const RTMIN = 34;
const RTMAX = 64;

const faults = [ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS];
const uncatchable = [KILL, STOP];
const stops = [TSTP, TTIN, TTOU];

const signals = (last: number, without: readonly number[]): number[] =>
  Array.from({ length: last }, (_, index) => index + 1).filter(
    // The C library keeps 32 and 33 for itself.
    (number) => !without.includes(number) && number !== 32 && number !== 33,
  );

/** The command that notes its signals. */
const listen = (...actions: string[]): string[] => ["$T", "$F", ...actions, "listen"];
const sendAndSee = (numbers: readonly number[]): Step[] =>
  numbers.flatMap((number) => [{ send: number }, { see: number }]);
/** Ends the command by itself. */
const end: Step[] = [{ idle: true }, { send: KILL, to: "command" }];
const shell = (script: string): string[] => ["sh", "-c", script];
const child: readonly Where[] = ["child"];

/** What every one of them does; `dashes` before a command where options would be looked for behind it. */
function common(dashes: readonly string[]): Case[] {
  return [
    ...[0, 1, 2, 32, 64, 127, 254, 255].map((code) => ({
      name: `passes exit status ${code} on`,
      args: [...dashes, "$T", "$F", "exit", String(code)],
    })),
    ...[HUP, QUIT, KILL, TERM, SEGV, USR1, RTMIN].map((number) => ({
      name: `tells death by signal ${number}`,
      args: [...dashes, "$T", "$F", "raise", String(number)],
    })),
    { name: "a command that isn't there", args: [...dashes, "/nonexistent/program", "argument"] },
    { name: "a command that isn't on PATH", args: [...dashes, "no-such-program"] },
    { name: "a command that is a directory", args: [...dashes, "/etc"] },
    { name: "a command without permission", args: [...dashes, "/etc/passwd"] },
    { name: "a command below a file", args: [...dashes, "/etc/passwd/program"] },
    { name: "an empty command", args: [...dashes, ""] },
    { name: "a second -- is the command", args: ["--", "--", "true"] },
    { name: "-- ends the options", args: ["--", "sh", "-c", "exit 3"] },
    { name: "-- alone", args: ["--"] },
    { name: "no argument at all", args: [] },
    {
      name: "PATH is searched",
      args: [...dashes, ...shell("echo $PATH")],
      env: { PATH: "/nowhere:/usr/bin" },
    },
    { name: "an empty PATH", args: [...dashes, "true"], env: { PATH: "" } },
    {
      name: "standard streams are the command's",
      args: [...dashes, ...shell("echo out; echo err >&2; exit 5")],
    },
    { name: "descriptors are handed on", args: [...dashes, "$T", "$F"], start: { fds: [3, 7] } },
    { name: "standard output closed", args: [...dashes, "$T", "$F"], start: { closed: [1] } },
    { name: "standard error closed", args: [...dashes, "/nonexistent"], start: { closed: [2] } },
    {
      name: "mask and dispositions of the command",
      args: [...dashes, "$T", "$F"],
      start: {
        ignored: [INT, SEGV, TTOU, USR1, RTMIN + 2],
        blocked: [TTIN, ILL, TERM, RTMIN + 3],
      },
    },
    { name: "the command's working directory", args: [...dashes, "$T", "$F"], start: { cwd: "/usr" } },
    {
      name: "own working directory and descriptors",
      args: [...dashes, ...listen()],
      start: { cwd: "/usr", fds: [3] },
      steps: [...sendAndSee([WINCH]), { look: "cwd" }, ...end],
    },
    {
      name: "dies with a signal that it passed on",
      args: [...dashes, ...listen("default", String(TERM))],
      steps: [{ send: TERM }],
    },
    {
      name: "the command's own status after a signal",
      args: [...dashes, ...listen("exit-on", String(TERM), "7")],
      steps: [{ send: TERM }],
    },
    {
      name: "reaps orphans",
      args: [...dashes, ...listen("orphans", "50")],
      steps: [{ reaped: 5 }, ...end],
      where: ["pid1"],
    },
    {
      name: "reaps orphans as a subreaper",
      args: [...dashes, ...listen("orphans", "50")],
      steps: [{ reaped: 5 }, ...end],
      start: { subreaper: true },
    },
    {
      name: "SIGCHLD from somebody is not passed on",
      args: [...dashes, ...listen()],
      steps: [{ send: CHLD }, ...sendAndSee([WINCH]), ...end],
    },
    {
      name: "a terminal for the command",
      args: [...dashes, "$T", "$F", "print", "hello"],
      stdio: "tty",
      where: child,
    },
    {
      name: "a terminal for the command as a shell's job",
      args: [...dashes, "$T", "$F"],
      stdio: "tty",
      start: { job: "foreground" },
      where: child,
    },
    {
      name: "Ctrl-C at the terminal",
      args: [...dashes, ...listen("default", String(INT))],
      stdio: "tty",
      steps: [{ type: "\u0003" }],
      where: child,
    },
    {
      name: "Ctrl-\\ at the terminal",
      args: [...dashes, ...listen("default", String(QUIT))],
      stdio: "tty",
      steps: [{ type: "\u001c" }],
      where: child,
    },
    {
      name: "an interactive shell has job control",
      args: [...dashes, "bash", "--norc", "-im"],
      stdio: "tty",
      env: { PS1: "ready> ", HISTFILE: "" },
      steps: [
        { reads: "ready>" },
        { type: 'echo "flags [$-]"\n' },
        { reads: "flags [" },
        { type: "exit 3\n" },
      ],
      where: child,
    },
    {
      name: "end of input at the terminal",
      args: [...dashes, "cat"],
      stdio: "tty",
      steps: [{ type: "text\n" }, { reads: "text" }, { type: "\u0004" }],
      where: child,
    },
  ];
}

const tiniCases: readonly Case[] = [
  ...common(["--"]),
  { name: "standard input closed", args: ["true"], start: { closed: [0] } },
  { name: "a command without --", args: ["$T", "$F", "exit", "3"] },
  { name: "-h", args: ["-h"] },
  { name: "--version", args: ["--version"] },
  { name: "--version is an option only alone", args: ["--version", "true"] },
  { name: "an option that isn't one", args: ["-z", "true"] },
  { name: "-h before a wrong option", args: ["-h", "-z"] },
  { name: "the name in the complaint is argv[0]", args: ["-z"], argv0: "/some/where/tini" },
  { name: "-e without a value", args: ["-e"] },
  ...["0", "1", "143", "255"].map((code) => ({
    name: `-e ${code}`,
    args: ["-e", code, "--", "$T", "$F", "exit", code],
  })),
  { name: "-e remaps the status of a death", args: ["-e", "143", "--", "$T", "$F", "raise", "15"] },
  { name: "-e, repeated", args: ["-e", "3", "-e", "4", "--", "$T", "$F", "exit", "4"] },
  { name: "-e leaves others alone", args: ["-e", "3", "--", "$T", "$F", "exit", "4"] },
  { name: "-e together with its value", args: ["-e3", "--", "$T", "$F", "exit", "3"] },
  ...["256", "-1", "x", "3x", " 3", ""].map((value) => ({
    name: `-e "${value}"`,
    args: ["-e", value, "--", "$T", "$F", "exit", "3"],
  })),
  { name: "-p SIGUSR1", args: ["-p", "SIGUSR1", "--", "$T", "$F"] },
  {
    name: "-p: the parent's death reaches the command",
    args: ["-s", "-p", "SIGUSR1", "--", ...listen()],
    start: { parent: true },
    steps: [{ send: KILL, to: "parent" }, { see: USR1 }, ...end],
    where: child,
  },
  { name: "-p with a name that isn't one", args: ["-p", "SIGFOO", "--", "true"] },
  { name: "-p with a number", args: ["-p", "9", "--", "true"] },
  ...[1, 2, 3, 4].map((level) => ({
    name: `-${"v".repeat(level)}`,
    args: [`-${"v".repeat(level)}`, "--", "$T", "$F", "exit", "3"],
  })),
  { name: "-vvv, death by signal", args: ["-vvv", "--", "$T", "$F", "raise", "9"] },
  { name: "-vvv, no such command", args: ["-vvv", "--", "/nonexistent"] },
  { name: "-v on a terminal", args: ["-vvvv", "--", "$T", "$F", "exit", "3"], stdio: "tty", where: child },
  {
    name: "-v with standard input a terminal",
    args: ["-vvv", "--", "true"],
    stdio: "stdin-tty",
    where: child,
  },
  ...["0", "1", "2", "3", "4", "-1", "x", ""].map((level) => ({
    name: `TINI_VERBOSITY=${level}`,
    args: ["-vv", "--", "true"],
    env: { TINI_VERBOSITY: level },
  })),
  { name: "-s", args: ["-s", "-vvv", "--", "$T", "$F"] },
  { name: "TINI_SUBREAPER, empty", args: ["--", "$T", "$F"], env: { TINI_SUBREAPER: "" } },
  { name: "an inherited subreaper bit", args: ["--", "$T", "$F"], start: { subreaper: true } },
  {
    name: "-s reaps orphans",
    args: ["-s", "--", ...listen("orphans", "20")],
    steps: [{ reaped: 5 }, ...end],
  },
  {
    name: "-s -w tells what it reaps",
    args: ["-s", "-w", "--", ...listen("orphans", "3")],
    steps: [{ reaped: 5 }, ...end],
  },
  {
    name: "-s -w -v tells what it reaps, and nothing of the command",
    args: ["-s", "-w", "-v", "--", ...listen("orphans", "1")],
    steps: [{ reaped: 5 }, ...end],
  },
  {
    name: "-vvv tells of signals",
    args: ["-s", "-vvv", "--", ...listen()],
    steps: [...sendAndSee([USR1, HUP, RTMIN + 1]), ...end],
  },
  {
    name: "passes every signal on",
    args: ["-s", "--", ...listen()],
    steps: [...sendAndSee(signals(RTMAX, [...faults, ...uncatchable, CHLD, TTIN, TTOU])), ...end],
  },
  {
    name: "a fault's signal from somebody",
    args: ["-s", "--", ...listen()],
    steps: [{ send: SEGV }],
    where: child,
  },
  {
    name: "TTIN and TTOU are not passed on",
    args: ["-s", "--", ...listen()],
    steps: [{ send: TTIN }, { send: TTOU }, ...sendAndSee([WINCH]), ...end],
  },
  {
    name: "TSTP stops the command alone, CONT resumes it",
    args: ["-s", "--", ...listen("default", String(TSTP))],
    steps: [
      { send: TSTP },
      { state: ["T"], who: "command" },
      { state: ["S"] },
      { send: CONT },
      { see: CONT },
      { state: ["S"], who: "command" },
      ...end,
    ],
    start: { job: "foreground" },
    stdio: "tty",
    where: child,
  },
  {
    name: "signals go to the command alone",
    args: ["-s", "--", ...listen("kid")],
    steps: [
      { ready: "kid" },
      ...sendAndSee([USR1, TERM]),
      { send: WINCH, to: "kid" },
      { see: WINCH, who: "kid" },
      ...end,
    ],
  },
  {
    name: "-g: signals go to the process group",
    args: ["-s", "-g", "--", ...listen("kid", "orphan", "escapee")],
    steps: [
      { ready: "escapee" },
      { send: USR1 },
      { see: USR1 },
      { see: USR1, who: "kid" },
      { see: USR1, who: "orphan" },
      { send: WINCH, to: "escapee" },
      { see: WINCH, who: "escapee" },
      ...end,
    ],
  },
  {
    name: "TINI_KILL_PROCESS_GROUP, empty",
    args: ["-s", "--", ...listen("kid")],
    env: { TINI_KILL_PROCESS_GROUP: "" },
    steps: [{ ready: "kid" }, { send: USR1 }, { see: USR1 }, { see: USR1, who: "kid" }, ...end],
  },
  {
    name: "what the command leaves behind is left alone",
    args: ["-s", "--", ...listen("kid", "exit-on", String(USR2), "4")],
    steps: [
      { ready: "kid" },
      { send: USR2 },
      { ended: true },
      { send: WINCH, to: "kid" },
      { see: WINCH, who: "kid" },
    ],
    where: child,
  },
  {
    name: "own working directory",
    args: ["-s", "--", ...listen()],
    start: { cwd: "/usr" },
    steps: [...sendAndSee([WINCH]), { look: "cwd" }, { look: "fds" }, ...end],
  },
  { name: "options can be joined", args: ["-svvg", "--", "$T", "$F", "exit", "9"] },
];

const rewrite = (...pairs: string[]): string[] => pairs.flatMap((pair) => ["-r", pair]);
const bothModes = (list: readonly Case[]): Case[] =>
  list.flatMap((one) => [
    one,
    { ...one, name: `${one.name}, single child`, env: { ...one.env, DUMB_INIT_SETSID: "0" } },
  ]);

const dumbInitCases: readonly Case[] = [
  ...common([]),
  { name: "standard input closed", args: ["$T", "$F"], start: { closed: [0] } },
  { name: "--help", args: ["--help"] },
  { name: "-h", args: ["-h"] },
  { name: "--version", args: ["--version"] },
  { name: "-V", args: ["-V"] },
  { name: "an option that isn't one", args: ["--yolo", "/bin/true"] },
  { name: "a letter that isn't one", args: ["-z", "/bin/true"] },
  { name: "an option cut short", args: ["--sing", "--verb", "$T", "$F"] },
  { name: "an ambiguous option", args: ["--ver", "true"] },
  { name: "a value that isn't wanted", args: ["--verbose=1", "true"] },
  { name: "the name in the complaint is argv[0]", args: ["--yolo"], argv0: "/some/where/dumb-init" },
  { name: "options end at the command", args: ["sh", "-c", "exit 3"] },
  ...[
    ["-r"],
    ["-r", ""],
    ["-r", "herp"],
    ["-r", "herp:derp"],
    ["-r", "15"],
    ["-r", "15::12"],
    ["-r", "15:derp"],
    ["-r", "15:12", "-r"],
    ["-r", "15:12", "-r", "0"],
    ["-r", "15:12", "-r", "1:32"],
    ["-r", "0:15"],
    ["-r", "32:15"],
    ["-r", "15:-1"],
    ["--rewrite"],
    ["--rewrite=x"],
  ].map((args) => ({ name: `bad rewriting: ${args.join(" ")}`, args: [...args, "echo", "oh,", "hi"] })),
  {
    name: "rewriting, generously read",
    args: ["-r", " 15: 2x", ...listen()],
    steps: [{ send: TERM }, { see: INT }, ...end],
  },
  ...bothModes([
    { name: "-v", args: ["-v", "$T", "$F", "exit", "3"] },
    { name: "--verbose", args: ["--verbose", "$T", "$F", "raise", "9"] },
    { name: "DUMB_INIT_DEBUG=1", args: ["$T", "$F"], env: { DUMB_INIT_DEBUG: "1" } },
    { name: "DUMB_INIT_DEBUG=0", args: ["$T", "$F"], env: { DUMB_INIT_DEBUG: "0" } },
    { name: "-v, no such command", args: ["-v", "/nonexistent"] },
    {
      name: "passes every signal on",
      args: listen(),
      steps: [...sendAndSee(signals(RTMAX, [...uncatchable, CHLD, ...stops])), ...end],
    },
    {
      name: "-v tells of signals",
      args: ["-v", ...listen()],
      steps: [...sendAndSee([USR1, HUP, RTMIN + 1]), ...end],
    },
    {
      name: "rewrites, swaps and drops",
      args: ["-v", ...rewrite("15:2", "2:15", "3:3", "10:0", "1:31", "31:1"), ...listen()],
      steps: [
        { send: TERM },
        { see: INT },
        { send: INT },
        { see: TERM },
        { send: QUIT },
        { see: QUIT },
        { send: USR1 },
        { reads: "Not forwarding signal 0" },
        { send: HUP },
        { see: SYS },
        { send: SYS },
        { see: HUP },
        ...end,
      ],
    },
    {
      name: "rewriting to KILL",
      args: ["--rewrite", "15:9", ...listen()],
      steps: [{ send: TERM }],
    },
    {
      name: "TSTP, TTIN and TTOU suspend",
      args: ["-v", ...listen("default", String(TSTP), "default", String(TTIN), "default", String(TTOU))],
      start: { job: "foreground" },
      stdio: "tty",
      steps: stops
        .flatMap((number, index): Step[] => [
          { send: number },
          { state: ["T"] },
          { state: ["T"], who: "command" },
          { send: CONT },
          { see: CONT, count: index + 1 },
          { state: ["S"] },
          { state: ["S"], who: "command" },
        ])
        .concat(end),
      where: child,
    },
    {
      name: "a rewrite of TSTP, TTIN and TTOU still suspends",
      args: [...rewrite("20:1", "21:15", "22:2"), ...listen()],
      steps: (
        [
          [TSTP, HUP],
          [TTIN, TERM],
          [TTOU, INT],
        ] as const
      )
        .flatMap(([sent, seen], index): Step[] => [
          { send: sent },
          { see: seen },
          { state: ["T"] },
          { send: CONT },
          { see: CONT, count: index + 1 },
          { state: ["S"] },
        ])
        .concat(end),
      where: child,
    },
    {
      name: "TSTP as PID 1",
      args: ["-v", ...rewrite("20:10"), ...listen()],
      steps: [{ send: TSTP }, { see: USR1 }, ...end],
      where: ["pid1"],
    },
    {
      name: "who gets a signal",
      args: listen("kid", "orphan", "escapee"),
      steps: [
        { ready: "escapee" },
        { send: USR1 },
        { see: USR1 },
        ...(["kid", "orphan", "escapee"] as const).flatMap((who): Step[] => [
          { send: WINCH, to: who },
          { see: WINCH, who },
        ]),
        ...end,
        { ended: true },
        ...(["kid", "orphan", "escapee"] as const).flatMap((who): Step[] => [
          { send: WINCH, to: who },
          { see: WINCH, who, count: 2 },
        ]),
      ],
      where: child,
    },
    {
      name: "what becomes of those left behind",
      args: listen("kid", "exit-on", String(USR2), "4"),
      steps: [
        { ready: "kid" },
        { send: USR2, to: "command" },
        { ended: true },
        { send: WINCH, to: "kid" },
        { see: WINCH, who: "kid" },
      ],
      where: child,
    },
    {
      name: "what becomes of those left behind, TERM rewritten",
      args: ["-v", "-r", "15:10", ...listen("kid", "exit-on", String(USR2), "4")],
      steps: [
        { ready: "kid" },
        { send: USR2, to: "command" },
        { ended: true },
        { send: WINCH, to: "kid" },
        { see: WINCH, who: "kid" },
      ],
      where: child,
    },
    {
      name: "own working directory",
      args: listen(),
      start: { cwd: "/usr" },
      steps: [...sendAndSee([WINCH]), { look: "cwd" }, { look: "fds" }, ...end],
    },
    {
      name: "at the head of the terminal's session",
      args: ["-v", ...listen()],
      stdio: "tty",
      steps: [...sendAndSee([WINCH]), ...end],
      where: child,
    },
    {
      name: "a job on the terminal",
      args: ["-v", "$T", "$F", "exit", "3"],
      stdio: "tty",
      start: { job: "foreground" },
      where: child,
    },
  ]),
  { name: "-c", args: ["-c", "-v", "$T", "$F", "exit", "3"] },
  { name: "--single-child", args: ["--single-child", "--", "$T", "$F"] },
  {
    name: "the first HUP and CONT after the hand-over of the terminal",
    args: ["-v", ...listen()],
    stdio: "tty",
    steps: [{ reads: "Ignoring tty hand-off signal 18" }, ...sendAndSee([HUP, CONT]), ...end],
    where: child,
  },
];

const catatonitCases: readonly Case[] = [
  ...common(["--"]),
  { name: "standard input closed", args: ["$T", "$F"], start: { closed: [0] } },
  { name: "a command without --", args: ["$T", "$F", "exit", "3"] },
  { name: "options behind the command", args: ["$T", "-g", "$F", "exit", "3"] },
  { name: "an option that isn't one", args: ["-z", "true"] },
  { name: "a long option that isn't one", args: ["--rewrite", "2:3", "--", "true"] },
  {
    name: "a subreaper when not PID 1",
    args: ["--", ...listen("orphans", "20")],
    steps: [{ reaped: 5 }, ...end],
  },
  {
    name: "passes every signal on",
    args: ["--", ...listen()],
    steps: [...sendAndSee(signals(RTMAX, [...faults, ...uncatchable, CHLD, ...stops])), ...end],
  },
  {
    name: "TSTP, TTIN and TTOU are not passed on",
    args: ["--", ...listen()],
    steps: [...stops.map((send) => ({ send })), ...sendAndSee([WINCH]), ...end],
  },
  {
    name: "signals go to the command alone",
    args: ["--", ...listen("kid")],
    steps: [
      { ready: "kid" },
      ...sendAndSee([USR1, TERM]),
      { send: WINCH, to: "kid" },
      { see: WINCH, who: "kid" },
      ...end,
    ],
  },
  {
    name: "-g: signals go to the process group",
    args: ["-g", "--", ...listen("kid", "escapee")],
    steps: [
      { ready: "escapee" },
      { send: USR1 },
      { see: USR1 },
      { see: USR1, who: "kid" },
      { send: WINCH, to: "escapee" },
      { see: WINCH, who: "escapee" },
      ...end,
    ],
  },
  {
    name: "LISTEN_PID is rewritten",
    args: ["--", "$T", "$F"],
    start: { fds: [3], listenPid: true },
    env: { LISTEN_FDS: "1" },
  },
  {
    name: "LISTEN_PID of somebody else is left",
    args: ["--", "$T", "$F"],
    env: { LISTEN_PID: "77", LISTEN_FDS: "1" },
  },
  {
    name: "closes what it was given",
    args: ["--", ...listen()],
    start: { fds: [3, 9], cwd: "/usr" },
    steps: [...sendAndSee([WINCH]), { look: "cwd" }, ...end],
  },
  { name: "-P ends at TERM", args: ["-P"], steps: [{ idle: true }, { send: USR1 }, { send: TERM }] },
  { name: "-P ends at INT", args: ["-P"], steps: [{ idle: true }, { send: INT }] },
  {
    name: "CATATONIT_DEBUG",
    args: ["--", ...listen("orphans", "1")],
    env: { CATATONIT_DEBUG: "1" },
    interleaves: true,
    steps: [{ reads: "exited with code 0" }, { send: TTIN }, ...sendAndSee([WINCH]), ...end],
  },
  { name: "CATATONIT_LOG", args: ["--", "true"], env: { CATATONIT_LOG: "1" } },
];

export const peers: readonly Peer[] = [
  { face: "tini", real: "/usr/bin/tini", cases: tiniCases },
  { face: "dumb-init", real: "/usr/bin/dumb-init", cases: dumbInitCases },
  { face: "catatonit", real: "/usr/bin/catatonit", cases: catatonitCases },
];
