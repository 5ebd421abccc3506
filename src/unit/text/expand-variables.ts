/**
 * `$VAR` in command lines (systemd.service(5), "Command lines"). A word that is `$NAME` and nothing else becomes the
 * words of the variable's value, which may be none. `${NAME}` anywhere in a word becomes the value as it is, empty if
 * there is none. `$$` is a dollar sign. A name that can't be a variable's counts as unset; `${NAME:` is left alone.
 */
import { isVariableName } from "../value/environment.ts";
import { extractWords } from "./extract-word.ts";

/** A variable's value, null if it is not set. */
export type VariableLookup = (name: string) => string | null;

const IN_WORD = /\$\$|\$\{([^:}]*)([:}]|$)/g;

function expandInWord(word: string, lookUp: VariableLookup): string {
  return word.replace(IN_WORD, (match, name: string | undefined, end: string | undefined) => {
    if (name === undefined) return "$";
    return end === "}" ? (lookUp(name) ?? "") : match;
  });
}

/** Without a "$" nothing is to be replaced. */
export function mentionsVariables(argv: readonly string[]): boolean {
  for (const word of argv) if (word.includes("$")) return true;
  return false;
}

/** Arguments with their variables replaced, as systemd's replace_env_argv does. */
export function expandArguments(argv: readonly string[], lookup: VariableLookup): string[] {
  const lookUp: VariableLookup = (name) => (isVariableName(name) ? lookup(name) : null);
  return argv.flatMap((word) => {
    if (!word.includes("$")) return [word];
    if (!/^\$[^{$]/.test(word) && word !== "$") return [expandInWord(word, lookUp)];
    const value = lookUp(word.slice(1));
    return value === null
      ? []
      : extractWords(value, { unquote: true, escapes: "drop", openEnded: true }).words;
  });
}
