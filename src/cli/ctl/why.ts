/**
 * Why a unit failed, in words, and what to do next: what `status` says below a failed unit.
 *
 * One row a result word; a row sees the unit's details and gives sentences.
 */
import { signalName } from "../../base/signal.ts";
import type { ExecStatus, LogEntry, UnitDetails } from "../../control/backend.ts";
import { formatSpan } from "../format/time.ts";
import { CLD_EXITED, exitStatusWord, runsOf } from "./exit-words.ts";

export interface Explanation {
  readonly why: string;
  readonly next: string;
}

interface Facts {
  readonly details: UnitDetails;
  /** The run that brought the failure, where one is known. */
  readonly culprit: ExecStatus | null;
  readonly program: string;
}

const SETUP_STEPS: Readonly<Record<number, Explanation>> = {
  200: { why: "its working directory can't be entered", next: "check WorkingDirectory= and its permissions" },
  202: {
    why: "its descriptors couldn't be arranged",
    next: "check LimitNOFILE= and the container's own limit",
  },
  203: {
    why: "its program can't be executed",
    next: "check that the path in ExecStart= exists in this image, is executable, and that its interpreter is there",
  },
  205: {
    why: "a resource limit was refused",
    next: "check Limit…= against the container's own limits (ulimit)",
  },
  208: { why: "its standard input can't be set up", next: "check StandardInput=" },
  209: { why: "its standard output can't be set up", next: "check StandardOutput= and StandardError=" },
  210: { why: "its root directory can't be entered", next: "check RootDirectory=" },
  216: { why: "its group is unknown or was refused", next: "check Group= and /etc/group" },
  217: { why: "its user is unknown or was refused", next: "check User= and /etc/passwd" },
  218: {
    why: "a capability was refused",
    next: "give the container that capability, or drop it from the unit",
  },
  226: { why: "its mount namespace can't be set up", next: "drop the sandboxing directive that needs one" },
  233: { why: "its RuntimeDirectory= can't be made", next: "check that /run is writable" },
  238: { why: "its StateDirectory= can't be made", next: "check that /var/lib is writable" },
  239: { why: "its CacheDirectory= can't be made", next: "check that /var/cache is writable" },
  240: { why: "its LogsDirectory= can't be made", next: "check that /var/log is writable" },
  241: { why: "its ConfigurationDirectory= can't be made", next: "check that /etc is writable" },
  243: { why: "a credential is missing", next: "check LoadCredential= and SetCredential=" },
};

const LOOK_AT_OUTPUT = "its last lines are above; when the cause is mended:";

const RESULTS: Readonly<Record<string, (facts: Facts) => Explanation>> = {
  "exit-code": explainExitCode,
  signal: ({ culprit }) => ({
    why: `${subject(culprit)} was killed by ${signalName(culprit?.status ?? 0)}${killHint(culprit)}`,
    next: LOOK_AT_OUTPUT,
  }),
  "core-dump": ({ culprit }) => ({
    why: `${subject(culprit)} crashed with ${signalName(culprit?.status ?? 0)} and left a core dump`,
    next: LOOK_AT_OUTPUT,
  }),
  timeout: explainTimeout,
  watchdog: ({ details }) => ({
    why: `it sent no WATCHDOG=1 for ${details.unit.type === "service" ? formatSpan(details.unit.service.watchdogUsec) : "its time"} and was ended`,
    next: "mend what keeps it from answering, or raise WatchdogSec=, then:",
  }),
  protocol: explainProtocol,
  "start-limit-hit": ({ details }) => ({
    why: `it was started more than ${details.unit.unit.startLimit.burst} times in ${formatSpan(details.unit.unit.startLimit.intervalUsec)}: each start ended too soon`,
    next: "find out why it ends (its log says more), then:",
  }),
  "trigger-limit-hit": () => ({
    why: "traffic started its service too often in too short a time, so it stopped listening: the service ends without taking the connection",
    next: "mend the service (it must accept from the descriptor it is given), then:",
  }),
  "service-start-limit-hit": ({ details }) => ({
    why: `its service ${named(details, "Triggers")} was started too often in too short a time, so the socket stopped listening`,
    next: "mend the service, then:",
  }),
  resources: ({ details }) => ({
    why:
      details.unit.type === "socket"
        ? "it could not listen: an address is in use, or not allowed here; the line above says which"
        : "something it needs from the system was refused; the line above says what",
    next: "free it or change the unit, then:",
  }),
  "oom-kill": () => ({
    why: "the kernel ended it because memory ran out",
    next: "give the container more memory or the service less to do, then:",
  }),
  "exec-condition": () => ({
    why: "its ExecCondition= command said no",
    next: "when the condition is met:",
  }),
};

