/**
 * usher as org.freedesktop.systemd1 on the system bus (org.freedesktop.systemd1(5)): what programs ask systemd for
 * that start, stop or look at units, and no more. Every method and property is a row; `Introspect` is made from them.
 *
 * Nothing here sends or receives: `call` answers one method call, and what it sets off later is a signal.
 */
import { type BusValue, type Variant, variant } from "../base/dbus/marshal.ts";
import { byteText } from "../base/utf8.ts";
import type { ControlBackend, ControlFailure, ControlJobType, UnitDetails } from "./backend.ts";

export const BUS_NAME = "org.freedesktop.systemd1";
const ROOT = "/org/freedesktop/systemd1";
const MANAGER = "org.freedesktop.systemd1.Manager";
const UNIT = "org.freedesktop.systemd1.Unit";
const SERVICE = "org.freedesktop.systemd1.Service";
const PROPERTIES = "org.freedesktop.DBus.Properties";
const DBUS_ERROR = "org.freedesktop.DBus.Error";

export interface BusCall {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly BusValue[];
  readonly sender: string;
}

export type BusAnswer =
  | { readonly ok: true; readonly signature: string; readonly body: readonly BusValue[] }
  | { readonly ok: false; readonly error: string; readonly message: string };

export interface BusSignal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly BusValue[];
  /** null: everybody who listens. */
  readonly destination: string | null;
}

export interface BusObjects {
  /** Would the call change something? Then the caller has to be root. */
  changes(call: BusCall): boolean;
  call(call: BusCall): BusAnswer;
  /** A unit has a new state; somebody may want to know. */
  unitChanged(unit: string): void;
  /** A client has left the bus. */
  forget(client: string): void;
}

interface Context {
  readonly backend: ControlBackend;
  readonly emit: (signal: BusSignal) => void;
  readonly subscribers: Set<string>;
  readonly virtualization: string;
}

interface Method {
  readonly takes: string;
  readonly gives: string;
  readonly changes: boolean;
  readonly run: (context: Context, call: BusCall, args: readonly BusValue[]) => BusAnswer;
}

const good = (...body: readonly BusValue[]): BusAnswer => ({ ok: true, signature: "", body });
const bad = (error: string, message: string): BusAnswer => ({ ok: false, error, message });
const failed = ({ name, message }: ControlFailure): BusAnswer =>
  bad(
    name === "Failed" || name === "NotSupported" ? `${DBUS_ERROR}.${name}` : `${BUS_NAME}.${name}`,
    message,
  );
const text = (value: BusValue | undefined): string => (typeof value === "string" ? value : "");

// ----------------------------------------------------------------------------------------------------------- paths

const SAFE = /[A-Za-z0-9]/;

