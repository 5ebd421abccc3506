/** Colours, where the output is a terminal that wants them (NO_COLOR, SYSTEMD_COLORS, TERM=dumb). */
import { getVariable, type System } from "../system.ts";

export interface Style {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
  header(text: string): string;
}

const RESET = "\x1b[0m";

function paint(code: string): (text: string) => string {
  return (text) => `\x1b[${code}m${text}${RESET}`;
}

function same(text: string): string {
  return text;
}

export const PLAIN_STYLE: Style = { good: same, bad: same, warn: same, dim: same, bold: same, header: same };

export const COLOR_STYLE: Style = {
  good: paint("0;1;32"),
  bad: paint("0;1;31"),
  warn: paint("0;1;38:5:185"),
  dim: paint("0;38:5:245"),
  bold: paint("0;1;39"),
  header: paint("4"),
};

export function chooseStyle(system: System): Style {
  const asked = getVariable(system, "SYSTEMD_COLORS");
  if (asked !== null) return /^(1|yes|true|on|16|256|24bit)$/i.test(asked) ? COLOR_STYLE : PLAIN_STYLE;
  const refused = (getVariable(system, "NO_COLOR") ?? "") !== "" || getVariable(system, "TERM") === "dumb";
  return system.output.outIsTerminal && !refused ? COLOR_STYLE : PLAIN_STYLE;
}
