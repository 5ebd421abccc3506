/**
 * Sockets that usher itself was given (sd_listen_fds(3)), where the container was socket-activated: by systemd through
 * Podman, or by whatever else sets LISTEN_FDS. A socket unit takes those that it describes instead of opening its own:
 * by the address; else, since the outside may know the service under another address, by FileDescriptorName=.
 */
import { addressText } from "../../host/address-text.ts";
import type { Native } from "../../host/native.ts";
import type { SocketUnit } from "../../unit/model.ts";
import { environmentValue } from "../process/environment.ts";

const FIRST_FD = 3;
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_ACCEPTCONN = 30;
const KINDS = { 1: "stream", 2: "datagram", 5: "seqpacket" } as const;

type Kind = (typeof KINDS)[keyof typeof KINDS];

export interface HandedSocket {
  readonly fd: number;
  /** Out of LISTEN_FDNAMES; "unknown" without. */
  readonly name: string;
  /** null: nothing that a unit could listen on. */
  readonly kind: Kind | null;
  /** As people write it. */
  readonly address: string;
}

export interface HandedSockets {
  /**
   * The descriptor for a listener of the unit, which is the unit's from then on, or null. `addresses`: what the
   * listener may be bound to, as `addressText` has it.
   */
  take(unit: SocketUnit, kind: Kind, addresses: readonly string[]): number | null;
  /** Closes what no unit took, and names it. */
  closeRest(): readonly HandedSocket[];
}

export const NO_HANDED_SOCKETS: HandedSockets = { take: () => null, closeRest: () => [] };

/** Those that the environment speaks of, if it speaks to this process. */
export function findHandedSockets(host: Native): HandedSockets {
  const variable = (name: string): string => environmentValue(host.environ, name) ?? "";
  const count = Number(variable("LISTEN_FDS"));
  if (variable("LISTEN_PID") !== String(host.pid) || !(count > 0)) return NO_HANDED_SOCKETS;
  const names = variable("LISTEN_FDNAMES").split(":");
  const given = host.inheritedFds.filter((fd) => fd >= FIRST_FD && fd < FIRST_FD + count);
  return createHandedSockets(
    given.map((fd) => describeHanded(host, fd, names[fd - FIRST_FD] || "unknown")),
    host,
  );
}

export function createHandedSockets(
  given: readonly HandedSocket[],
  host: Pick<Native, "close">,
): HandedSockets {
  const left = [...given];
  return {
    take({ name, socket }, kind, addresses) {
      const wanted = socket.fileDescriptorName ?? name;
      const fit = left.filter((one) => one.kind === kind);
      const found =
        fit.find(({ address }) => addresses.includes(address)) ?? fit.find((one) => one.name === wanted);
      if (found === undefined) return null;
      left.splice(left.indexOf(found), 1);
      return found.fd;
    },
    closeRest() {
      for (const { fd } of left) host.close(fd);
      return left.splice(0);
    },
  };
}

function describeHanded(host: Native, fd: number, name: string): HandedSocket {
  const kind = KINDS[host.getOption(fd, SOL_SOCKET, SO_TYPE) as keyof typeof KINDS] ?? null;
  const listens = kind === "datagram" || host.getOption(fd, SOL_SOCKET, SO_ACCEPTCONN) === 1;
  const address = kind === null ? -1 : host.localAddress(fd);
  return {
    fd,
    name,
    kind: listens ? kind : null,
    address: typeof address === "number" ? "no socket" : addressText(address),
  };
}
