/** Exit statuses in unit files, by name or number (systemd.exec(5), "Process Exit Codes"). */
import { exitStatusOfName } from "../../base/exit-status.ts";
import { parseSignal } from "../../base/signal.ts";
import type { ExitStatusSet } from "../model.ts";
import { words } from "../text/whitespace.ts";
import { parseInteger } from "./number.ts";
import type { ValueType } from "./value-type.ts";

/** A name, or 0 to 255. */
export function parseExitStatus(text: string): number | undefined {
  if (/^\d/.test(text)) return parseInteger(text, 0, 255);
  return exitStatusOfName(text);
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
