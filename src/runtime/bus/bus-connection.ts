/** A connection to a D-Bus daemon, as a client. */

import { clientGreeting, readServerGreeting } from "../../base/dbus/greeting.ts";
import type { BusValue } from "../../base/dbus/marshal.ts";
import { type BusMessage, ERROR, METHOD_CALL, METHOD_RETURN } from "../../base/dbus/message.ts";
import { AF_UNIX, type Native, SOCK_STREAM } from "../../host/native.ts";
import { type ArrivedMessage, openWire } from "./bus-wire.ts";

export const DBUS = "org.freedesktop.DBus";
export const DBUS_PATH = "/org/freedesktop/DBus";

/** `error` null: it went well. */
export type BusReply = (body: readonly BusValue[], error: string | null) => void;

export interface BusEvents {
  /** All but answers. */
  readonly message: (arrived: ArrivedMessage) => void;
  /** Called once, unless `close` was. Calls that are not answered yet fail before. */
  readonly closed: (why: string) => void;
}

export interface BusConnection {
  /** Sends a message of any kind; the serial is given here. */
  send(message: Omit<BusMessage, "serial">): number;
  /** Calls a method of the bus itself. */
  callBus(member: string, signature: string, body: readonly BusValue[], reply: BusReply): void;
  close(): void;
}

/** Connects and says who this is; messages may be sent at once. A negative number: -errno. */
export function connectBus(host: Native, path: string, events: BusEvents): BusConnection | number {
  const fd = host.socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  host.setNonblock(fd, true);
  const connected = host.connect(fd, { family: "unix", path });
  if (connected < 0) {
    host.close(fd);
    return connected;
  }
  const replies = new Map<number, BusReply>();
  const closed = (why: string): void => {
    const waiting = [...replies.values()];
    replies.clear();
    for (const reply of waiting) reply([], `the bus has hung up: ${why}`);
    events.closed(why);
  };
  const take = (arrived: ArrivedMessage): void => {
    const { type, replySerial = 0, error = "" } = arrived.message;
    if (type !== METHOD_RETURN && type !== ERROR) {
      events.message(arrived);
      return;
    }
    const reply = replies.get(replySerial);
    if (reply === undefined) return;
    replies.delete(replySerial);
    const body = arrived.body();
    const values = body.ok ? body.value : [];
    if (type === ERROR) reply(values, `${error}: ${String(values[0] ?? "")}`);
    else reply(values, body.ok ? null : body.error);
  };
  const greeting = clientGreeting(host.identity().euid);
  const wire = openWire(host, fd, greeting, { greet: readServerGreeting, message: take, closed });
  const callBus: BusConnection["callBus"] = (member, signature, body, reply) => {
    const call = { type: METHOD_CALL, path: DBUS_PATH, interface: DBUS, destination: DBUS };
    // The answer can't be there before this returns.
    replies.set(wire.send({ ...call, member, signature, body }), reply);
  };
  callBus("Hello", "", [], (_, error) => {
    if (error === null) return;
    wire.close();
    closed(error);
  });
  return { ...wire, callBus };
}
