/**
 * Scale to zero (`[X-Usher] IdleTimeoutSec=`): while such a service runs, its sockets are looked at four times in a
 * timeout, and not at all while it sleeps. A look that finds a connection, or that one has come and gone since the
 * last, begins the time anew. Whoever connects while the service stops waits in the socket for its next start.
 */
import type { Usec } from "../../base/time.ts";
import { describe } from "../../host/errno.ts";
import type { Native } from "../../host/native.ts";
import type { Log } from "../log/log.ts";
import { isConnected, rememberEnds, takeEnds } from "../socket/socket-diag.ts";
import type { Timers } from "../timers.ts";
import type { HeldSocket } from "./adopt-match.ts";

const LOOKS = 4;

export interface IdleWatch {
  begin(unit: string, timeout: Usec, sockets: readonly HeldSocket[]): void;
  end(unit: string): void;
}

interface Watched {
  readonly unit: string;
  readonly timeout: Usec;
  readonly sockets: readonly HeldSocket[];
  idleSince: Usec;
  /** Remembers connections that end (socket-diag.ts); -1: none, or a connection is known to be there. */
  ends: number;
}

export function createIdleWatch(
  host: Native,
  log: Log,
  timers: Timers,
  isIdle: (unit: string) => void,
): IdleWatch {
  const watched = new Map<string, Watched>();
  const end = (unit: string): void => {
    const one = watched.get(unit);
    if (one === undefined) return;
    watched.delete(unit);
    timers.clear(`idle-watch:${unit}`);
    forgetEnds(host, one);
  };
  const look = (one: Watched): void => {
    const { unit, timeout } = one;
    const now = host.monotonic();
    const busy = wasBusy(host, one);
    if (busy < 0) {
      log.write("warn", unit, `IdleTimeoutSec=: cannot ask who is connected: ${describe(busy)}, ignoring`);
      end(unit);
      return;
    }
    if (busy > 0) one.idleSince = now;
    if (now - one.idleSince >= timeout) {
      one.idleSince = now;
      isIdle(unit);
    }
    if (watched.get(unit) === one) timers.set(`idle-watch:${unit}`, nextLook(one, now), () => look(one));
  };
  return {
    begin(unit, timeout, sockets) {
      end(unit);
      if (!sockets.some(({ kind }) => kind !== "datagram")) {
        log.write("warn", unit, "IdleTimeoutSec=: it has no sockets that are connected to, ignoring");
        return;
      }
      const one: Watched = { unit, timeout, sockets, idleSince: host.monotonic(), ends: -1 };
      watched.set(unit, one);
      look(one);
    },
    end,
  };
}

/** Not later than when the time is up. */
function nextLook(one: Watched, now: Usec): Usec {
  return Math.min(now + Math.ceil(one.timeout / LOOKS), Math.max(one.idleSince + one.timeout, now + 1000));
}

/** While somebody is connected nobody needs to remember who was: many short connections cost nothing then. */
function wasBusy(host: Native, one: Watched): number {
  const connected = isConnected(host, one.sockets);
  if (connected !== 0) {
    forgetEnds(host, one);
    return connected;
  }
  if (one.ends >= 0) return takeEnds(host, one.ends) ? 1 : 0;
  one.ends = rememberEnds(host, one.sockets);
  // Where the kernel does not tell, the looks alone have to do.
  return 0;
}

function forgetEnds(host: Native, one: Watched): void {
  if (one.ends >= 0) host.close(one.ends);
  one.ends = -1;
}
