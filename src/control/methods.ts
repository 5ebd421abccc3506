/**
 * The method table: one row a method says how its parameters are read, who may call it, and what it does.
 *
 * A handler answers through its `Answer`, exactly once unless it streams; what it throws is a bug.
 */
import type { Result } from "../base/result.ts";
import { JOB_MODES } from "../unit/model.ts";
import { CLEAN_KINDS } from "../unit/value/cleanable.ts";
import type {
  ControlBackend,
  ControlFailure,
  ControlJobType,
  ExitRequest,
  KillRequest,
  LogQuery,
} from "./backend.ts";
import type { ParameterReader } from "./parameters.ts";
import type { JsonObject, LogsParameters, MethodName, Methods, Nothing } from "./protocol.ts";

/** How a handler answers one call. */
export interface Answer<R> {
  /** The client takes several replies. */
  readonly more: boolean;
  /** The last reply. */
  reply(content: R): void;
  /** A reply that others follow. */
  progress(content: R): void;
  fail(failure: ControlFailure): void;
  /** Called when the connection ends before the last reply. */
  onGone(release: () => void): void;
}

export interface MethodRow<P, R> {
  /** Only for root and for the user that usher runs as. */
  readonly privileged: boolean;
  readonly decode: (reader: ParameterReader) => P;
  readonly handle: (backend: ControlBackend, parameters: P, answer: Answer<R>) => void;
}

export type MethodTable = {
  readonly [M in MethodName]: MethodRow<Methods[M]["parameters"], Methods[M]["reply"]>;
};

const JOB_TYPES: readonly ControlJobType[] = [
  "start",
  "stop",
  "reload",
  "restart",
  "try-restart",
  "reload-or-restart",
  "try-reload-or-restart",
  "verify-active",
];

const EXIT_VERBS: readonly ExitRequest["verb"][] = [
  "exit",
  "poweroff",
  "halt",
  "reboot",
  "kexec",
  "soft-reboot",
];

const WHOM: readonly KillRequest["whom"][] = ["all", "main", "control"];

const SIGNAL_MAX = 64;
const INT_MAX = 2 ** 31 - 1;
const LINES_MAX = 1_000_000;

