/** What usher's objects on the bus say of themselves: a row for each property. */
import { type BusValue, type Variant, variant } from "../../base/dbus/marshal.ts";
import { isTransientPath } from "../../unit/load/unit-files.ts";
import type { ControlBackend, Stamp, UnitDetails } from "../backend.ts";
import { type BusAnswer, type BusCall, bad, type Context, good, look, type Methods, text } from "./call.ts";
import {
  DBUS_ERROR,
  INTROSPECTABLE,
  jobPath,
  MANAGER,
  PEER,
  PROPERTIES,
  ROOT,
  SERVICE,
  UNIT,
  unitOfPath,
} from "./names.ts";

type Row<T> = readonly [type: string, read: (subject: T) => BusValue];
type Rows<T> = Readonly<Record<string, Row<T>>>;

const MANAGER_PROPERTIES: Rows<Context> = {
  Version: ["s", ({ backend }) => `257 (usher ${backend.system().version})`],
  Features: ["s", () => ""],
  Virtualization: ["s", ({ virtualization }) => virtualization],
  Architecture: ["s", () => ""],
  Tainted: ["s", () => ""],
  SystemState: ["s", ({ backend }) => backend.system().state],
  UnitPath: ["as", ({ backend }) => backend.system().unitPath],
  Environment: ["as", ({ backend }) => backend.environment()],
  NNames: ["u", ({ backend }) => backend.system().unitCount],
  NFailedUnits: ["u", ({ backend }) => backend.system().failed.length],
  NJobs: ["u", ({ backend }) => backend.system().jobCount],
  UserspaceTimestamp: ["t", ({ backend }) => backend.system().started.realtimeUsec],
  UserspaceTimestampMonotonic: ["t", ({ backend }) => backend.system().started.monotonicUsec],
  FinishTimestamp: ["t", ({ backend }) => backend.system().finished.realtimeUsec],
  FinishTimestampMonotonic: ["t", ({ backend }) => backend.system().finished.monotonicUsec],
};

