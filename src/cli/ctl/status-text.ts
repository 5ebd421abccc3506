/**
 * The text of `status` for one unit: pure, from the unit's details, the state of its file and its log.
 *
 * Lines and their order are systemctl 257's; what usher can't know in a container without cgroups (Tasks, Memory, CPU)
 * is left out, the process tree's place is taken by a list of processes, and below a failed unit stands why.
 */
import type { ControlActiveState, ExecStatus, LogEntry, Stamp, UnitDetails } from "../../control/backend.ts";
import { formatCommandLine } from "../format/quote.ts";
import type { Style } from "../format/style.ts";
import { makePrintable, padStart, truncateEnd } from "../format/text-width.ts";
import {
  formatRelative,
  formatSpan,
  formatTimestamp,
  type TimestampStyle,
  type TimeZone,
} from "../format/time.ts";
import { describeExit, runsOf } from "./exit-words.ts";
import { stateGlyph, stateStyle } from "./glyphs.ts";
import { formatLogEntry, type LogLayout } from "./log-lines.ts";
import type { Explanation } from "./why.ts";

export interface StatusInput {
  readonly details: UnitDetails;
  /** "enabled", "static", …; null where there is no file. */
  readonly fileState: string | null;
  readonly preset: "enabled" | "disabled" | null;
  /** Active state of each unit that triggers this one or is triggered by it. */
  readonly related: Readonly<Record<string, ControlActiveState>>;
  /** Names (comm) of running processes. */
  readonly processNames: Readonly<Record<number, string>>;
  readonly log: readonly LogEntry[];
  readonly explanation: Explanation | null;
}

export interface StatusLayout {
  readonly style: Style;
  readonly width: number | null;
  readonly now: number;
  readonly timestamp: TimestampStyle;
  readonly zone: TimeZone;
  readonly log: LogLayout;
}

/** A label with its value and the lines below the value. */
interface Field {
  readonly label: string;
  readonly lines: readonly string[];
}

const LABEL_WIDTH = 11;
const INDENT: string = " ".repeat(LABEL_WIDTH + 2);
const STATES_WITHOUT_PRESET: readonly string[] = ["alias", "static", "generated", "transient"];