export const METHODS: MethodTable = {
  GetSystem: open(nothing, (backend, _, answer) => answer.reply({ system: backend.system() })),
  ListUnits: open(nothing, (backend, _, answer) => answer.reply({ units: backend.units() })),
  GetUnit: open(
    (reader) => ({ unit: reader.text("unit") }),
    (backend, { unit }, answer) => settle(answer, backend.unit(unit), (details) => ({ unit: details })),
  ),
  ListDependencies: open(nothing, (backend, _, answer) => answer.reply({ nodes: backend.dependencies() })),
  ListJobs: open(nothing, (backend, _, answer) => answer.reply({ jobs: backend.jobs() })),
  StartJob: closed(
    (reader) => ({
      unit: reader.text("unit"),
      type: reader.choice("type", JOB_TYPES),
      mode: reader.choice("mode", JOB_MODES, "replace"),
      wait: reader.flag("wait"),
    }),
    startJob,
  ),
  CancelJob: closed(
    (reader) => ({ id: reader.integer("id", 0, INT_MAX) }),
    (backend, { id }, answer) => settle(answer, backend.cancelJob(id), empty),
  ),
  KillUnit: closed(
    (reader) => ({
      unit: reader.text("unit"),
      whom: reader.choice("whom", WHOM, "all"),
      signal: reader.integer("signal", 0, SIGNAL_MAX),
      value: reader.integerOrNull("value", -INT_MAX, INT_MAX),
    }),
    (backend, request, answer) => settle(answer, backend.kill(request), empty),
  ),
  Reload: closed(nothing, (backend, _, answer) => settle(answer, backend.reload(), empty)),
  Reexec: closed(
    (reader) => ({ path: reader.textOrNull("path") }),
    (backend, { path }, answer) => settle(answer, backend.reexec(path), empty),
  ),
  ResetFailed: closed(
    (reader) => ({ unit: reader.textOrNull("unit") }),
    (backend, { unit }, answer) => settle(answer, backend.resetFailed(unit), empty),
  ),
  CleanUnit: closed(
    (reader) => ({ unit: reader.text("unit"), what: reader.choices("what", CLEAN_KINDS) }),
    (backend, { unit, what }, answer) => settle(answer, backend.clean(unit, what), empty),
  ),
  AwaitInactive: closed(
    (reader) => ({ units: reader.texts("units") }),
    (backend, { units }, answer) =>
      answer.onGone(backend.awaitInactive(units, (failed) => answer.reply({ failed }))),
  ),
  AwaitBoot: open(nothing, (backend, _, answer) =>
    answer.onGone(backend.awaitBoot((system) => answer.reply({ system }))),
  ),
  GetEnvironment: closed(nothing, (backend, _, answer) =>
    answer.reply({ environment: backend.environment() }),
  ),
  ChangeEnvironment: closed(
    (reader) => ({ set: reader.texts("set"), unset: reader.texts("unset") }),
    (backend, { set, unset }, answer) => settle(answer, backend.changeEnvironment(set, unset), empty),
  ),
  Logs: closed(
    (reader) => ({
      units: reader.texts("units"),
      lines: reader.integerOrNull("lines", 0, LINES_MAX),
      afterSeq: reader.integer("afterSeq", 0, Number.MAX_SAFE_INTEGER, 0),
      priorityMax: reader.integer("priorityMax", 0, 7, 7),
      follow: reader.flag("follow"),
    }),
    sendLogs,
  ),
  SetLogLevel: closed(
    (reader) => ({ level: reader.text("level") }),
    (backend, { level }, answer) => settle(answer, backend.setLogLevel(level), empty),
  ),
  Exit: closed(
    (reader) => ({
      verb: reader.choice("verb", EXIT_VERBS),
      status: reader.integer("status", 0, 255, 0),
      force: reader.integer("force", 0, 2, 0) as 0 | 1 | 2,
    }),
    (backend, request, answer) => settle(answer, backend.exit(request), empty),
  ),
};

/** A row that everybody may call. */
function open<P, R>(decode: MethodRow<P, R>["decode"], handle: MethodRow<P, R>["handle"]): MethodRow<P, R> {
  return { privileged: false, decode, handle };
}

/** A row for root and usher's own user. What services write and their environment may be secret, so it is here. */
function closed<P, R>(decode: MethodRow<P, R>["decode"], handle: MethodRow<P, R>["handle"]): MethodRow<P, R> {
  return { privileged: true, decode, handle };
}

function nothing(): Nothing {
  return {};
}

function empty(): JsonObject {
  return {};
}

function settle<T, R>(answer: Answer<R>, result: Result<T, ControlFailure>, content: (value: T) => R): void {
  if (result.ok) answer.reply(content(result.value));
  else answer.fail(result.error);
}

function startJob(
  backend: ControlBackend,
  parameters: Methods["StartJob"]["parameters"],
  answer: Answer<Methods["StartJob"]["reply"]>,
): void {
  const { unit, type, mode, wait } = parameters;
  let ended: Methods["StartJob"]["reply"]["result"] = null;
  let job: Methods["StartJob"]["reply"]["job"] | null = null;
  const queued = backend.startJob({ unit, type, mode }, (result) => {
    ended = result;
    if (job !== null && wait) answer.reply({ job, result });
  });
  if (!queued.ok) {
    answer.fail(queued.error);
  } else if (ended !== null || !wait) {
    answer.reply({ job: queued.value, result: ended });
  } else {
    job = queued.value;
    if (answer.more) answer.progress({ job, result: null });
  }
}

function sendLogs(
  backend: ControlBackend,
  parameters: LogsParameters,
  answer: Answer<Methods["Logs"]["reply"]>,
): void {
  const { follow, ...query }: { follow: boolean } & LogQuery = parameters;
  const entries = backend.logs(query);
  if (!follow || !answer.more) {
    answer.reply({ entries });
  } else {
    answer.progress({ entries });
    answer.onGone(backend.followLogs(query, (batch) => answer.progress({ entries: batch })));
  }
}
