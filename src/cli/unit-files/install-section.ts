/** [Install] of a unit file, as far as enabling needs it. */
import { lexUnitFile } from "../../unit/text/lexer.ts";
import { isValidUnitName, unitInstance, unitPrefix } from "../../unit/unit-name.ts";

export interface InstallSection {
  readonly present: boolean;
  readonly alias: readonly string[];
  readonly wantedBy: readonly string[];
  readonly requiredBy: readonly string[];
  readonly upheldBy: readonly string[];
  readonly also: readonly string[];
  readonly defaultInstance: string | null;
}

export const NO_INSTALL: InstallSection = {
  present: false,
  alias: [],
  wantedBy: [],
  requiredBy: [],
  upheldBy: [],
  also: [],
  defaultInstance: null,
};

const LISTS = {
  Alias: "alias",
  WantedBy: "wantedBy",
  RequiredBy: "requiredBy",
  UpheldBy: "upheldBy",
  Also: "also",
} as const;

type ListField = (typeof LISTS)[keyof typeof LISTS];

function isListKey(key: string): key is keyof typeof LISTS {
  return Object.hasOwn(LISTS, key);
}

/** Reads [Install] of a file and its drop-ins; an empty value clears what came before. */
export function readInstall(text: string, name: string, dropIns: readonly string[]): InstallSection {
  const lists: Record<ListField, string[]> = {
    alias: [],
    wantedBy: [],
    requiredBy: [],
    upheldBy: [],
    also: [],
  };
  let present = false;
  let defaultInstance: string | null = null;
  for (const source of [text, ...dropIns]) {
    const lexed = lexUnitFile(source);
    present ||= lexed.sections.includes("Install");
    for (const { section, key, value } of lexed.assignments) {
      if (section !== "Install") continue;
      if (key === "DefaultInstance") defaultInstance = value === "" ? null : value;
      if (!isListKey(key)) continue;
      const names = value.split(/\s+/).map((word) => expandName(word, name));
      if (value === "") lists[LISTS[key]] = [];
      else lists[LISTS[key]].push(...names.filter(isValidUnitName));
    }
  }
  return { present, defaultInstance, ...lists };
}

/** The specifiers that make sense in names of [Install]. */
function expandName(word: string, unit: string): string {
  const meanings: Readonly<Record<string, string>> = {
    n: unit,
    N: unit.slice(0, unit.lastIndexOf(".")),
    p: unitPrefix(unit),
    i: unitInstance(unit) ?? "",
    j: unitPrefix(unit).slice(unitPrefix(unit).lastIndexOf("-") + 1),
    "%": "%",
  };
  return word.replace(/%(.)/g, (whole, letter: string) => meanings[letter] ?? whole);
}