function bytesOf(hex: string): BusValue {
  return (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}

/** A point in time on both clocks. */
function stamps(name: string, read: (unit: UnitDetails) => Stamp): Rows<UnitDetails> {
  return {
    [name]: ["t", (unit) => read(unit).realtimeUsec],
    [`${name}Monotonic`]: ["t", (unit) => read(unit).monotonicUsec],
  };
}

const UNIT_PROPERTIES: Rows<UnitDetails> = {
  Id: ["s", ({ summary }) => summary.name],
  Names: ["as", ({ summary, unit }) => [summary.name, ...unit.aliases]],
  Description: ["s", ({ summary }) => summary.description],
  LoadState: ["s", ({ summary }) => summary.loadState],
  LoadError: ["(ss)", ({ unit }) => (unit.loadError === null ? ["", ""] : ["", unit.loadError])],
  ActiveState: ["s", ({ summary }) => summary.activeState],
  SubState: ["s", ({ summary }) => summary.subState],
  FragmentPath: ["s", ({ unit }) => unit.fragmentPath ?? ""],
  DropInPaths: ["as", ({ unit }) => unit.dropInPaths],
  ...dependencies("Requires Requisite Wants BindsTo PartOf RequiredBy WantedBy Conflicts Before After"),
  ...dependencies("Triggers TriggeredBy"),
  ...stamps("StateChangeTimestamp", ({ stateChange }) => stateChange),
  ...stamps("InactiveExitTimestamp", ({ inactiveExit }) => inactiveExit),
  ...stamps("ActiveEnterTimestamp", ({ activeEnter }) => activeEnter),
  ...stamps("ActiveExitTimestamp", ({ activeExit }) => activeExit),
  ...stamps("InactiveEnterTimestamp", ({ inactiveEnter }) => inactiveEnter),
  Job: ["(uo)", ({ summary }) => [summary.job?.id ?? 0, jobPath(summary.job?.id ?? 0)]],
  NeedDaemonReload: ["b", ({ needDaemonReload }) => needDaemonReload],
  Transient: ["b", ({ unit }) => isTransientPath(unit.fragmentPath)],
  CollectMode: ["s", ({ unit }) => unit.unit.collectMode],
  InvocationID: ["ay", ({ invocationId }) => bytesOf(invocationId ?? "")],
};

function dependencies(kinds: string): Rows<UnitDetails> {
  return Object.fromEntries(
    kinds
      .split(" ")
      .map((kind): [string, Row<UnitDetails>] => [kind, ["as", (unit) => unit.dependencies[kind] ?? []]]),
  );
}

const SERVICE_PROPERTIES: Rows<UnitDetails> = {
  Type: ["s", ({ unit }) => (unit.type === "service" ? unit.service.type : "")],
  Restart: ["s", ({ unit }) => (unit.type === "service" ? unit.service.restart : "")],
  RemainAfterExit: ["b", ({ unit }) => unit.type === "service" && unit.service.remainAfterExit],
  MainPID: ["u", ({ service }) => service?.mainPid ?? 0],
  ControlPID: ["u", ({ service }) => service?.controlPid ?? 0],
  Result: ["s", ({ service }) => service?.result ?? ""],
  StatusText: ["s", ({ service }) => service?.statusText ?? ""],
  StatusErrno: ["i", ({ service }) => service?.statusErrno ?? 0],
  NRestarts: ["u", ({ service }) => service?.restarts ?? 0],
  ExecMainPID: ["u", (unit) => mainCommand(unit)?.pid ?? 0],
  ExecMainCode: ["i", (unit) => mainCommand(unit)?.code ?? 0],
  ExecMainStatus: ["i", (unit) => mainCommand(unit)?.status ?? 0],
  ...stamps("ExecMainStartTimestamp", (unit) => mainCommand(unit)?.start ?? NEVER),
  ...stamps("ExecMainExitTimestamp", (unit) => mainCommand(unit)?.exit ?? NEVER),
};

const NEVER: Stamp = { realtimeUsec: 0, monotonicUsec: 0 };

function mainCommand({
  service,
}: UnitDetails): NonNullable<UnitDetails["service"]>["commands"][number] | undefined {
  return service?.commands.find(({ main }) => main);
}

/** Name and type of the properties of each interface. */
export const PROPERTY_TABLES: Readonly<Record<string, Readonly<Record<string, readonly [string, unknown]>>>> =
  {
    [MANAGER]: MANAGER_PROPERTIES,
    [UNIT]: UNIT_PROPERTIES,
    [SERVICE]: SERVICE_PROPERTIES,
  };

/** The unit of a path, loaded if it isn't yet. */
function unitAt(backend: ControlBackend, path: string): UnitDetails | null {
  const details = backend.unit(unitOfPath(path) ?? "");
  return details.ok ? details.value : null;
}

export type Named = readonly [name: string, value: Variant];

/** Name and value of an interface's properties at a path; null where there is no such object. */
function propertiesOf(context: Context, path: string, name: string): Named[] | null {
  if (path === ROOT) return name === MANAGER ? valuesOf(MANAGER_PROPERTIES, context) : [];
  const details = unitAt(context.backend, path);
  if (details === null) return null;
  if (name === UNIT) return valuesOf(UNIT_PROPERTIES, details);
  return name === SERVICE && details.unit.type === "service" ? valuesOf(SERVICE_PROPERTIES, details) : [];
}

function valuesOf<T>(properties: Rows<T>, subject: T): Named[] {
  return Object.entries(properties).map(([name, [type, read]]) => [name, variant(type, read(subject))]);
}

/** What changes while a unit lives, by interface. */
const CHANGING: readonly (readonly [string, string])[] = [
  [SERVICE, "MainPID ControlPID Result StatusText NRestarts ExecMainPID ExecMainCode ExecMainStatus"],
  [UNIT, "ActiveState SubState Job InvocationID"],
];

/** What PropertiesChanged says of a unit, interface by interface, the unit's own last as systemd has it. */
export function changedProperties(context: Context, path: string): readonly BusValue[][] {
  return CHANGING.flatMap(([name, changing]) => {
    const values = propertiesOf(context, path, name) ?? [];
    const changed = values.filter(([property]) => ` ${changing} `.includes(` ${property} `));
    return changed.length === 0 ? [] : [[name, changed, []]];
  });
}

function noObject({ path }: BusCall): BusAnswer {
  return bad(`${DBUS_ERROR}.UnknownObject`, `Unknown object '${path}'.`);
}

export const PROPERTIES_METHODS: Methods = {
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
