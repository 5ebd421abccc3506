/** The verb `logs`: what init and the services wrote, from init's bounded memory of it. */
import type { LogEntry } from "../../control/backend.ts";
import { type Context, complain, EXIT_FAILURE, EXIT_OK, print, reportFailure } from "./context.ts";
import { formatLogEntry, type LogLayout } from "./log-lines.ts";
import { resolveUnitNames } from "./units.ts";

const PRIORITIES: readonly string[] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const FOLLOW_LINES = 10;

export async function logs(context: Context, typed: readonly string[]): Promise<number> {
  const { settings } = context;
  const { options } = settings;
  const names = await resolveUnitNames(context, [...options.all("unit"), ...typed]);
  if (!names.ok) return reportFailure(context, "Failed to list units", names.error);
  const priorityMax = readPriority(options.last("priority"));
  if (priorityMax === null) {
    complain(context, `Unknown log level ${options.last("priority")}`);
    return EXIT_FAILURE;
  }
  const follow = options.has("follow") || options.has("force");
  const lines = settings.lines ?? (follow ? FOLLOW_LINES : null);
  const layout = layoutOf(context);
  let seen = 0;
  const show = (entries: readonly LogEntry[]): void => {
    seen += entries.length;
    print(context, entries.map((entry) => formatLogEntry(entry, layout)).join(""));
  };
  if (follow) context.system.output.endWithReader();
  const query = { units: names.value, lines, afterSeq: 0, priorityMax, follow };
  const reply = await context.call(
    "Logs",
    query,
    follow ? { onProgress: ({ entries }) => show(entries) } : {},
  );
  if (!reply.ok) {
    // While following, init's end is the end of the log.
    if (follow && reply.error.kind === "broken") return EXIT_OK;
    return reportFailure(context, "Failed to read the log", reply.error);
  }
  show(reply.value.entries);
  if (seen === 0 && settings.legend && settings.json === "off") print(context, "-- No entries --\n");
  return EXIT_OK;
}

function layoutOf({ system, settings, style }: Context): LogLayout {
  const { output } = settings;
  return { output, hostName: system.hostName, zone: system.clock.zone, style, width: null };
}

/** "3" or "err"; everything where nothing is asked. */
function readPriority(text: string | null): number | null {
  if (text === null) return 7;
  if (/^[0-7]$/.test(text)) return Number(text);
  const at = PRIORITIES.indexOf(text === "error" ? "err" : text === "warn" ? "warning" : text);
  return at < 0 ? null : at;
}
