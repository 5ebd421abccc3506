/** org.freedesktop.DBus.Introspectable, made from the tables of methods and properties. */
import { splitSignature } from "../../base/dbus/marshal.ts";
import type { ControlBackend } from "../backend.ts";
import type { Methods } from "./call.ts";
import {
  INTROSPECTABLE,
  MANAGER,
  PEER,
  PROPERTIES,
  ROOT,
  SERVICE,
  UNIT,
  UNITS,
  unitLabel,
  unitOfPath,
} from "./names.ts";
import { PROPERTY_TABLES } from "./properties.ts";

const DOCTYPE =
  '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">';

/** By interface: the signals, with the types of their arguments. */
const SIGNALS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [MANAGER]: { JobRemoved: "uoss" },
  [PROPERTIES]: { PropertiesChanged: "sa{sv}as" },
};

export function describeObject(
  backend: ControlBackend,
  methods: Readonly<Record<string, Methods>>,
  path: string,
): string {
  const interfaces = [PEER, INTROSPECTABLE, PROPERTIES, ...interfacesOf(path)];
  const described = interfaces.map((name) => describeInterface(name, methods[name] ?? {}));
  const children = childrenOf(backend, path).map((name) => `<node name="${name}"/>\n`);
  return `${DOCTYPE}\n<node>\n${described.join("")}${children.join("")}</node>\n`;
}

function interfacesOf(path: string): string[] {
  if (path === ROOT) return [MANAGER];
  const unit = unitOfPath(path);
  return unit === null ? [] : unit.endsWith(".service") ? [UNIT, SERVICE] : [UNIT];
}

/** What comes below a path, down to the units. */
function childrenOf(backend: ControlBackend, path: string): string[] {
  if (path === UNITS) return backend.units().map(({ name }) => unitLabel(name));
  const start = path === "/" ? "/" : `${path}/`;
  return UNITS.startsWith(start) ? [UNITS.slice(start.length).split("/")[0] ?? ""] : [];
}

function describeInterface(name: string, methods: Methods): string {
  const described = Object.entries(methods).map(
    ([method, { takes, gives }]) =>
      `<method name="${method}">${argumentsOf(takes, ' direction="in"')}${argumentsOf(gives, ' direction="out"')}</method>\n`,
  );
  const properties = Object.entries(PROPERTY_TABLES[name] ?? {}).map(
    ([property, [type]]) => `<property name="${property}" type="${type}" access="read"/>\n`,
  );
  const signals = Object.entries(SIGNALS[name] ?? {}).map(
    ([signal, types]) => `<signal name="${signal}">${argumentsOf(types, "")}</signal>\n`,
  );
  return `<interface name="${name}">\n${[...described, ...properties, ...signals].join("")}</interface>\n`;
}

function argumentsOf(signature: string, direction: string): string {
  const types = splitSignature(signature) ?? [];
  return types.map((type) => `<arg type="${type}"${direction}/>`).join("");
}
