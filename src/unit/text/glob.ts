/** Shell patterns (fnmatch(3), glob(7)): `*`, `?`, `[…]`, and a backslash before what is meant as it is. */

/** Length of the bracket expression at `at`, 0 if its end is missing. */
function bracketLength(pattern: string, at: number): number {
  const negated = "!^".includes(pattern.charAt(at + 1)) ? 1 : 0;
  const end = pattern.indexOf("]", at + 2 + negated);
  return end < 0 ? 0 : end + 1 - at;
}

function bracketSource(bracket: string): string {
  const negated = "!^".includes(bracket.charAt(1));
  const inside = bracket.slice(negated ? 2 : 1, -1).replace(/[\\\]^[]/g, "\\$&");
  return `[${negated ? "^" : ""}${inside}]`;
}

/** The pattern as an expression that a whole text must match. `flags`: "i" for a match in any case. */
export function globExpression(pattern: string, flags: "" | "i" = ""): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const c = pattern.charAt(at);
    const length = c === "[" ? bracketLength(pattern, at) : 0;
    if (length > 0) {
      source += bracketSource(pattern.slice(at, at + length));
      at += length - 1;
    } else if (c === "*") source += ".*";
    else if (c === "?") source += ".";
    else source += (c === "\\" ? pattern.charAt(++at) : c).replace(/[\\^$.|?*+(){}[\]/]/, "\\$&");
  }
  try {
    return new RegExp(`^${source}$`, `su${flags}`);
  } catch {
    // A range such as [z-a] matches nothing.
    return /^(?!)/;
  }
}

export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

/** What `expandGlob` needs to see of the file system. */
export interface GlobFiles {
  /** Names in a directory, null if it can't be read. */
  readonly names: (directory: string) => readonly string[] | null;
  readonly exists: (path: string) => boolean;
}

/** Names that a part of the pattern stands for; a leading dot has to be written. */
function partNames(part: string, directory: string, files: GlobFiles): string[] {
  const expression = globExpression(part);
  const names = files.names(directory === "" ? "/" : directory) ?? [];
  return names
    .filter((name) => (!name.startsWith(".") || part.startsWith(".")) && expression.test(name))
    .sort();
}

/** The absolute paths that exist and match, sorted; each part of the path is a pattern of its own. */
export function expandGlob(pattern: string, files: GlobFiles): string[] {
  const parts = pattern.split("/").filter((part) => part !== "");
  let found = [""];
  let unchecked = false;
  for (const part of parts) {
    unchecked = !isGlob(part);
    found = found.flatMap((directory) =>
      unchecked
        ? [`${directory}/${part}`]
        : partNames(part, directory, files).map((name) => `${directory}/${name}`),
    );
  }
  return unchecked ? found.filter(files.exists) : found;
}
