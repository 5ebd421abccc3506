/** Log entries as journalctl prints them (journalctl(1), --output=). */
import type { LogEntry } from "../../control/backend.ts";
import type { Style } from "../format/style.ts";
import { makePrintable, truncateEnd } from "../format/text-width.ts";
import { formatLogTime, formatTimestamp, type TimeZone } from "../format/time.ts";

export interface LogLayout {
  /** journalctl's word: short, short-iso, short-full, short-precise, short-unix, json, json-pretty, cat, with-unit. */
  readonly output: string;
  readonly hostName: string;
  readonly zone: TimeZone;
  readonly style: Style;
  readonly width: number | null;
}

export function formatLogEntry(entry: LogEntry, layout: LogLayout): string {
  const { output, style, width } = layout;
  if (output.startsWith("json"))
    return `${JSON.stringify(entryJson(entry, layout.hostName), null, output === "json-pretty" ? 2 : 0)}\n`;
  const text = makePrintable(withSubject(entry));
  if (output === "cat") return `${text}\n`;
  const who = `${output === "with-unit" && entry.unit !== null ? entry.unit : entry.identifier}[${entry.pid}]`;
  const head = `${stamp(entry, layout)} ${layout.hostName} ${makePrintable(who)}: `;
  const body = width === null ? text : truncateEnd(text, Math.max(width - head.length, 20));
  return `${head}${paintBody(entry.priority, body, style)}\n`;
}

/** What init says of a unit names the unit, as in systemd's journal. */
function withSubject({ pid, identifier, unit, text }: LogEntry): string {
  const isInit = pid === 1 || identifier === "usher";
  return isInit && unit !== null && !text.includes(unit) ? `${unit}: ${text}` : text;
}

function stamp(entry: LogEntry, { output, zone }: LogLayout): string {
  const at = entry.realtimeUsec;
  const micros = String(at % 1_000_000).padStart(6, "0");
  switch (output) {
    case "short-full":
    case "with-unit":
      return formatTimestamp(at, zone);
    case "short-unix":
      return `${Math.floor(at / 1_000_000)}.${micros}`;
    case "short-precise":
      return `${formatLogTime(at, zone)}.${micros}`;
    case "short-iso":
    case "short-iso-precise": {
      const { minutes } = zone(at);
      const iso = new Date(Math.floor(at / 1000) + minutes * 60_000).toISOString().slice(0, 19);
      return `${iso}${output === "short-iso" ? "" : `.${micros}`}${isoZone(minutes)}`;
    }
    default:
      return formatLogTime(at, zone);
  }
}

function isoZone(minutes: number): string {
  const digits = (value: number): string => String(value).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}

function paintBody(priority: number, text: string, style: Style): string {
  if (priority <= 3) return style.bad(text);
  if (priority === 4) return style.warn(text);
  if (priority === 5) return style.bold(text);
  return priority === 7 ? style.dim(text) : text;
}

/** journalctl's field names (systemd.journal-fields(7)). */
function entryJson(entry: LogEntry, hostName: string): Readonly<Record<string, string>> {
  return {
    __CURSOR: `s=${entry.seq}`,
    __REALTIME_TIMESTAMP: String(entry.realtimeUsec),
    PRIORITY: String(entry.priority),
    SYSLOG_IDENTIFIER: entry.identifier,
    _PID: String(entry.pid),
    ...(entry.unit === null ? {} : { _SYSTEMD_UNIT: entry.unit }),
    _HOSTNAME: hostName,
    MESSAGE: entry.text,
  };
}