/** "ssh.service" → "ssh_2eservice" (sd_bus_path_encode(3)). */
export function unitPath(name: string): string {
  const label = [...byteText(name)].map((one, index) =>
    SAFE.test(one) && !(index === 0 && /\d/.test(one))
      ? one
      : `_${one.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `${ROOT}/unit/${label.join("") || "_"}`;
}

export function unitOfPath(path: string): string | null {
  const prefix = `${ROOT}/unit/`;
  if (!path.startsWith(prefix)) return null;
  return path
    .slice(prefix.length)
    .replace(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const jobPath = (id: number): string => (id === 0 ? "/" : `${ROOT}/job/${id}`);

// --------------------------------------------------------------------------------------------------------- methods

function look(takes: string, gives: string, run: Method["run"]): Method {
  return { takes, gives, changes: false, run };
}

function change(takes: string, gives: string, run: Method["run"]): Method {
  return { takes, gives, changes: true, run };
}

/** A job that had nothing to do has a number too, so that its end can be told. */
const NO_JOB = 0xffffffff;

function startJob(
  context: Context,
  call: BusCall,
  type: ControlJobType,
  name: string,
  mode: string,
): BusAnswer {
  if (!isJobMode(mode)) return bad(`${DBUS_ERROR}.InvalidArgs`, `Job mode ${mode} invalid`);
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

const WHOM = { all: "all", main: "main", control: "control" } as const;

const MANAGER_METHODS: Readonly<Record<string, Method>> = {
  GetUnit: look("s", "o", ({ backend }, _, [name]) =>
    backend.units().some((unit) => unit.name === name)
      ? good(unitPath(text(name)))
      : bad(`${BUS_NAME}.NoSuchUnit`, `Unit ${text(name)} not loaded.`),
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
  KillUnit: change("ssi", "", ({ backend }, _, [name, who, signal]) => {
    const whom = WHOM[text(who) as keyof typeof WHOM] ?? "all";
    const killed = backend.kill({ unit: text(name), whom, signal: Number(signal), value: null });
    return killed.ok ? good() : failed(killed.error);
  }),
  ResetFailedUnit: change("s", "", ({ backend }, _, [name]) => {
    const reset = backend.resetFailed(text(name));
    return reset.ok ? good() : failed(reset.error);
  }),
  ResetFailed: change("", "", ({ backend }) => {
    const reset = backend.resetFailed(null);
    return reset.ok ? good() : failed(reset.error);
  }),
  Reload: change("", "", ({ backend }) => {
    const reloaded = backend.reload();
    return reloaded.ok ? good() : failed(reloaded.error);
  }),
  Subscribe: look("", "", ({ subscribers }, { sender }) => {
    subscribers.add(sender);
    return good();
  }),
  Unsubscribe: look("", "", ({ subscribers }, { sender }) => {
    subscribers.delete(sender);
    return good();
  }),
};

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

const UNIT_METHODS: Readonly<Record<string, Method>> = {
  Start: ownJob("start"),
  Stop: ownJob("stop"),
  Reload: ownJob("reload"),
  Restart: ownJob("restart"),
};

// ------------------------------------------------------------------------------------------------------ properties

type Properties<T> = Readonly<Record<string, readonly [string, (subject: T) => BusValue]>>;

const MANAGER_PROPERTIES: Properties<Context> = {
  Version: ["s", ({ backend }) => `257 (usher ${backend.system().version})`],
  Features: ["s", () => ""],
  Virtualization: ["s", ({ virtualization }) => virtualization],
  SystemState: ["s", ({ backend }) => backend.system().state],
  UnitPath: ["as", ({ backend }) => backend.system().unitPath],
  NNames: ["u", ({ backend }) => backend.system().unitCount],
  NFailedUnits: ["u", ({ backend }) => backend.system().failed.length],
  NJobs: ["u", ({ backend }) => backend.system().jobCount],
};

const bytesOf = (hex: string): BusValue => (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));

const UNIT_PROPERTIES: Properties<UnitDetails> = {
  Id: ["s", ({ summary }) => summary.name],
  Names: ["as", ({ summary, unit }) => [summary.name, ...unit.aliases]],
  Description: ["s", ({ summary }) => summary.description],
  LoadState: ["s", ({ summary }) => summary.loadState],
  ActiveState: ["s", ({ summary }) => summary.activeState],
  SubState: ["s", ({ summary }) => summary.subState],
  FragmentPath: ["s", ({ unit }) => unit.fragmentPath ?? ""],
  InvocationID: ["ay", ({ invocationId }) => bytesOf(invocationId ?? "")],
  NeedDaemonReload: ["b", ({ needDaemonReload }) => needDaemonReload],
  ActiveEnterTimestamp: ["t", ({ activeEnter }) => activeEnter.realtimeUsec],
  Job: ["(uo)", ({ summary }) => [summary.job?.id ?? 0, jobPath(summary.job?.id ?? 0)]],
};

const SERVICE_PROPERTIES: Properties<UnitDetails> = {
  Type: ["s", ({ unit }) => (unit.type === "service" ? unit.service.type : "")],
  MainPID: ["u", ({ service }) => service?.mainPid ?? 0],
  ControlPID: ["u", ({ service }) => service?.controlPid ?? 0],
  Result: ["s", ({ service }) => service?.result ?? ""],
  StatusText: ["s", ({ service }) => service?.statusText ?? ""],
  NRestarts: ["u", ({ service }) => service?.restarts ?? 0],
  ExecMainPID: ["u", (unit) => mainCommand(unit)?.pid ?? 0],
  ExecMainCode: ["i", (unit) => mainCommand(unit)?.code ?? 0],
  ExecMainStatus: ["i", (unit) => mainCommand(unit)?.status ?? 0],
};

function mainCommand({ service }: UnitDetails): { pid: number; code: number; status: number } | undefined {
  return service?.commands.find(({ main }) => main);
}

/** Name and value of an interface's properties at a path; null where there is no such object. */
function propertiesOf(context: Context, path: string, name: string): [string, Variant][] | null {
  if (path === ROOT) return name === MANAGER ? valuesOf(MANAGER_PROPERTIES, context) : [];
  const details = context.backend.unit(unitOfPath(path) ?? "");
  if (!details.ok) return null;
  if (name === UNIT) return valuesOf(UNIT_PROPERTIES, details.value);
  return name === SERVICE && details.value.service !== null
    ? valuesOf(SERVICE_PROPERTIES, details.value)
    : [];
}

function valuesOf<T>(properties: Properties<T>, subject: T): [string, Variant][] {
  return Object.entries(properties).map(([name, [type, read]]) => [name, variant(type, read(subject))]);
}

const noObject = ({ path }: BusCall): BusAnswer =>
  bad(`${DBUS_ERROR}.UnknownObject`, `Unknown object '${path}'.`);

const PROPERTIES_METHODS: Readonly<Record<string, Method>> = {
  Get: look("ss", "v", (context, call, [name, property]) => {
    const values = propertiesOf(context, call.path, text(name));
    const found = values?.find(([one]) => one === property);
    if (found !== undefined) return good(found[1]);
    return values === null
      ? noObject(call)
      : bad(`${DBUS_ERROR}.UnknownProperty`, `Unknown property '${text(property)}'.`);
  }),
  GetAll: look("s", "a{sv}", (context, call, [name]) => {
    const known = [PROPERTIES, INTROSPECTABLE, PEER, ""].includes(text(name));
    // An empty name asks for those of all interfaces.
    const names = name === "" ? [MANAGER, UNIT, SERVICE] : [text(name)];
    const values = names.map((one) => propertiesOf(context, call.path, one));
    if (values.includes(null)) return noObject(call);
    const all = values.flatMap((one) => one ?? []);
    return all.length > 0 || known
      ? good(all)
      : bad(`${DBUS_ERROR}.UnknownInterface`, `Unknown interface ${text(name)}.`);
  }),
};

// --------------------------------------------------------------------------------------------------- introspection

const INTROSPECTABLE = "org.freedesktop.DBus.Introspectable";
const PEER = "org.freedesktop.DBus.Peer";

const INTROSPECTABLE_METHODS: Readonly<Record<string, Method>> = {
  Introspect: look("", "s", (_, { path }) => good(describeObject(path))),
};

const PEER_METHODS: Readonly<Record<string, Method>> = { Ping: look("", "", () => good()) };

const METHODS: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
  [MANAGER]: MANAGER_METHODS,
  [UNIT]: UNIT_METHODS,
  [SERVICE]: {},
  [PROPERTIES]: PROPERTIES_METHODS,
  [INTROSPECTABLE]: INTROSPECTABLE_METHODS,
  [PEER]: PEER_METHODS,
};

const PROPERTY_TABLES: Readonly<Record<string, Readonly<Record<string, readonly [string, unknown]>>>> = {
  [MANAGER]: MANAGER_PROPERTIES,
  [UNIT]: UNIT_PROPERTIES,
  [SERVICE]: SERVICE_PROPERTIES,
};

function describeObject(path: string): string {
  const special = path === ROOT ? [MANAGER] : path.startsWith(`${ROOT}/unit/`) ? [UNIT, SERVICE] : [];
  const interfaces = [PEER, INTROSPECTABLE, PROPERTIES, ...special].map(describeInterface).join("");
  const below = path === "/" ? ROOT : `${ROOT}/`.startsWith(`${path}/`) ? ROOT.slice(path.length) : "/";
  const child = below.split("/")[1] ?? "";
  return `<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n<node>\n${interfaces}${child === "" ? "" : `<node name="${child}"/>\n`}</node>\n`;
}

function describeInterface(name: string): string {
  const methods = Object.entries(METHODS[name] ?? {}).map(([method, { takes, gives }]) => {
    const argument = (type: string, direction: string): string =>
      type === "" ? "" : `<arg type="${type}" direction="${direction}"/>`;
    // What methods here take are all types of one letter.
    const given = [...takes].map((type) => argument(type, "in"));
    return `<method name="${method}">${given.join("")}${argument(gives, "out")}</method>\n`;
  });
  const properties = Object.entries(PROPERTY_TABLES[name] ?? {}).map(
    ([property, [type]]) => `<property name="${property}" type="${type}" access="read"/>\n`,
  );
  return `<interface name="${name}">\n${methods.join("")}${properties.join("")}</interface>\n`;
}

// ------------------------------------------------------------------------------------------------------------ calls

function findMethod({ interface: name, member }: BusCall): Method | undefined {
  const named = METHODS[name];
  const tables = name === "" ? Object.values(METHODS) : named === undefined ? [] : [named];
  return tables.find((table) => Object.hasOwn(table, member))?.[member];
}

export function createBusObjects(
  backend: ControlBackend,
  virtualization: string,
  emit: (signal: BusSignal) => void,
): BusObjects {
  const context: Context = { backend, emit, subscribers: new Set(), virtualization };
  return {
    changes: (call) => findMethod(call)?.changes === true,
    call(call) {
      const method = findMethod(call);
      if (method === undefined) {
        const what = `Unknown method ${call.member} or interface ${call.interface}.`;
        return bad(`${DBUS_ERROR}.UnknownMethod`, what);
      }
      if (method.takes !== call.signature) {
        const what = `Invalid arguments '${call.signature}' to call ${call.interface}.${call.member}(), expecting '${method.takes}'.`;
        return bad(`${DBUS_ERROR}.InvalidArgs`, what);
      }
      const answer = method.run(context, call, call.body);
      return answer.ok ? { ...answer, signature: method.gives } : answer;
    },
    unitChanged(name) {
      if (context.subscribers.size === 0) return;
      const path = unitPath(name);
      const changed = propertiesOf(context, path, UNIT)?.filter(([property]) =>
        ["ActiveState", "SubState", "Job", "InvocationID"].includes(property),
      );
      const signal = { path, interface: PROPERTIES, member: "PropertiesChanged", signature: "sa{sv}as" };
      if (changed !== undefined) emit({ ...signal, body: [UNIT, changed, []], destination: null });
    },
    forget: (client) => void context.subscribers.delete(client),
  };
}
