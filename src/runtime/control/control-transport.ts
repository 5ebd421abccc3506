/**
 * The control socket: a Unix stream socket whose clients are known by the kernel's credentials (unix(7), SO_PEERCRED).
 * Anyone may connect and read; what changes something is refused by the server unless root or usher's own user asks.
 */

import { SOCKET_NAME } from "../../control/protocol.ts";
import type { ControlConnection, ControlServer, ControlSession } from "../../control/server.ts";
import { AF_UNIX, type Native, POLL_IN, POLL_OUT, SOCK_STREAM } from "../../host/native.ts";

const EAGAIN = -11;
const BACKLOG = 64;
const READ_MAX = 65536;

/** Listens at DIRECTORY/control. Returns its path, or -errno. */
export function listenForControl(
  host: Native,
  directory: string,
  server: () => ControlServer,
): string | number {
  const path = `${directory}/${SOCKET_NAME}`;
  const listening = listenUnix(host, path, 0o666, (client) => serve(host, client, server()));
  return listening < 0 ? listening : path;
}

/** Listens at a path for clients that `serve` takes over; -errno where that can't be. */
export function listenUnix(
  host: Native,
  path: string,
  mode: number,
  serve: (client: number) => void,
): number {
  const fd = host.socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  host.setNonblock(fd, true);
  host.unlink(path);
  const bound = host.bind(fd, { family: "unix", path });
  const listening = bound < 0 ? bound : host.listen(fd, BACKLOG);
  if (listening < 0) {
    host.close(fd);
    return listening;
  }
  host.chmod(path, mode);
  host.watch(fd, POLL_IN, () => {
    for (let client = host.accept(fd, true); client >= 0; client = host.accept(fd, true)) serve(client);
  });
  return 0;
}

function serve(host: Native, fd: number, server: ControlServer): void {
  const peer = host.peerCredentials(fd);
  if (typeof peer === "number") {
    host.close(fd);
    return;
  }
  let open = true;
  let session: ControlSession | null = null;
  const connection: ControlConnection = {
    peer,
    write(bytes) {
      const written = host.sendBytes(fd, bytes);
      return written === EAGAIN ? 0 : written;
    },
    wantWritable: (wanted) => void (open && host.rewatch(fd, wanted ? POLL_IN | POLL_OUT : POLL_IN)),
    close() {
      if (!open) return;
      open = false;
      host.unwatch(fd);
      host.close(fd);
    },
  };
  session = server.open(connection);
  if (session === null) {
    connection.close();
    return;
  }
  const live = session;
  host.watch(fd, POLL_IN, (events) => {
    if ((events & POLL_OUT) !== 0) live.onWritable();
    if (open && (events & ~POLL_OUT) !== 0) readFrom(host, fd, live, connection);
  });
}

function readFrom(host: Native, fd: number, session: ControlSession, connection: ControlConnection): void {
  const bytes = host.receiveBytes(fd, READ_MAX);
  if (bytes === EAGAIN) return;
  if (typeof bytes === "number" || bytes === "") {
    connection.close();
    session.onClose();
    return;
  }
  session.onData(bytes);
}
