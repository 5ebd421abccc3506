/** What programs ask systemd's manager and its units for, as far as usher does it: a row for each method. */
import type { BusValue } from "../../base/dbus/marshal.ts";
import type { Result } from "../../base/result.ts";
import type { ControlBackend, ControlFailure, ControlJobType } from "../backend.ts";
import {
  type BusAnswer,
  type BusCall,
  bad,
  type Context,
  change,
  failed,
  good,
  invalid,
  look,
  type Method,
  type Methods,
  text,
} from "./call.ts";
import { BUS_NAME, DBUS_ERROR, jobPath, MANAGER, ROOT, unitOfPath, unitPath } from "./names.ts";
import { addReference, dropReference } from "./references.ts";
import { readTransientCall } from "./transient.ts";

/** A job that had nothing to do has a number too, so that its end can be told. */
const NO_JOB = 0xffffffff;

function startJob(
  context: Context,
  call: BusCall,
  type: ControlJobType,
  name: string,
  mode: string,
): BusAnswer {
  if (!isJobMode(mode)) return invalid(`Job mode ${mode} is invalid.`);
  // logind starts one at each login, and goes on without it; it would need PAM, and fail.
  if (/^user@\d+\.service$/.test(name))
    return bad(`${DBUS_ERROR}.NotSupported`, "usher runs no managers for users");
  let id = NO_JOB;
  const ended = (result: string): void =>
    context.emit({
      path: ROOT,
      interface: MANAGER,
      member: "JobRemoved",
      signature: "uoss",
      body: [id, jobPath(id), name, result],
      destination: context.subscribers.has(call.sender) ? null : call.sender,
    });
  const early: string[] = [];
  let answered = false;
  const started = context.backend.startJob({ unit: name, type, mode }, (result) => {
    if (answered) ended(result);
    else early.push(result);
  });
  answered = true;
  if (!started.ok) return failed(started.error);
  id = started.value.id || NO_JOB;
  for (const result of early) ended(result);
  return good(jobPath(id));
}

const JOB_MODES = ["replace", "fail", "isolate", "ignore-dependencies", "ignore-requirements"] as const;

function isJobMode(mode: string): mode is (typeof JOB_MODES)[number] {
  return JOB_MODES.some((one) => one === mode);
}

function job(type: ControlJobType): Method {
  return change("ss", "o", (context, call, [name, mode]) =>
    startJob(context, call, type, text(name), text(mode)),
  );
}

/** A method of a unit's own object: the manager's, for that unit. */
function ownJob(type: ControlJobType): Method {
  return change("s", "o", (context, call, [mode]) =>
    startJob(context, call, type, unitOfPath(call.path) ?? "", text(mode)),
  );
}

function done(result: Result<null, ControlFailure>): BusAnswer {
  return result.ok ? good() : failed(result.error);
}

const WHOM = { all: "all", main: "main", control: "control" } as const;

function kill(
  backend: ControlBackend,
  unit: string,
  who: BusValue | undefined,
  signal: BusValue | undefined,
): BusAnswer {
  const whom = WHOM[text(who) as keyof typeof WHOM] ?? "all";
  return done(backend.kill({ unit, whom, signal: Number(signal), value: null }));
}

function isLoaded(backend: ControlBackend, name: string): boolean {
  return backend.units().some((unit) => unit.name === name);
}

function notLoaded(name: string): BusAnswer {
  return bad(`${BUS_NAME}.NoSuchUnit`, `Unit ${name} not loaded.`);
}

/** systemd's StartTransientUnit: units made for a program, with a file below /run that says what they are. */
function startTransient(context: Context, call: BusCall): BusAnswer {
  const read = readTransientCall(call.body, call.fds);
  if (!read.ok) return bad(read.error.error, read.error.message);
  const { mode, units, referenced } = read.value;
  if (!isJobMode(mode)) return invalid(`Job mode ${mode} is invalid.`);
  const [main] = units;
  if (referenced && !context.follow(call.sender)) return tooMany();
  const made = context.backend.makeTransient(units);
  if (!made.ok) return failed(made.error);
  const used = units.flatMap(({ stdio }) => stdio);
  for (const fd of call.fds.splice(0)) if (!used.includes(fd)) call.fds.push(fd);
  const name = main?.name ?? "";
  if (referenced) addReference(context, name, call.sender);
  const answer = startJob(context, call, "start", name, mode);
  for (const unit of units) context.backend.setReferenced(unit.name, context.references.has(unit.name));
  return answer;
}

