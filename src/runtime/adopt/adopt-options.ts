/**
 * What programs set on their own sockets before bind(). The socket that usher puts in the place of such a one has to
 * have it too, and IPV6_V6ONLY decides which bind() it answers at all (adopt-match.ts).
 *
 * Only options that belong on a socket before it is bound are told (adopt_child.c has the list): to be asked for what
 * is set on each connection as well, TCP_NODELAY for one, would make each of them slower.
 */
import type { Native, OptionNotification } from "../../host/native.ts";

export const SOL_IPV6 = 41;
export const IPV6_V6ONLY = 26;

/** Sockets that are remembered at a time; a program seldom has more than a few that it has not bound yet. */
const MOST_SOCKETS = 64;

export interface AdoptOptions {
  note(option: OptionNotification): void;
  /** Is this socket of the program's for IPv6 only? */
  isV6Only(socket: string): boolean;
  /** Sets on `ours` what was set on the socket whose place it takes, and forgets that one. */
  carryOver(socket: string, ours: number): void;
}

export function createAdoptOptions(host: Native): AdoptOptions {
  const known = new Map<string, OptionNotification[]>();
  const isV6Only = ({ level, name }: OptionNotification): boolean =>
    level === SOL_IPV6 && name === IPV6_V6ONLY;
  return {
    note(option) {
      const { socket, level, name } = option;
      const before = (known.get(socket) ?? []).filter((one) => one.level !== level || one.name !== name);
      known.delete(socket);
      known.set(socket, [...before, option]);
      const [oldest] = known.keys();
      if (known.size > MOST_SOCKETS && oldest !== undefined) known.delete(oldest);
    },
    isV6Only: (socket) => (known.get(socket)?.find(isV6Only)?.value ?? 0) !== 0,
    carryOver(socket, ours) {
      for (const option of known.get(socket) ?? []) {
        // Fixed once a socket is bound; and what one family has, another refuses.
        if (!isV6Only(option)) host.setOption(ours, option.level, option.name, option.value);
      }
      known.delete(socket);
    },
  };
}
