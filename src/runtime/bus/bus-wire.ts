/**
 * Messages of D-Bus over a connected socket, with the descriptors that come along. PID 1 must never wait for the other
 * side, which may be waiting for PID 1, nor be kept busy by it: what is sent goes as far as the kernel takes it, as long
 * as much is unsent nothing more is read, and who doesn't read at all is hung up on. A body is looked into only by who
 * wants it.
 */

import type { Greeting } from "../../base/dbus/greeting.ts";
import type { BusValue } from "../../base/dbus/marshal.ts";
import {
  type BusHeader,
  type BusMessage,
  decodeBody,
  decodeHeader,
  encodeMessage,
  messageSize,
} from "../../base/dbus/message.ts";
import { err, type Result } from "../../base/result.ts";
import { EAGAIN } from "../../host/errno.ts";
import { type Native, POLL_IN, POLL_OUT } from "../../host/native.ts";

const READ_MAX = 65536;
/** Nobody has more to say to an init; what is longer is passed over, its header excepted. */
const MESSAGE_MAX = 1024 * 1024;
/** Unsent bytes from which on nothing is read. */
const UNSENT_ENOUGH = 256 * 1024;
/** Unsent bytes at which the other side counts as gone. */
const UNSENT_MAX = 4 * 1024 * 1024;

export interface ArrivedMessage {
  /** Without its body. */
  readonly message: BusMessage;
  body(): Result<readonly BusValue[], string>;
  /** Whoever keeps one takes it out; the rest is closed after the call. */
  readonly fds: number[];
}

export interface WireEvents {
  /** Looks at what came before the first message. */
  readonly greet: (received: string) => Greeting;
  readonly message: (arrived: ArrivedMessage) => void;
  /** Called once, unless `close` was. */
  readonly closed: (why: string) => void;
}

export interface Wire {
  /** Sends a message of any kind; the serial is given here. */
  send(message: Omit<BusMessage, "serial">): number;
  close(): void;
}

export type WireHost = Pick<
  Native,
  "watch" | "rewatch" | "unwatch" | "close" | "sendBytes" | "receiveMessageBytes"
>;

/** Takes the descriptor over, which must not block. */
export function openWire(host: WireHost, fd: number, greeting: string, events: WireEvents): Wire {
  let serial = 0;
  let unsent = greeting;
  let received = "";
  /** Bytes of a message that is too long. */
  let toSkip = 0;
  let greeted = false;
  let open = true;
  const arrivedFds: number[] = [];

  const close = (): void => {
    if (!open) return;
    open = false;
    for (const one of arrivedFds.splice(0)) host.close(one);
    host.unwatch(fd);
    host.close(fd);
  };
  const hangUp = (why: string): void => {
    if (!open) return;
    close();
    events.closed(why);
  };
  const isFull = (): boolean => unsent.length > UNSENT_ENOUGH;
  const watchAgain = (): void =>
    void host.rewatch(fd, (unsent === "" ? 0 : POLL_OUT) | (isFull() ? 0 : POLL_IN));
  const flush = (): void => {
    const sent = unsent === "" ? 0 : host.sendBytes(fd, unsent);
    if (sent > 0) unsent = unsent.slice(sent);
    if ((sent < 0 && sent !== -EAGAIN) || unsent.length > UNSENT_MAX) hangUp("it does not read");
    else watchAgain();
  };
  const send: Wire["send"] = (message) => {
    serial += 1;
    if (!open) return serial;
    const wasEmpty = unsent === "";
    unsent += encodeMessage({ ...message, serial });
    // Else it is asked for when there is room.
    if (wasEmpty || unsent.length > UNSENT_MAX) flush();
    else if (isFull()) watchAgain();
    return serial;
  };

  const handOver = (header: BusHeader, bytes: string | null): void => {
    const fds = arrivedFds.splice(0, header.message.unixFds ?? 0);
    try {
      events.message({
        message: header.message,
        body: () => (bytes === null ? err("the message is too long") : decodeBody(bytes, header)),
        fds,
      });
    } finally {
      for (const one of fds) host.close(one);
    }
  };
  /** Takes the first message, or what is there of one that is too long. false: it has to grow. */
  const takeOne = (): boolean => {
    const dropped = Math.min(toSkip, received.length);
    toSkip -= dropped;
    received = received.slice(dropped);
    const { whole, header: headerLength } = messageSize(received);
    const isLong = whole > MESSAGE_MAX;
    if (whole === 0 || received.length < (isLong ? headerLength : whole)) return false;
    const header = whole < 0 ? null : decodeHeader(received);
    if (header?.ok !== true) {
      hangUp("it sends what is no message");
      return false;
    }
    const bytes = isLong ? null : received.slice(0, whole);
    if (isLong) toSkip = whole;
    else received = received.slice(whole);
    handOver(header.value, bytes);
    return true;
  };
  const takeAll = (): void => {
    while (open && !isFull() && takeOne());
  };
  const greet = (): void => {
    const { answer, taken, outcome } = events.greet(received);
    received = received.slice(taken);
    greeted = outcome === "done";
    unsent += answer;
    if (outcome === "failed") hangUp("it does not know us, or we don't know it");
    else if (answer !== "") flush();
  };
  const read = (): void => {
    const arrived = host.receiveMessageBytes(fd, READ_MAX);
    if (arrived === -EAGAIN) return;
    if (typeof arrived === "number" || (arrived.text === "" && arrived.fds.length === 0)) {
      hangUp("it is gone");
      return;
    }
    arrivedFds.push(...arrived.fds);
    received += arrived.text;
    if (!greeted) greet();
    if (open && greeted) takeAll();
  };

  // Nothing is sent before this returns, so that nobody is told of a failure before he has the wire.
  host.watch(fd, greeting === "" ? POLL_IN : POLL_IN | POLL_OUT, (ready) => {
    if ((ready & POLL_OUT) !== 0) {
      const wasFull = isFull();
      flush();
      // What had been read already, before there was too much to send.
      if (wasFull && greeted) takeAll();
    }
    if (open && (ready & ~POLL_OUT) !== 0 && !isFull()) read();
  });
  return { send, close };
}