function tooMany(): BusAnswer {
  return bad(`${DBUS_ERROR}.LimitsExceeded`, "Too many clients are subscribed, or refer to units.");
}

export const MANAGER_METHODS: Methods = {
  GetUnit: look("s", "o", ({ backend }, _, [name]) =>
    isLoaded(backend, text(name)) ? good(unitPath(text(name))) : notLoaded(text(name)),
  ),
  LoadUnit: look("s", "o", ({ backend }, _, [name]) => {
    const details = backend.unit(text(name));
    return details.ok ? good(unitPath(details.value.summary.name)) : failed(details.error);
  }),
  GetUnitByPID: look("u", "o", ({ backend }, _, [pid]) => {
    const owner = backend.units().find(({ name }) => {
      const details = name.endsWith(".service") ? backend.unit(name) : null;
      return details?.ok === true && details.value.processes.some((process) => process.pid === pid);
    });
    return owner === undefined
      ? bad(`${BUS_NAME}.NoUnitForPID`, `PID ${pid} does not belong to any loaded unit.`)
      : good(unitPath(owner.name));
  }),
  ListUnits: look("", "a(ssssssouso)", ({ backend }) => good(backend.units().map(unitRow))),
  StartUnit: job("start"),
  StopUnit: job("stop"),
  ReloadUnit: job("reload"),
  RestartUnit: job("restart"),
  TryRestartUnit: job("try-restart"),
  ReloadOrRestartUnit: job("reload-or-restart"),
  ReloadOrTryRestartUnit: job("try-reload-or-restart"),
  StartTransientUnit: change("ssa(sv)a(sa(sv))", "o", startTransient),
  KillUnit: change("ssi", "", ({ backend }, _, [name, who, signal]) =>
    kill(backend, text(name), who, signal),
  ),
  RefUnit: change("s", "", (context, { sender }, [name]) => reference(context, text(name), sender)),
  UnrefUnit: change("s", "", (context, { sender }, [name]) => unreference(context, text(name), sender)),
  ResetFailedUnit: change("s", "", ({ backend }, _, [name]) => done(backend.resetFailed(text(name)))),
  ResetFailed: change("", "", ({ backend }) => done(backend.resetFailed(null))),
  Reload: change("", "", ({ backend }) => done(backend.reload())),
  Subscribe: look("", "", ({ subscribers, follow }, { sender }) => {
    if (!follow(sender)) return tooMany();
    subscribers.add(sender);
    return good();
  }),
  Unsubscribe: look("", "", ({ subscribers }, { sender }) => {
    subscribers.delete(sender);
    return good();
  }),
};

function reference(context: Context, name: string, sender: string): BusAnswer {
  const unit = context.backend.unit(name);
  if (!unit.ok) return failed(unit.error);
  if (unit.value.summary.loadState === "not-found")
    return bad(`${BUS_NAME}.NoSuchUnit`, `Unit ${name} not found.`);
  if (!context.follow(sender)) return tooMany();
  addReference(context, name, sender);
  return good();
}

function unreference(context: Context, name: string, sender: string): BusAnswer {
  // That the caller holds none is no error as long as somebody does.
  if (dropReference(context, name, sender) || context.references.has(name)) return good();
  return bad(`${BUS_NAME}.NotReferenced`, "Unit has not been referenced yet.");
}

function unitRow({
  name,
  description,
  loadState,
  activeState,
  subState,
  job: queued,
}: ReturnType<ControlBackend["units"]>[number]): BusValue {
  const states = [name, description, loadState, activeState, subState, ""];
  return [...states, unitPath(name), queued?.id ?? 0, queued?.type ?? "", jobPath(queued?.id ?? 0)];
}

const own = (call: BusCall): string => unitOfPath(call.path) ?? "";

export const UNIT_METHODS: Methods = {
  Start: ownJob("start"),
  Stop: ownJob("stop"),
  Reload: ownJob("reload"),
  Restart: ownJob("restart"),
  TryRestart: ownJob("try-restart"),
  ReloadOrRestart: ownJob("reload-or-restart"),
  Kill: change("si", "", ({ backend }, call, [who, signal]) => kill(backend, own(call), who, signal)),
  ResetFailed: change("", "", ({ backend }, call) => done(backend.resetFailed(own(call)))),
  Ref: change("", "", (context, call) => reference(context, own(call), call.sender)),
  Unref: change("", "", (context, call) => unreference(context, own(call), call.sender)),
};
