/** What systemd's parsers take for blank: space, tab, newline, carriage return; nothing of Unicode's. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

/** Index of the first character from `from` on that is not blank, or the text's length. */
export function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** Index after the last character that is not blank, not less than `from`. */
export function trimmedEnd(text: string, from: number): number {
  let end = text.length;
  while (end > from && isBlank(text.charCodeAt(end - 1))) end--;
  return end;
}

/** The text without blanks at its ends. */
export function strip(text: string): string {
  const start = skipBlanks(text, 0);
  return text.slice(start, trimmedEnd(text, start));
}

/** Is there no blank in the text, but something else? */
export function isOneWord(text: string): boolean {
  if (text === "" || text.includes(" ")) return false;
  return !text.includes("\t") && !text.includes("\n") && !text.includes("\r");
}

/** Non-empty words between blanks; no quoting. */
export function words(text: string): string[] {
  if (isOneWord(text)) return [text];
  const found: string[] = [];
  let at = skipBlanks(text, 0);
  while (at < text.length) {
    let end = at;
    while (end < text.length && !isBlank(text.charCodeAt(end))) end++;
    found.push(text.slice(at, end));
    at = skipBlanks(text, end);
  }
  return found;
}
