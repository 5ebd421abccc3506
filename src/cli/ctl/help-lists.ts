/** `--type=help` and its like: the words that an option takes, as systemctl lists them. */
import { signalName } from "../../base/signal.ts";
import { JOB_MODES } from "../../unit/model.ts";
import { type CtlOptions, LOAD_STATES, OUTPUTS, TIMESTAMPS } from "./options.ts";

const UNIT_TYPES = "service mount swap socket target device automount timer path slice scope";
const ACTIVE_STATES = "active reloading inactive failed activating deactivating maintenance refreshing";
const FILE_STATES =
  "enabled enabled-runtime linked linked-runtime alias masked masked-runtime static disabled indirect generated transient bad";
const SIGNAL_MAX = 31;

function lines(words: readonly string[]): string {
  return `${words.join("\n")}\n`;
}

function titled(title: string, words: readonly string[]): string {
  return `Available ${title}:\n${lines(words)}`;
}

function signalNames(): readonly string[] {
  return Array.from({ length: SIGNAL_MAX }, (_, index) => signalName(index + 1).replace(/^SIG/, ""));
}

const LISTS = {
  type: () => titled("unit types", UNIT_TYPES.split(" ")),
  state: () =>
    [
      titled("unit load states", LOAD_STATES),
      titled("unit active states", ACTIVE_STATES.split(" ")),
      titled("unit file states", FILE_STATES.split(" ")),
    ].join("\n"),
  signal: () => lines(signalNames()),
  output: () => lines(OUTPUTS),
  timestamp: () => lines(TIMESTAMPS),
  "job-mode": () => lines(JOB_MODES),
  "kill-whom": () => lines(["all", "main", "control"]),
  "preset-mode": () => lines(["full", "enable-only", "disable-only"]),
} as const;

/** The list that was asked for, or null. */
export function helpList(options: CtlOptions): string | null {
  for (const name of Object.keys(LISTS) as (keyof typeof LISTS)[])
    if (options.last(name) === "help") return LISTS[name]();
  return null;
}
