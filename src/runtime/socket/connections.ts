/**
 * Accepted connections of Accept=yes sockets (systemd.socket(5)). PID 1 keeps its copy until the instance is dead,
 * so a client sees end-of-file, and its MaxConnections= slot is free, only then.
 */
import type { Native } from "../../host/native.ts";

export interface Connections {
  /** Takes a descriptor over and numbers it. */
  keep(fd: number): number;
  /** -1 where there is none of that number. */
  descriptor(connection: number): number;
  close(connection: number): void;
}

export function createConnections(host: Pick<Native, "close">): Connections {
  const fds = new Map<number, number>();
  let last = 0;
  return {
    keep(fd) {
      fds.set(++last, fd);
      return last;
    },
    descriptor: (connection) => fds.get(connection) ?? -1,
    close(connection) {
      const fd = fds.get(connection);
      if (fd === undefined) return;
      fds.delete(connection);
      host.close(fd);
    },
  };
}
