/** Words quoted as systemctl shows them. */

/** A process's arguments on one line, each in double quotes where a shell would need it. */
export function formatCommandLine(argv: readonly string[]): string {
  return argv.map(quoteArgument).join(" ");
}

function quoteArgument(argument: string): string {
  if (/^[^\s"'\\`$(){}[\]*?~|;<>&!#]+$/.test(argument)) return argument;
  return `"${escapeDouble(argument)}"`;
}

/** A word of a list as `show` prints it: in double quotes where systemd's shell_maybe_quote() would put it. */
export function quoteWord(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return /[\s\x00-\x1f\x7f"\\`$*?['()<>|&;!]/.test(word) ? `"${escapeDouble(word)}"` : word;
}

function escapeDouble(text: string): string {
  return text
    .replace(/["\\`$]/g, (char) => `\\${char}`)
    .replace(/\n/g, "\\n")
    .replace(/\t/g, "\\t");
}

/** show-environment's values: as they are, or $'…' so that a shell reads them back. */
export function quoteShellValue(value: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]*$/.test(value)) return value;
  const escaped = value
    .replace(/[\\']/g, (char) => `\\${char}`)
    .replace(/\n/g, "\\n")
    .replace(/\t/g, "\\t");
  return `$'${escaped}'`;
}