/** null for a unit that hasn't failed. */
export function explainFailure(details: UnitDetails, program: string): Explanation | null {
  const { loadState, activeState, name } = details.summary;
  if (loadState === "bad-setting" || loadState === "error") {
    const place = details.unit.loadError ?? "its file can't be read";
    return {
      why: place,
      next: `mend the file, check it with "usher --verify", then: ${program} daemon-reload`,
    };
  }
  if (activeState !== "failed") return null;
  const result = details.service?.result ?? details.socket?.result ?? "";
  const facts: Facts = { details, culprit: findCulprit(details), program };
  const row = RESULTS[result];
  const { why, next } =
    row === undefined ? { why: `it failed (${result || "no result"})`, next: "then:" } : row(facts);
  return { why, next: `${next} ${program} restart ${name}` };
}

/** The last failed run that was not to be passed over. */
function findCulprit(details: UnitDetails): ExecStatus | null {
  const failed = runsOf(details).filter(
    (run) => run.code !== 0 && !run.ignoreFailure && !(run.code === CLD_EXITED && run.status === 0),
  );
  return failed.at(-1) ?? null;
}

function subject(culprit: ExecStatus | null): string {
  if (culprit === null) return "its process";
  return `its ${culprit.directive}= process ${culprit.argv[0] ?? culprit.path} (pid ${culprit.pid})`;
}

function explainExitCode({ culprit }: Facts): Explanation {
  const status = culprit?.status ?? 0;
  const step = SETUP_STEPS[status];
  if (step !== undefined) {
    const word = exitStatusWord(status);
    return { why: `${step.why} (${status}/${word}, ${culprit?.path ?? "?"})`, next: `${step.next}, then:` };
  }
  const hint = status === 126 ? ": not executable" : status === 127 ? ": a command in it was not found" : "";
  return {
    why: `${subject(culprit)} ended by itself with exit status ${status}${hint}`,
    next: LOOK_AT_OUTPUT,
  };
}

function explainTimeout({ details, culprit }: Facts): Explanation {
  if (details.unit.type !== "service") return { why: "a step took longer than TimeoutSec=", next: "then:" };
  const { timeoutStartUsec, timeoutStopUsec, type } = details.unit.service;
  if (culprit?.directive === "ExecStop" || culprit?.directive === "ExecStopPost") {
    return {
      why: `it did not stop within ${formatSpan(timeoutStopUsec)} (TimeoutStopSec=) and was killed`,
      next: "look at what keeps it from ending, then:",
    };
  }
  const waited = type.startsWith("notify") ? "it never said READY=1" : "it was not started";
  return {
    why: `${waited} within ${formatSpan(timeoutStartUsec)} (TimeoutStartSec=)`,
    next: type.startsWith("notify")
      ? "check that the program speaks sd_notify, else use Type=exec; then:"
      : "look at what it waits for, or raise TimeoutStartSec=; then:",
  };
}

function explainProtocol({ details }: Facts): Explanation {
  const type = details.unit.type === "service" ? details.unit.service.type : "";
  return type === "forking"
    ? {
        why: "its parent process ended but no daemon was found",
        next: "check PIDFile=, or use Type=exec without daemonizing; then:",
      }
    : {
        why: "it ended before it said READY=1",
        next: "check that the program speaks sd_notify, else use Type=exec; then:",
      };
}

function killHint(culprit: ExecStatus | null): string {
  if (culprit?.status !== 9) return "";
  return " (by somebody's kill -9, or by the kernel because the container's memory ran out)";
}

function named(details: UnitDetails, kind: string): string {
  return details.dependencies[kind]?.join(", ") ?? "";
}

/** The last lines that the unit's own processes wrote (not what init says of it). */
export function ownLines(entries: readonly LogEntry[]): readonly LogEntry[] {
  return entries.filter((entry) => entry.pid !== 1 && entry.identifier !== "usher");
}
