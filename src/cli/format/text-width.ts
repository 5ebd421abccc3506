/** How many columns of a terminal a text takes, and texts cut to a number of columns. */

const ELLIPSIS = "…";

/** Ranges of code points that take two columns (East Asian wide and full width, emoji), ascending pairs. */
const WIDE: readonly number[] = [
  0x1100, 0x115f, 0x231a, 0x231b, 0x2329, 0x232a, 0x23e9, 0x23ec, 0x2e80, 0x303e, 0x3041, 0x4dbf, 0x4e00,
  0xa4cf, 0xa960, 0xa97f, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe6f, 0xff00, 0xff60,
  0xffe0, 0xffe6, 0x1f300, 0x1f64f, 0x1f680, 0x1f6ff, 0x1f900, 0x1f9ff, 0x1fa70, 0x1faff, 0x20000, 0x3fffd,
];

function charWidth(char: string): number {
  const point = char.codePointAt(0) ?? 0;
  if (point < 0x300) return point < 0x20 || (point >= 0x7f && point < 0xa0) ? 0 : 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(char)) return 0;
  for (let at = 0; at < WIDE.length; at += 2) {
    if (point < (WIDE[at] ?? 0)) return 1;
    if (point <= (WIDE[at + 1] ?? 0)) return 2;
  }
  return 1;
}

/** Columns that a text without control characters takes. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - textWidth(text))) + text;
}

/** The text, or as much of its beginning as fits with an ellipsis. */
export function truncateEnd(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return width < 1 ? "" : takeColumns([...text], width - 1).join("") + ELLIPSIS;
}

/** The text, or its beginning and its end round an ellipsis: what tells two unit names apart may be at either end. */
export function truncateMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return "";
  const head = Math.ceil((width - 1) / 2);
  const start = takeColumns([...text], head);
  const end = takeColumns([...text].reverse(), width - 1 - head).reverse();
  return start.join("") + ELLIPSIS + end.join("");
}

function takeColumns(chars: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const char of chars) {
    used += charWidth(char);
    if (used > width) break;
    taken.push(char);
  }
  return taken;
}

/** Control characters made visible, so that what a service wrote can't steer the terminal. Tabs stay. */
export function makePrintable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, (char) => {
    const code = char.charCodeAt(0);
    return `\\x${code.toString(16).padStart(2, "0")}`;
  });
}
