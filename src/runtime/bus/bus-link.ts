/**
 * The system bus, as systemd's PID 1 uses it, in a blob of its own (src/bus.ts) that is loaded when dbus.service runs:
 *
 * - a service with BusName= is started when its name is on the bus, and has ended when the name has gone;
 * - the bus daemon asks for units in whose D-Bus service file SystemdService= is given (ActivationRequest), and is
 *   told at once when one can't be started, so that no client waits in vain;
 * - programs find org.freedesktop.systemd1 (src/control/bus-objects.ts).
 *
 * The daemon may be restarted at any time; then all of this begins anew.
 */
import type { BusValue } from "../../base/dbus/marshal.ts";
import {
  type BusMessage,
  ERROR,
  METHOD_CALL,
  METHOD_RETURN,
  NO_REPLY,
  SIGNAL,
} from "../../base/dbus/message.ts";
import type { ControlBackend } from "../../control/backend.ts";
import { BUS_NAME, type BusCall, type BusSignal, createBusObjects } from "../../control/bus-objects.ts";
import { activeState } from "../../engine/unit/active-state.ts";
import { describe } from "../../host/errno.ts";
import { type Runtime, serviceOf, stateOf } from "../runtime.ts";
import { BUS_UNIT, type Bus } from "./bus.ts";
import { type BusConnection, connectBus, DBUS } from "./bus-connection.ts";

const BUS_PATH = "/run/dbus/system_bus_socket";
const ACTIVATOR = "org.freedesktop.systemd1.Activator";
const DBUS_PATH = "/org/freedesktop/DBus";

/** RequestName's answer that means yes. */
const PRIMARY_OWNER = 1;
const DO_NOT_QUEUE = 4;

export function createBus(runtime: Runtime, backend: ControlBackend, virtualization: string): Bus {
  const { host, log } = runtime;
  let connection: BusConnection | null = null;
  /** Units by the name on the bus that they wait for. */
  const awaited = new Map<string, string>();

  const send = (signal: BusSignal): void => {
    const { destination, ...rest } = signal;
    connection?.send({
      type: SIGNAL,
      flags: NO_REPLY,
      ...rest,
      ...(destination === null ? {} : { destination }),
    });
  };
  /** While a call is being answered: what follows must not come before the answer. */
  let held: BusSignal[] | null = null;
  const objects = createBusObjects(backend, virtualization, (signal) => {
    if (held === null) send(signal);
    else held.push(signal);
  });

  const onMessage = (message: BusMessage): void => {
    const { type, sender = "", member = "", body = [] } = message;
    if (type === METHOD_CALL) onCall(message);
    if (type !== SIGNAL || sender !== DBUS) return;
    const [first, , owner] = body.map(String);
    if (member === "ActivationRequest" && message.interface === ACTIVATOR) activate(first ?? "");
    if (member === "NameOwnerChanged") onOwner(first ?? "", owner ?? "");
  };

  const onCall = (message: BusMessage): void => {
    const { path = "", interface: name = "", member = "", signature = "", body = [], sender = "" } = message;
    const call: BusCall = { path, interface: name, member, signature, body, sender };
    if (member === "Subscribe") watchName(sender);
    if (!objects.changes(call)) {
      answer(message, call);
      return;
    }
    // What D-Bus lets everybody ask for, polkit would decide on; here it is root's alone.
    connection?.callBus("GetConnectionUnixUser", "s", [sender], ([uid]) => {
      if (uid === 0 || uid === host.identity().euid) answer(message, call);
      else fail(message, `${DBUS}.Error.AccessDenied`, `${member} is for root only`);
    });
  };

  const answer = (message: BusMessage, call: BusCall): void => {
    held = [];
    const answered = objects.call(call);
    if (!answered.ok) fail(message, answered.error, answered.message);
    else if (((message.flags ?? 0) & NO_REPLY) === 0) {
      const { signature, body } = answered;
      connection?.send({
        type: METHOD_RETURN,
        replySerial: message.serial,
        destination: call.sender,
        signature,
        body,
      });
    }
    const signals = held;
    held = null;
    for (const signal of signals) send(signal);
  };

  const fail = ({ serial, sender = "" }: BusMessage, error: string, text: string): void => {
    connection?.send({
      type: ERROR,
      replySerial: serial,
      destination: sender,
      error,
      signature: "s",
      body: [text],
    });
  };

  const activate = (unit: string): void => {
    const refuse = (error: string, text: string): void => {
      log.write("warn", null, `cannot start ${unit} for the bus: ${text}`);
      const body: BusValue[] = [unit, error, text];
      const signal = { path: "/org/freedesktop/systemd1", interface: ACTIVATOR, member: "ActivationFailure" };
      send({ ...signal, signature: "sss", body, destination: DBUS });
    };
    const started = backend.startJob({ unit, type: "start", mode: "replace" }, (result) => {
      const state = stateOf(runtime, unit);
      // A start whose conditions are not met is no failure, but nothing will come of it either.
      if (result !== "done" || state === undefined || activeState(state) === "inactive")
        refuse(`${BUS_NAME}.UnitFailed`, `Unit ${unit} did not start (${result}).`);
    });
    if (!started.ok) refuse(`${BUS_NAME}.${started.error.name}`, started.error.message);
  };

  /** Has the bus say when a name gets another owner. */
  const watchName = (name: string): void => {
    const rule = `type='signal',sender='${DBUS}',path='${DBUS_PATH}',interface='${DBUS}',member='NameOwnerChanged',arg0='${name}'`;
    connection?.callBus("AddMatch", "s", [rule], () => undefined);
  };

  const onOwner = (name: string, owner: string): void => {
    if (owner === "") objects.forget(name);
    const unit = awaited.get(name);
    if (unit !== undefined) runtime.emit({ type: "bus-name-changed", unit, owned: owner !== "" });
  };

  /** Follows the name of a service on the bus, beginning with how it is now. */
  const awaitName = (unit: string): void => {
    const service = serviceOf(runtime, unit)?.service;
    const name = service?.type === "dbus" ? service.busName : null;
    if (connection === null || name === null || awaited.get(name) === unit) return;
    awaited.set(name, unit);
    watchName(name);
    connection.callBus("GetNameOwner", "s", [name], (_, error) =>
      onOwner(name, error === null ? "owned" : ""),
    );
  };

  const connect = (): void => {
    const made = connectBus(host, BUS_PATH, {
      message: onMessage,
      closed(why) {
        log.write("debug", null, `the connection to the bus has ended: ${why}`);
        connection = null;
        awaited.clear();
      },
    });
    if (typeof made === "number") {
      log.write("warn", null, `cannot connect to ${BUS_PATH}: ${describe(made)}, ignoring`);
      return;
    }
    connection = made;
    made.callBus("RequestName", "su", [BUS_NAME, DO_NOT_QUEUE], ([result], error) => {
      if (error === null && result === PRIMARY_OWNER) return;
      log.write(
        "warn",
        null,
        `cannot be ${BUS_NAME} on the bus, so that it starts no units: ${error ?? "somebody else is"} (its policy comes with Debian's package systemd)`,
      );
    });
    for (const unit of runtime.engine.graph.units.keys()) awaitName(unit);
  };

  return {
    unitChanged(unit) {
      const state = stateOf(runtime, unit);
      const isBus = state !== undefined && state === stateOf(runtime, BUS_UNIT);
      if (isBus && state.sub === "running" && connection === null) connect();
      else if (state?.kind === "service" && activeState(state) === "activating") awaitName(state.name);
      if (connection !== null) objects.unitChanged(unit);
    },
  };
}
