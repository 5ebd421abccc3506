/**
 * usher as org.freedesktop.systemd1 (org.freedesktop.systemd1(5)): what programs ask systemd for that start, stop or
 * look at units, and no more. Every method and property is a row; `Introspect` is made from them.
 *
 * Nothing here sends or receives: `call` answers one method call, and what it sets off later is a signal.
 */
import type { BusBackend } from "./backend.ts";
import {
  type BusAnswer,
  type BusCall,
  bad,
  type Context,
  good,
  invalid,
  look,
  type Method,
  type Methods,
} from "./call.ts";
import { describeObject } from "./introspection.ts";
import { MANAGER_METHODS, UNIT_METHODS } from "./methods.ts";
import { DBUS_ERROR, INTROSPECTABLE, MANAGER, PEER, PROPERTIES, SERVICE, UNIT, unitPath } from "./names.ts";
import { changedProperties, PROPERTIES_METHODS } from "./properties.ts";
import { dropReferences } from "./references.ts";

export interface BusObjects {
  /** Would the call change something? Then the caller has to be root. */
  changes(call: BusCall): boolean;
  /** Why a call is answered without a look at its body; null: it is not. */
  refusal(call: BusCall): Extract<BusAnswer, { ok: false }> | null;
  call(call: BusCall): BusAnswer;
  /** A unit has a new state; somebody may want to know. */
  unitChanged(unit: string): void;
  /** Everybody at this end hears all signals, as systemd has it with its private socket. */
  subscribe(client: string): void;
  /** A client has left. */
  forget(client: string): void;
}

const METHODS: Readonly<Record<string, Methods>> = {
  [MANAGER]: MANAGER_METHODS,
  [UNIT]: UNIT_METHODS,
  [SERVICE]: {},
  [PROPERTIES]: PROPERTIES_METHODS,
  [INTROSPECTABLE]: {
    Introspect: look("", "s", ({ backend }, { path }) => good(describeObject(backend, METHODS, path))),
  },
  [PEER]: { Ping: look("", "", () => good()) },
};

function findMethod({ interface: name, member }: Pick<BusCall, "interface" | "member">): Method | undefined {
  const named = METHODS[name];
  const tables = name === "" ? Object.values(METHODS) : named === undefined ? [] : [named];
  return tables.find((table) => Object.hasOwn(table, member))?.[member];
}

function refusal(call: BusCall): Extract<BusAnswer, { ok: false }> | null {
  const method = findMethod(call);
  const what =
    method === undefined
      ? bad(`${DBUS_ERROR}.UnknownMethod`, `Unknown method ${call.member} or interface ${call.interface}.`)
      : method.takes === call.signature
        ? null
        : invalid(
            `Invalid arguments '${call.signature}' to call ${call.interface}.${call.member}(), expecting '${method.takes}'.`,
          );
  return what === null || what.ok ? null : what;
}

export function createBusObjects(
  backend: BusBackend,
  virtualization: string,
  emit: Context["emit"],
  follow: Context["follow"],
): BusObjects {
  const subscribers = new Set<string>();
  const context: Context = { backend, emit, follow, subscribers, references: new Map(), virtualization };
  return {
    changes: (call) => findMethod(call)?.changes === true,
    refusal,
    call(call) {
      const method = findMethod(call);
      const refused = refusal(call);
      if (refused !== null || method === undefined) return refused ?? invalid("");
      const answer = method.run(context, call, call.body);
      return answer.ok ? { ...answer, signature: method.gives } : answer;
    },
    unitChanged(name) {
      if (context.subscribers.size === 0 && !context.references.has(name)) return;
      const path = unitPath(name);
      const signal = { path, interface: PROPERTIES, member: "PropertiesChanged", signature: "sa{sv}as" };
      for (const body of changedProperties(context, path)) emit({ ...signal, body, destination: null });
    },
    subscribe: (client) => void context.subscribers.add(client),
    forget(client) {
      context.subscribers.delete(client);
      dropReferences(context, client);
    },
  };
}
