/** A `ControlBackend` over a list of units that a test writes as unit files, with their states. */
import { err, ok } from "../../../src/base/result.ts";
import type {
  ControlBackend,
  ControlFailure,
  ControlJobResult,
  ExecStatus,
  LogEntry,
  Stamp,
  SystemSummary,
  UnitDetails,
  UnitSummary,
} from "../../../src/control/backend.ts";
import { finishUnit } from "../../../src/unit/load/finish-unit.ts";
import { createReader, lexText, readInto } from "../../../src/unit/load/read-unit.ts";
import type { Unit, UnitType } from "../../../src/unit/model.ts";
import type { Draft } from "../../../src/unit/settings.ts";
import { FACTS } from "../../unit/facts.ts";
import { NOW } from "./memory-system.ts";

export const NEVER: Stamp = { realtimeUsec: 0, monotonicUsec: 0 };
const BOOT = NOW - 5_000_000;

/** So many µs ago on both clocks. */
export function ago(usec: number): Stamp {
  return { realtimeUsec: NOW - usec, monotonicUsec: 5_000_000 - usec };
}

export function readUnit(name: string, text: string, path: string = `/etc/usher/units/${name}`): Unit {
  const type = name.slice(name.lastIndexOf(".") + 1) as UnitType;
  const draft: Draft = {};
  readInto(createReader(FACTS), draft, type, lexText(path, text), name, path);
  const origin = {
    name,
    type,
    aliases: [],
    loadState: "loaded",
    loadError: null,
    fragmentPath: path,
    dropInPaths: [],
  } as const;
  return finishUnit(draft, origin).unit;
}

type Changes = Partial<Omit<UnitDetails, "summary" | "unit">> & {
  readonly summary?: Partial<UnitSummary>;
  readonly unit?: Partial<Unit>;
};

/** Details of an inactive unit, changed as the test says. */
export function describeUnit(unit: Unit, changes: Changes = {}): UnitDetails {
  const service =
    unit.type === "service"
      ? {
          mainPid: 0,
          controlPid: 0,
          commands: [],
          statusText: null,
          statusErrno: 0,
          result: "success",
          reloadResult: "success",
          cleanResult: "success",
          restarts: 0,
          fdStoreCount: 0,
          nextRestartMonotonicUsec: 0,
        }
      : null;
  const socket =
    unit.type === "socket"
      ? {
          listeners: unit.socket.listeners.map((listener) => ({
            address: listener.text,
            kind: listener.kind === "stream" ? "Stream" : listener.kind === "datagram" ? "Datagram" : "FIFO",
            bound: null,
          })),
          connections: 0,
          accepted: 0,
          refused: 0,
          result: "success",
          controlPid: 0,
          commands: [],
        }
      : null;
  const met = { result: true, checked: NEVER, unmet: null };
  const { summary, unit: unitChanges, ...rest } = changes;
  return {
    summary: {
      name: unit.name,
      description: unit.unit.description,
      loadState: unit.loadState,
      activeState: "inactive",
      subState: "dead",
      job: null,
      ...summary,
    },
    unit: { ...unit, ...unitChanges } as Unit,
    dependencies: unit.dependencies as UnitDetails["dependencies"],
    needDaemonReload: false,
    invocationId: null,
    stateChange: NEVER,
    inactiveExit: NEVER,
    activeEnter: NEVER,
    activeExit: NEVER,
    inactiveEnter: NEVER,
    condition: met,
    assertion: met,
    triggeredBy: null,
    service,
    socket,
    processes: [],
    ...rest,
  };
}

export function run(
  directive: string,
  command: string,
  pid: number,
  code: number,
  status: number,
): ExecStatus {
  const argv = command.split(" ");
  return {
    directive,
    main: directive === "ExecStart",
    path: argv[0]!,
    argv,
    ignoreFailure: false,
    pid,
    start: ago(300_000),
    exit: code === 0 ? NEVER : ago(290_000),
    code,
    status,
  };
}

export interface FakeBackend extends ControlBackend {
  /** What was asked of it, one line each. */
  readonly calls: readonly string[];
  log: LogEntry[];
  /** Ends the job that waits. */
  finishJob(result: ControlJobResult): void;
  emit(entries: readonly LogEntry[]): void;
  readonly followers: () => number;
}

