/**
 * /run/systemd/private, at which root's `systemd-run` speaks with systemd's PID 1 where there need be no bus. Messages
 * are the bus's, without names: the other end is always the same.
 */
import { answerClient } from "../../base/dbus/greeting.ts";
import type { Native } from "../../host/native.ts";
import { type ArrivedMessage, openWire, type Wire } from "./bus-wire.ts";

export interface PeerEvents {
  readonly message: (arrived: ArrivedMessage) => void;
  /** Called once, unless `close` was. */
  readonly closed: (why: string) => void;
}

/** Serves a client that was accepted; null: it is neither root nor usher's own user, and was hung up on. */
export function servePeer(host: Native, fd: number, events: PeerEvents): Wire | null {
  const peer = host.peerCredentials(fd);
  if (typeof peer === "number" || (peer.uid !== 0 && peer.uid !== host.identity().euid)) {
    host.close(fd);
    return null;
  }
  const guid = host.randomHex(16);
  let isFirst = true;
  return openWire(host, fd, "", {
    ...events,
    greet(received) {
      const greeting = answerClient(received, guid, isFirst);
      isFirst &&= greeting.taken === 0;
      return greeting;
    },
  });
}
