/**
 * The options of `usher [OPTION…] -- COMMAND`, as far as they concern the command. The host reads them before any
 * script is loaded (native/wrap_usher.c); this is the same table for people: `usher --help` prints it, and a container
 * test holds the two together.
 */
export interface WrapOption {
  /** With its dashes. */
  readonly name: string;
  /** What the value stands for; null where it takes none. */
  readonly value: string | null;
  /** A value that is accepted, for tests and examples. */
  readonly example: string | null;
  readonly help: string;
}

export const WRAP_OPTIONS: readonly WrapOption[] = [
  {
    name: "--wait",
    value: "all|command",
    example: "all",
    help: "end with the command (default), or with the last of its descendants",
  },
  {
    name: "--group",
    value: null,
    example: null,
    help: "send signals to the command's whole process group",
  },
  {
    name: "--single-child",
    value: null,
    example: null,
    help: "do not end what the command leaves behind in its process group",
  },
  {
    name: "--session",
    value: null,
    example: null,
    help: "give the command a session of its own, and the terminal with it",
  },
  {
    name: "--stop-signal",
    value: "SIGNAL",
    example: "QUIT",
    help: "what the command gets when usher gets SIGTERM",
  },
  {
    name: "--rewrite",
    value: "FROM:TO",
    example: "HUP:USR1",
    help: "send TO instead of FROM; 0 drops it; repeatable",
  },
  {
    name: "--exit-code",
    value: "FROM:TO",
    example: "TERM:0",
    help: "exit with TO where the command's status is FROM (or a signal's name); repeatable",
  },
  {
    name: "--parent-death-signal",
    value: "SIGNAL",
    example: "TERM",
    help: "what usher gets, and passes on, when its parent dies",
  },
  {
    name: "--subreaper",
    value: null,
    example: null,
    help: "adopt orphans; always so, accepted for the sake of tini's -s",
  },
  { name: "--warn-reaped", value: null, example: null, help: "tell of every orphan that was reaped" },
  { name: "--pause", value: null, example: null, help: "run no command: reap until SIGTERM or SIGINT" },
  {
    name: "--verbose",
    value: null,
    example: null,
    help: "tell of the command's start and end; twice: of signals too",
  },
];

const LABEL_WIDTH = 31;
const LINE_WIDTH = 80;

/** The table as lines for `--help`: names on the left, what they do on the right, no line longer than a terminal. */
export function describeWrapOptions(): string {
  return WRAP_OPTIONS.map(({ name, value, help }) => {
    const label = `  ${name}${value === null ? "" : ` ${value}`}`;
    const [first = "", ...more] = fold(help, LINE_WIDTH - LABEL_WIDTH);
    return [label.padEnd(LABEL_WIDTH) + first, ...more.map((line) => " ".repeat(LABEL_WIDTH) + line)]
      .map((line) => `${line}\n`)
      .join("");
  }).join("");
}

function fold(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