export function formatStatus(input: StatusInput, layout: StatusLayout): string {
  const fields = [
    loadedField(input, layout.style),
    dropInField(input),
    activeField(input, layout),
    durationField(input),
    jobField(input),
    invocationField(input),
    relatedField("TriggeredBy", input, layout.style),
    relatedField("Triggers", input, layout.style),
    ...conditionFields(input, layout),
    docsField(input),
    listenField(input),
    acceptedField(input),
    ...processFields(input),
    mainPidField(input, layout.style),
    statusTextField(input, layout.style),
    processListField(input, layout),
  ];
  const lines = fields.flatMap((field) => (field === null ? [] : fieldLines(field)));
  return [
    headline(input, layout.style),
    ...lines,
    ...logLines(input, layout),
    ...whyLines(input, layout.style),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function fieldLines({ label, lines }: Field): readonly string[] {
  return lines.map((line, at) => (at === 0 ? `${padStart(label, LABEL_WIDTH)}: ${line}` : INDENT + line));
}

function headline({ details }: StatusInput, style: Style): string {
  const { name, description, activeState } = details.summary;
  const title = description === "" || description === name ? "" : ` - ${makePrintable(description)}`;
  return `${stateGlyph(activeState, style)} ${name}${title}`;
}

function loadedField({ details, fileState, preset }: StatusInput, style: Style): Field {
  const { loadState, name } = details.summary;
  const { loadError, fragmentPath } = details.unit;
  const word = loadState === "loaded" ? "loaded" : style.bad(loadState);
  const reason = loadError ?? unloadedReason(loadState, name);
  if (reason !== null && loadState !== "loaded")
    return { label: "Loaded", lines: [`${word} (Reason: ${reason})`] };
  const parts = [fragmentPath, fileState];
  if (preset !== null && fileState !== null && !STATES_WITHOUT_PRESET.includes(fileState)) {
    parts.push(`preset: ${preset}`);
  }
  const known = parts.filter((part) => part !== null);
  return { label: "Loaded", lines: [known.length > 0 ? `${word} (${known.join("; ")})` : word] };
}

function unloadedReason(loadState: string, name: string): string | null {
  if (loadState === "not-found") return `Unit ${name} not found.`;
  if (loadState === "masked") return `Unit ${name} is masked.`;
  return loadState === "bad-setting" ? `Unit ${name} has a bad unit file setting.` : null;
}

function dropInField({ details }: StatusInput): Field | null {
  const paths = details.unit.dropInPaths;
  if (paths.length === 0) return null;
  const folder = (path: string): string => path.slice(0, path.lastIndexOf("/"));
  const folders = [...new Set(paths.map(folder))];
  const lines = folders.flatMap((one) => {
    const names = paths.filter((path) => folder(path) === one).map((path) => path.slice(one.length + 1));
    return [one, `└─${names.join(", ")}`];
  });
  return { label: "Drop-In", lines };
}

function activeField({ details }: StatusInput, layout: StatusLayout): Field {
  const { activeState, subState } = details.summary;
  const words = activeState === subState ? activeState : `${activeState} (${subState})`;
  const result = details.service?.result ?? details.socket?.result ?? "success";
  const failure = result === "" || result === "success" ? "" : ` (Result: ${result})`;
  const since = sinceStamp(details).realtimeUsec;
  const moment = since > 0 ? ` since ${formatMoment(since, layout)}` : "";
  const painted =
    activeState === "inactive" ? words + failure : stateStyle(activeState, layout.style)(words + failure);
  return { label: "Active", lines: [painted + moment] };
}

function formatMoment(at: number, { now, timestamp, zone }: StatusLayout): string {
  return `${formatTimestamp(at, zone, timestamp)}; ${formatRelative(at, now)}`;
}

function sinceStamp(details: UnitDetails): Stamp {
  switch (details.summary.activeState) {
    case "active":
    case "reloading":
    case "refreshing":
      return details.activeEnter;
    case "inactive":
    case "failed":
      return details.inactiveEnter;
    case "activating":
      return details.inactiveExit;
    case "deactivating":
    case "maintenance":
      return details.activeExit;
  }
}

function durationField({ details }: StatusInput): Field | null {
  const { activeState } = details.summary;
  const { activeEnter, activeExit } = details;
  const over = activeState === "inactive" || activeState === "failed";
  const lasted = activeExit.monotonicUsec - activeEnter.monotonicUsec;
  if (!over || activeEnter.monotonicUsec === 0 || activeExit.monotonicUsec === 0 || lasted < 0) return null;
  return { label: "Duration", lines: [formatSpan(lasted, 1000)] };
}

function jobField({ details }: StatusInput): Field | null {
  const { job } = details.summary;
  return job === null ? null : { label: "Job", lines: [String(job.id)] };
}

function invocationField({ details }: StatusInput): Field | null {
  return details.invocationId === null ? null : { label: "Invocation", lines: [details.invocationId] };
}

function relatedField(
  kind: "TriggeredBy" | "Triggers",
  { details, related }: StatusInput,
  style: Style,
): Field | null {
  const names = details.dependencies[kind] ?? [];
  if (names.length === 0) return null;
  // Of what a unit triggers systemd tells the state by colour alone.
  const glyph = (state: ControlActiveState): string =>
    kind === "Triggers" ? stateGlyph(state, style).replace(/[○×↻]/, "●") : stateGlyph(state, style);
  return { label: kind, lines: names.map((name) => `${glyph(related[name] ?? "inactive")} ${name}`) };
}

function conditionFields({ details }: StatusInput, layout: StatusLayout): readonly (Field | null)[] {
  const rows = [
    { label: "Condition", word: "condition", check: details.condition },
    { label: "Assert", word: "assertion", check: details.assertion },
  ];
  return rows.map(({ label, word, check }): Field | null => {
    if (check.result || check.checked.realtimeUsec === 0) return null;
    const head = `start ${layout.style.warn(`${word} unmet`)} at ${formatMoment(check.checked.realtimeUsec, layout)}`;
    return { label, lines: check.unmet === null ? [head] : [head, `└─ ${check.unmet} was not met`] };
  });
}

function docsField({ details }: StatusInput): Field | null {
  const { documentation } = details.unit.unit;
  return documentation.length === 0 ? null : { label: "Docs", lines: documentation };
}

function listenField({ details }: StatusInput): Field | null {
  const listeners = details.socket?.listeners ?? [];
  if (listeners.length === 0) return null;
  return {
    label: "Listen",
    lines: listeners.map(({ address, bound, kind }) => `${bound ?? address} (${kind})`),
  };
}

function acceptedField({ details }: StatusInput): Field | null {
  if (details.unit.type !== "socket" || !details.unit.socket.accept || details.socket === null) return null;
  const { accepted, connections, refused } = details.socket;
  const more = refused > 0 ? `   Refused: ${refused}` : "";
  return { label: "Accepted", lines: [`${accepted}; Connected: ${connections};${more}`] };
}

/** Every run that ended, except the main process where it has a line of its own and is the only ExecStart=. */
function processFields({ details }: StatusInput): readonly Field[] {
  return runsOf(details)
    .filter((run) => run.code !== 0)
    .map((run) => ({ label: "Process", lines: [`${run.pid} ${run.directive}=${formatRun(run)}`] }));
}

function formatRun(run: ExecStatus): string {
  return `${makePrintable(run.argv.join(" "))} (${describeExit(run.code, run.status)})`;
}

function mainPidField({ details, processNames }: StatusInput, style: Style): Field | null {
  const { service } = details;
  if (service === null) return null;
  const control = service.controlPid === 0 ? null : named(service.controlPid, processNames);
  const main = mainPidText(service.mainPid, service.commands, processNames, style);
  if (main === null) return control === null ? null : { label: "Cntrl PID", lines: [control] };
  return { label: "Main PID", lines: [control === null ? main : `${main}; Control PID: ${control}`] };
}

function mainPidText(
  pid: number,
  runs: readonly ExecStatus[],
  names: Readonly<Record<number, string>>,
  style: Style,
): string | null {
  if (pid !== 0) return named(pid, names);
  const last = runs.filter((run) => run.directive === "ExecStart" && run.code !== 0).at(-1);
  if (last === undefined) return null;
  const text = describeExit(last.code, last.status);
  const clean = last.code === 1 && last.status === 0;
  return `${last.pid} (${clean ? text : style.bad(text)})`;
}

function named(pid: number, names: Readonly<Record<number, string>>): string {
  const name = names[pid];
  return name === undefined ? String(pid) : `${pid} (${makePrintable(name)})`;
}

function statusTextField({ details }: StatusInput, style: Style): Field | null {
  const text = details.service?.statusText ?? null;
  return text === null || text === ""
    ? null
    : { label: "Status", lines: [style.bold(`"${makePrintable(text)}"`)] };
}

function processListField({ details }: StatusInput, layout: StatusLayout): Field | null {
  const { processes } = details;
  if (processes.length === 0) return null;
  const room = layout.width === null ? null : Math.max(layout.width - INDENT.length, 20);
  const lines = processes.map(({ pid, argv }, at) => {
    const branch = at === processes.length - 1 ? "└─" : "├─";
    const line = `${branch}${pid} ${makePrintable(formatCommandLine(argv))}`;
    return room === null ? line : truncateEnd(line, room);
  });
  return { label: "Processes", lines };
}

function logLines({ log }: StatusInput, layout: StatusLayout): readonly string[] {
  if (log.length === 0) return [];
  return ["", ...log.map((entry) => formatLogEntry(entry, layout.log).trimEnd())];
}

function whyLines({ explanation }: StatusInput, style: Style): readonly string[] {
  if (explanation === null) return [];
  return ["", ...wrapField("Why", explanation.why, style), ...wrapField("Next", explanation.next, style)];
}

const READABLE = 80;

/** Words broken at 80 columns, below a label. */
function wrapField(label: string, text: string, style: Style): readonly string[] {
  const head = padStart(label, LABEL_WIDTH);
  const lines: string[] = [];
  let line = "";
  for (const word of makePrintable(text).split(" ")) {
    if (line !== "" && INDENT.length + line.length + 1 + word.length > READABLE) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((one, at) => (at === 0 ? `${style.bold(head)}: ${one}` : INDENT + one));
}
