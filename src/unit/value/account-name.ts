/** User= and Group=, by name or number, in systemd's relaxed syntax; whether they exist is found out later. */
import { utf8Length } from "../../base/utf8.ts";
import { words } from "../text/whitespace.ts";
import type { ValueType } from "./value-type.ts";

const EXPECTED = "a user's or group's name or number";

export function isAccountName(text: string): boolean {
  if (/^[a-z_][a-z0-9_-]{0,30}$/.test(text)) return true;
  if (/^\d+$/.test(text)) return isAccountId(text);
  if (text === "" || text === "." || text === ".." || utf8Length(text) > 4096) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return !/^ | $|[\0-\x1f\x7f:/]|^-?\d*$/.test(text);
}

/** 65535 and 4294967295 mean "none" to the kernel. */
function isAccountId(text: string): boolean {
  const id = Number(text);
  return (text === "0" || !text.startsWith("0")) && id < 0xffffffff && id !== 0xffff;
}

/** A bad name refuses the unit: running as somebody else would be worse. */
export const accountName: ValueType<string | null> = {
  expected: EXPECTED,
  read: (text, scope, before) => {
    if (text === "") return null;
    const name = scope.expand(text);
    if (name !== undefined && isAccountName(name)) return name;
    scope.refuse("not an account", { found: text, expected: EXPECTED });
    return before;
  },
};

/** SupplementaryGroups= */
export const accountNames: ValueType<readonly string[]> = {
  expected: EXPECTED,
  read: (text, scope, before) => {
    if (text === "") return [];
    const added: string[] = [];
    for (const word of words(text)) {
      const name = scope.expand(word);
      if (name !== undefined && isAccountName(name)) added.push(name);
      else scope.refuse("not an account", { found: word, expected: EXPECTED, offset: text.indexOf(word) });
    }
    return [...before, ...added];
  },
};
