/**
 * One connection to a D-Bus daemon (D-Bus Specification, "Authentication Protocol" and "Message Protocol"). PID 1 must
 * never wait for a daemon that may be waiting for PID 1: everything is sent as far as the kernel takes it, answers
 * come by callback, and who doesn't read for too long is hung up on.
 */
import type { BusValue } from "../../base/dbus/marshal.ts";
import {
  type BusMessage,
  decodeMessage,
  ERROR,
  encodeMessage,
  METHOD_CALL,
  METHOD_RETURN,
  messageLength,
} from "../../base/dbus/message.ts";
import { EAGAIN } from "../../host/errno.ts";
import { AF_UNIX, type Native, POLL_IN, POLL_OUT, SOCK_STREAM } from "../../host/native.ts";

export const DBUS = "org.freedesktop.DBus";

const READ_MAX = 65536;
/** Unsent bytes at which the other side counts as gone. */
const UNSENT_MAX = 4 * 1024 * 1024;

/** `error` null: it went well. */
export type BusReply = (body: readonly BusValue[], error: string | null) => void;

export interface BusEvents {
  readonly message: (message: BusMessage) => void;
  /** Called once, unless `close` was. */
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
  let serial = 0;
  let unsent = "";
  let received = "";
  let authenticated = false;
  let open = true;

  const close = (): void => {
    if (!open) return;
    open = false;
    host.unwatch(fd);
    host.close(fd);
  };
  const hangUp = (why: string): void => {
    if (!open) return;
    close();
    events.closed(why);
  };
  const flush = (): void => {
    const sent = unsent === "" ? 0 : host.sendBytes(fd, unsent);
    if (sent > 0) unsent = unsent.slice(sent);
    if ((sent < 0 && sent !== -EAGAIN) || unsent.length > UNSENT_MAX) hangUp("it does not read");
    else host.rewatch(fd, unsent === "" ? POLL_IN : POLL_IN | POLL_OUT);
  };
  const send: BusConnection["send"] = (message) => {
    serial += 1;
    if (!open) return serial;
    unsent += encodeMessage({ ...message, serial });
    flush();
    return serial;
  };
  const take = (message: BusMessage): void => {
    const reply = message.replySerial === undefined ? undefined : replies.get(message.replySerial);
    const isAnswer = message.type === METHOD_RETURN || message.type === ERROR;
    if (!isAnswer) events.message(message);
    if (!isAnswer || reply === undefined) return;
    replies.delete(message.replySerial ?? 0);
    const [why = ""] = message.body ?? [];
    reply(message.body ?? [], message.type === ERROR ? `${message.error}: ${String(why)}` : null);
  };
  const takeAll = (): void => {
    for (let length = messageLength(received); length !== 0; length = messageLength(received)) {
      if (length > received.length) return;
      const message = length < 0 ? null : decodeMessage(received.slice(0, length));
      if (message?.ok !== true) {
        hangUp("it sends what is no message");
        return;
      }
      received = received.slice(length);
      take(message.value);
      if (!open) return;
    }
  };
  /** The answer to who we are, before the first message. */
  const takeGreeting = (): boolean => {
    const end = received.indexOf("\r\n");
    if (end >= 0 && !received.startsWith("OK ")) hangUp("it does not know us");
    if (end < 0 || !open) return false;
    received = received.slice(end + 2);
    return true;
  };
  host.watch(fd, POLL_IN, (ready) => {
    if ((ready & POLL_OUT) !== 0) flush();
    if (!open || (ready & ~POLL_OUT) === 0) return;
    const bytes = host.receiveBytes(fd, READ_MAX);
    if (bytes === -EAGAIN) return;
    if (typeof bytes === "number" || bytes === "") {
      hangUp("it is gone");
      return;
    }
    received += bytes;
    authenticated ||= takeGreeting();
    if (authenticated) takeAll();
  });

  const uid = [...String(host.identity().euid)].map((digit) => digit.charCodeAt(0).toString(16)).join("");
  unsent = `\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`;
  const callBus: BusConnection["callBus"] = (member, signature, body, reply) => {
    const call = { type: METHOD_CALL, path: "/org/freedesktop/DBus", interface: DBUS, destination: DBUS };
    // The answer can't be there before this returns.
    replies.set(send({ ...call, member, signature, body }), reply);
  };
  callBus("Hello", "", [], (_, error) => {
    if (error !== null) hangUp(error);
  });
  return { send, callBus, close };
}
