/** How the demo writes: 80 columns, colours only where the reader wants them (NO_COLOR, no terminal: none). */

const columns = 80;

const coloured =
  process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "" && process.stdout.hasColors?.() === true;

/** Puts a colour or weight around a text. */
type Paint = (text: string) => string;

function paint(code: string): Paint {
  return (text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
}

export const bold: Paint = paint("1");
export const dim: Paint = paint("2");
export const green: Paint = paint("32");
export const yellow: Paint = paint("33");

/** Prints a line. */
export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** A heading with a rule up to the right margin. */
export function heading(text: string): void {
  say();
  say(`${bold(text)} ${dim("─".repeat(Math.max(0, columns - 1 - text.length)))}`);
}

/** "4.2 ms", "341 ms", "3.02 s" */
export function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`;
}
