/**
 * The system bus, as systemd's PID 1 uses it, in a blob of its own (src/bus.ts) that is loaded when dbus.service runs,
 * or when somebody connects to systemd's private socket:
 *
 * - a service with BusName= is started when its name is on the bus, and has ended when the name has gone;
 * - the bus daemon asks for units in whose D-Bus service file SystemdService= is given (ActivationRequest), and is
 *   told at once when one can't be started, so that no client waits in vain;
 * - programs find org.freedesktop.systemd1 (src/control/bus/).
 *
 * The daemon may be restarted at any time, or hang; then all of this begins anew.
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
import { USEC_PER_SEC } from "../../base/time.ts";
import type { BusBackend } from "../../control/bus/backend.ts";
import type { BusCall, BusSignal } from "../../control/bus/call.ts";
import { BUS_NAME, DBUS_ERROR, ROOT } from "../../control/bus/names.ts";
import { createBusObjects } from "../../control/bus/objects.ts";
import { activeState } from "../../engine/unit/active-state.ts";
import { describe } from "../../host/errno.ts";
import { type Runtime, serviceOf, stateOf } from "../runtime.ts";
import { BUS_UNIT, type Bus } from "./bus.ts";
import { type BusConnection, connectBus, DBUS, DBUS_PATH } from "./bus-connection.ts";
import { servePeer } from "./bus-private.ts";
import type { ArrivedMessage, Wire } from "./bus-wire.ts";

const BUS_PATH = "/run/dbus/system_bus_socket";
const ACTIVATOR = "org.freedesktop.systemd1.Activator";

/** RequestName's answer that means yes. */
const PRIMARY_OWNER = 1;
const DO_NOT_QUEUE = 4;

/** The daemon keeps 512 rules for a connection; the units' names need some. */
const FOLLOWED_MAX = 256;
/** Clients of the private socket at a time. */
const PEERS_MAX = 64;
/** From the first try to connect again to the next, and at most. */
const RECONNECT_USEC = USEC_PER_SEC;
const RECONNECT_MAX_USEC = 60 * USEC_PER_SEC;

/** Answers come over the connection that the call came by. */
type Way = Pick<Wire, "send">;

