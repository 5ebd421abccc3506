/** Exit statuses by name and number (systemd.exec(5), "Process Exit Codes"). */
import { parseSignal } from "../base/signal.ts";
import type { ExitStatusSet } from "./model.ts";
import { parseInteger } from "./number.ts";
import type { ValueType } from "./value-type.ts";
import { words } from "./whitespace.ts";

/** First number of a run, then the names from there on. */
const RUNS: readonly (readonly [number, string])[] = [
  [0, "SUCCESS FAILURE INVALIDARGUMENT NOTIMPLEMENTED NOPERMISSION NOTINSTALLED NOTCONFIGURED NOTRUNNING"],
  [
    64,
    "USAGE DATAERR NOINPUT NOUSER NOHOST UNAVAILABLE SOFTWARE OSERR OSFILE CANTCREAT IOERR TEMPFAIL PROTOCOL NOPERM CONFIG",
  ],
  [
    200,
    "CHDIR NICE FDS EXEC MEMORY LIMITS OOM_ADJUST SIGNAL_MASK STDIN STDOUT CHROOT IOPRIO TIMERSLACK SECUREBITS SETSCHEDULER CPUAFFINITY GROUP USER CAPABILITIES CGROUP SETSID CONFIRM STDERR",
  ],
  [
    224,
    "PAM NETWORK NAMESPACE NO_NEW_PRIVILEGES SECCOMP SELINUX_CONTEXT PERSONALITY APPARMOR ADDRESS_FAMILIES RUNTIME_DIRECTORY",
  ],
  [
    235,
    "CHOWN SMACK_PROCESS_LABEL KEYRING STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY CONFIGURATION_DIRECTORY NUMA_POLICY CREDENTIALS BPF KSM",
  ],
  [255, "EXCEPTION"],
];

/** "CHDIR" for 200; undefined for a number without a name. */
export function exitStatusName(status: number): string | undefined {
  const run = RUNS.findLast(([first]) => first <= status);
  return run?.[1].split(" ")[status - run[0]];
}

/** A name, or 0 to 255. */
export function parseExitStatus(text: string): number | undefined {
  if (/^\d/.test(text)) return parseInteger(text, 0, 255);
  for (const [first, names] of RUNS) {
    const index = names.split(" ").indexOf(text);
    if (index >= 0) return first + index;
  }
  return undefined;
}

function insert(numbers: readonly number[], added: number): readonly number[] {
  return numbers.includes(added) ? numbers : [...numbers, added].sort((a, b) => a - b);
}

/** SuccessExitStatus= and its kin: numbers and names are exit statuses, the rest signals. */
export const exitStatusSet: ValueType<ExitStatusSet> = {
  expected: "exit statuses (0 to 255, or their names) and signals",
  read: (text, scope, before) => {
    if (text === "") return { codes: [], signals: [] };
    let { codes, signals } = before;
    for (const word of words(text)) {
      const code = parseExitStatus(word);
      const signal = code === undefined ? parseSignal(word) : undefined;
      if (code !== undefined) codes = insert(codes, code);
      else if (signal !== undefined) signals = insert(signals, signal);
      else {
        const details = { found: word, expected: exitStatusSet.expected, offset: text.indexOf(word) };
        scope.report("error", "neither exit status nor signal, ignored", details);
      }
    }
    return { codes, signals };
  },
};
