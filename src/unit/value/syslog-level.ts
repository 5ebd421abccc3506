/** Log levels and facilities as syslog(3) numbers and systemd names them. */
import { parseInteger } from "./number.ts";
import { plain, type ValueType } from "./value-type.ts";

const LEVELS: readonly string[] = "emerg alert crit err warning notice info debug".split(" ");
const FACILITIES: readonly string[] =
  "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp 12 13 14 15 local0 local1 local2 local3 local4 local5 local6 local7".split(
    " ",
  );

/** 0 (emerg) to 7 (debug). */
export function parseLogLevel(text: string): number | undefined {
  const index = LEVELS.indexOf(text);
  return index >= 0 ? index : parseInteger(text, 0, 7);
}

export function logLevelName(level: number): string {
  return LEVELS[level] ?? String(level);
}

export const logLevel: ValueType<number> = plain(`one of ${LEVELS.join(", ")}`, parseLogLevel);

/** 0 (kern) to 23 (local7). */
export const logFacility: ValueType<number> = plain("a syslog facility such as daemon", (text) => {
  const index = FACILITIES.indexOf(text);
  return index >= 0 ? index : parseInteger(text, 0, 127);
});