export function createBus(runtime: Runtime, backend: BusBackend, virtualization: string): Bus {
  const { host, log } = runtime;
  let connection: BusConnection | null = null;
  /** Units by the name on the bus that they wait for. */
  const awaited = new Map<string, string>();
  /** Clients on the bus of whom usher is told when they leave. */
  const followed = new Set<string>();
  /** Clients of the private socket, under names that no client on a bus has. */
  const peers = new Map<string, Wire>();
  let lastPeer = 0;
  let reconnectUsec = RECONNECT_USEC;

  const send = ({ destination, ...rest }: BusSignal): void => {
    const signal = { type: SIGNAL, flags: NO_REPLY, ...rest };
    const peer = destination === null ? undefined : peers.get(destination);
    if (peer !== undefined) peer.send(signal);
    else connection?.send(destination === null ? signal : { ...signal, destination });
    if (destination === null) for (const one of peers.values()) one.send(signal);
  };
  /** While a call is being answered: what follows must not come before the answer. */
  let held: BusSignal[] | null = null;

  /** Has the bus say when a name gets another owner; `isThere` is told how it is now. */
  const watchName = (name: string, isThere: (there: boolean) => void): void => {
    connection?.callBus("AddMatch", "s", [ownerRule(name)], () => undefined);
    connection?.callBus("GetNameOwner", "s", [name], (_, error) => isThere(error === null));
  };
  const forgetClient = (client: string): void => {
    objects.forget(client);
    if (followed.delete(client))
      connection?.callBus("RemoveMatch", "s", [ownerRule(client)], () => undefined);
  };
  const follow = (client: string): boolean => {
    if (peers.has(client) || followed.has(client)) return true;
    if (followed.size >= FOLLOWED_MAX) return false;
    followed.add(client);
    // It may have left before the rule was there.
    watchName(client, (there) => {
      if (!there) forgetClient(client);
    });
    return true;
  };

  const emit = (signal: BusSignal): void => {
    if (held === null) send(signal);
    else held.push(signal);
  };
  const objects = createBusObjects(backend, virtualization, emit, follow);

  // --------------------------------------------------------------------------------------------------------- calls

  const callOf = ({ message, fds }: ArrivedMessage, sender: string): BusCall => {
    const { path = "", interface: name = "", member = "", signature = "" } = message;
    return { path, interface: name, member, signature, body: [], sender, fds };
  };

  const answer = (way: Way, { message, body, fds }: ArrivedMessage, call: BusCall): void => {
    const values = body();
    if (!values.ok) {
      fail(way, message, call.sender, `${DBUS_ERROR}.InvalidArgs`, values.error);
      return;
    }
    held = [];
    const answered = objects.call({ ...call, body: values.value, fds });
    if (!answered.ok) fail(way, message, call.sender, answered.error, answered.message);
    else if (wantsAnswer(message)) {
      const { signature, body: given } = answered;
      way.send({ ...answerTo(METHOD_RETURN, message, call.sender), signature, body: given });
    }
    const signals = held;
    held = null;
    for (const signal of signals) send(signal);
  };

  const answerTo = (type: number, { serial }: BusMessage, client: string): Omit<BusMessage, "serial"> => {
    const answered = { type, flags: NO_REPLY, replySerial: serial };
    return peers.has(client) ? answered : { ...answered, destination: client };
  };

  const fail = (way: Way, message: BusMessage, client: string, error: string, text: string): void => {
    if (wantsAnswer(message))
      way.send({ ...answerTo(ERROR, message, client), error, signature: "s", body: [text] });
  };

  /** What is wrong with a call that nobody need look into; true: it was answered. */
  const refuse = (way: Way, { message }: ArrivedMessage, call: BusCall): boolean => {
    const refusal = objects.refusal(call);
    if (refusal !== null) fail(way, message, call.sender, refusal.error, refusal.message);
    return refusal !== null;
  };

  /** What D-Bus lets everybody ask for, polkit would decide on; here it is root's alone. */
  const onBusCall = (bus: BusConnection, arrived: ArrivedMessage): void => {
    const { message } = arrived;
    const call = callOf(arrived, message.sender ?? "");
    if (refuse(bus, arrived, call)) return;
    if (!objects.changes(call)) {
      answer(bus, arrived, call);
      return;
    }
    // Kept while the bus is asked.
    const fds = arrived.fds.splice(0);
    bus.callBus("GetConnectionUnixUser", "s", [call.sender], ([uid], error) => {
      const isAllowed = error === null && (uid === 0 || uid === host.identity().euid);
      if (isAllowed) answer(bus, { ...arrived, fds }, call);
      else fail(bus, message, call.sender, `${DBUS_ERROR}.AccessDenied`, `${call.member} is for root only`);
      for (const fd of fds) host.close(fd);
    });
  };

  // ------------------------------------------------------------------------------------------------------- signals

  const onMessage = (bus: BusConnection, arrived: ArrivedMessage): void => {
    const { type, sender = "", member = "", interface: name } = arrived.message;
    if (type === METHOD_CALL) onBusCall(bus, arrived);
    if (type !== SIGNAL || sender !== DBUS) return;
    const body = arrived.body();
    const [first = "", , owner = ""] = body.ok ? body.value.map(String) : [];
    if (member === "ActivationRequest" && name === ACTIVATOR) activate(first);
    if (member === "NameOwnerChanged") onOwner(first, owner !== "");
  };

  const activate = (unit: string): void => {
    const refuseUnit = (error: string, text: string): void => {
      log.write("warn", null, `cannot start ${unit} for the bus: ${text}`);
      const body: BusValue[] = [unit, error, text];
      const signal = { path: ROOT, interface: ACTIVATOR, member: "ActivationFailure" };
      send({ ...signal, signature: "sss", body, destination: DBUS });
    };
    const started = backend.startJob({ unit, type: "start", mode: "replace" }, (result) => {
      const state = stateOf(runtime, unit);
      // A start whose conditions are not met is no failure, but nothing will come of it either.
      if (result !== "done" || state === undefined || activeState(state) === "inactive")
        refuseUnit(`${BUS_NAME}.UnitFailed`, `Unit ${unit} did not start (${result}).`);
    });
    if (!started.ok) refuseUnit(`${BUS_NAME}.${started.error.name}`, started.error.message);
  };

  const onOwner = (name: string, owned: boolean): void => {
    if (!owned) forgetClient(name);
    const unit = awaited.get(name);
    if (unit !== undefined) runtime.emit({ type: "bus-name-changed", unit, owned });
  };

  /** Follows the name of a service on the bus, beginning with how it is now. */
  const awaitName = (unit: string): void => {
    const service = serviceOf(runtime, unit)?.service;
    const name = service?.type === "dbus" ? service.busName : null;
    if (connection === null || name === null || awaited.get(name) === unit) return;
    awaited.set(name, unit);
    watchName(name, (there) => onOwner(name, there));
  };

  // ---------------------------------------------------------------------------------------------------- connections

  const isBusRunning = (): boolean => stateOf(runtime, BUS_UNIT)?.sub === "running";

  /** A daemon that was restarted is connected to when its unit runs; one that hung, after a while. */
  const onClosed = (why: string): void => {
    log.write("debug", null, `the connection to the bus has ended: ${why}`);
    connection = null;
    awaited.clear();
    for (const client of [...followed]) forgetClient(client);
    connectLater();
  };

  const connectLater = (): void => {
    runtime.timers.set("bus", host.monotonic() + reconnectUsec, () => {
      if (connection === null && isBusRunning()) connect();
    });
    reconnectUsec = Math.min(2 * reconnectUsec, RECONNECT_MAX_USEC);
  };

  const connect = (): void => {
    const made = connectBus(host, BUS_PATH, {
      message: (arrived) => onMessage(bus, arrived),
      closed: onClosed,
    });
    if (typeof made === "number") {
      log.write("warn", null, `cannot connect to ${BUS_PATH}: ${describe(made)}, trying again`);
      connectLater();
      return;
    }
    const bus = made;
    connection = bus;
    bus.callBus("RequestName", "su", [BUS_NAME, DO_NOT_QUEUE], ([result], error) => {
      if (connection !== bus) return;
      reconnectUsec = RECONNECT_USEC;
      if (error === null && result === PRIMARY_OWNER) return;
      log.write(
        "warn",
        null,
        `cannot be ${BUS_NAME} on the bus, so that it starts no units: ${error ?? "somebody else is"} (its policy comes with Debian's package systemd)`,
      );
    });
    for (const unit of runtime.engine.graph.units.keys()) awaitName(unit);
  };

  const serve = (client: number): void => {
    if (peers.size >= PEERS_MAX) {
      host.close(client);
      return;
    }
    const name = `private ${++lastPeer}`;
    const wire = servePeer(host, client, {
      message(arrived) {
        const way = peers.get(name);
        if (arrived.message.type !== METHOD_CALL || way === undefined) return;
        const call = callOf(arrived, name);
        if (!refuse(way, arrived, call)) answer(way, arrived, call);
      },
      closed() {
        peers.delete(name);
        objects.forget(name);
      },
    });
    if (wire === null) return;
    peers.set(name, wire);
    objects.subscribe(name);
  };

  if (isBusRunning()) connect();
  return {
    serve,
    unitChanged(unit) {
      const state = stateOf(runtime, unit);
      const isBus = state !== undefined && state === stateOf(runtime, BUS_UNIT);
      if (isBus && state.sub === "running" && connection === null) connect();
      else if (state?.kind === "service" && activeState(state) === "activating") awaitName(state.name);
      objects.unitChanged(unit);
    },
  };
}

function ownerRule(name: string): string {
  return `type='signal',sender='${DBUS}',path='${DBUS_PATH}',interface='${DBUS}',member='NameOwnerChanged',arg0='${name}'`;
}

function wantsAnswer({ flags = 0 }: BusMessage): boolean {
  return (flags & NO_REPLY) === 0;
}