export interface FakeOptions {
  readonly jobResult?: ControlJobResult | "pending";
  readonly jobFailure?: ControlFailure;
  readonly triggers?: readonly string[];
  readonly system?: Partial<SystemSummary>;
}

export function createFakeBackend(units: readonly UnitDetails[], options: FakeOptions = {}): FakeBackend {
  const calls: string[] = [];
  let pending: ((result: ControlJobResult) => void) | null = null;
  const followers = new Set<(entries: readonly LogEntry[]) => void>();
  const find = (name: string): UnitDetails =>
    units.find((unit) => unit.summary.name === name || unit.unit.aliases.includes(name)) ?? missing(name);
  const note = (call: string): { readonly ok: true; readonly value: null } => {
    calls.push(call);
    return ok(null);
  };
  const backend: FakeBackend = {
    calls,
    log: [],
    followers: () => followers.size,
    finishJob: (result) => pending?.(result),
    emit: (entries) => {
      for (const follower of followers) follower(entries);
    },
    system: () => ({
      state: "running",
      failed: units.filter((unit) => unit.summary.activeState === "failed").map((unit) => unit.summary.name),
      unitCount: units.length,
      jobCount: 0,
      started: { realtimeUsec: BOOT, monotonicUsec: 1 },
      listening: NEVER,
      finished: NEVER,
      version: "1.2.3",
      pid: 1,
      unitPath: ["/etc/usher/units", "/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"],
      ownUnitDirectories: ["/etc/usher/units"],
      runtimeDirectory: "/run/usher",
      logLevel: "info",
      now: { realtimeUsec: NOW, monotonicUsec: 5_000_000 },
      ...options.system,
    }),
    units: () => units.map((unit) => unit.summary),
    unit: (name) => ok(find(name)),
    dependencies: () =>
      units.map(({ summary, dependencies }) => ({
        name: summary.name,
        loadState: summary.loadState,
        activeState: summary.activeState,
        dependencies,
      })),
    jobs: () => units.flatMap(({ summary }) => (summary.job === null ? [] : [summary.job])),
    startJob(request, done) {
      calls.push(`${request.type} ${request.unit} ${request.mode}`);
      if (options.jobFailure !== undefined) return err(options.jobFailure);
      const result = options.jobResult ?? "done";
      if (result === "pending") pending = done;
      else done(result);
      return ok({ id: 7, unit: request.unit, triggers: options.triggers ?? [] });
    },
    cancelJob: (id) =>
      id === 12 ? err({ name: "NoSuchJob", message: `Job ${id} does not exist.` }) : note(`cancel ${id}`),
    kill: ({ unit, whom, signal }) => note(`kill ${unit} ${whom} ${signal}`),
    reload: () => note("reload"),
    reexec: () => note("reexec"),
    resetFailed: (name) => note(`reset-failed ${name}`),
    clean: (unit, what) =>
      unit === "plain.service"
        ? err({ name: "NothingToClean", message: "No matching resources found." })
        : note(`clean ${unit} ${what.join(",")}`),
    awaitInactive(names, done) {
      calls.push(`await ${names.join(",")}`);
      done(names.filter((name) => find(name).summary.activeState === "failed"));
      return () => undefined;
    },
    awaitBoot(done) {
      calls.push("await boot");
      done(backend.system());
      return () => undefined;
    },
    environment: () => ["PATH=/bin", "X=a b"],
    changeEnvironment: (set, unset) => note(`environment ${set.join(",")} -${unset.join(",")}`),
    logs: ({ units: names, lines }) =>
      backend.log
        .filter((entry) => names.length === 0 || names.includes(entry.unit ?? ""))
        .slice(lines === null ? 0 : -lines),
    followLogs(_, onEntries) {
      followers.add(onEntries);
      return () => followers.delete(onEntries);
    },
    setLogLevel: (level) => note(`log-level ${level}`),
    exit: ({ verb, status, force }) => note(`${verb} ${status} ${force}`),
  };
  return backend;
}

function missing(name: string): UnitDetails {
  const unit = readUnit(name.includes(".") ? name : `${name}.service`, "");
  return describeUnit({ ...unit, loadState: "not-found", fragmentPath: null } as Unit, {
    summary: { loadState: "not-found", description: name },
  });
}
