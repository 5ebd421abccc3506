/**
 * The control socket: a Unix stream socket whose clients are known by the kernel's credentials (unix(7), SO_PEERCRED).
 * Anyone may connect and read; what changes something is refused by the server unless root or usher's own user asks.
 */

import { SOCKET_NAME } from "../../control/protocol.ts";
import type { ControlConnection, ControlServer, ControlSession } from "../../control/server.ts";
import { AF_UNIX, type Native, POLL_IN, POLL_OUT, SOCK_STREAM } from "../../host/native.ts";
import type { Runtime } from "../runtime.ts";
import { isExhausted } from "../socket/accept-pause.ts";

const EAGAIN = -11;
const BACKLOG = 64;
const READ_MAX = 65536;

/** Clients taken in one turn, so that many leave time for everything else. */
const ACCEPT_BATCH = 64;

/** Listens at DIRECTORY/control. Returns its path, or -errno. */
export function listenForControl(
  runtime: Pick<Runtime, "host" | "abandon" | "pauseAccept">,
  directory: string,
  server: () => ControlServer,
): string | number {
  const path = `${directory}/${SOCKET_NAME}`;
  const listening = listenUnix(runtime, path, 0o666, (client) => serve(runtime, client, server()));
  return listening < 0 ? listening : path;
}

/** Listens at a path for clients that `serve` takes over; -errno where that can't be. */
export function listenUnix(
  runtime: Pick<Runtime, "host" | "pauseAccept">,
  path: string,
  mode: number,
  serve: (client: number) => void,
): number {
  const { host } = runtime;
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
    for (let taken = 0; taken < ACCEPT_BATCH; taken++) {
      const client = host.accept(fd, true);
      if (isExhausted(client)) {
        host.rewatch(fd, 0);
        runtime.pauseAccept(null, fd, client, () => host.rewatch(fd, POLL_IN));
      }
      if (client < 0) return;
      serve(client);
    }
  });
  return 0;
}

function serve(runtime: Pick<Runtime, "host" | "abandon">, fd: number, server: ControlServer): void {
  const { host } = runtime;
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
  const end = (): void => {
    connection.close();
    live.onClose();
  };
  host.watch(fd, POLL_IN, (events) => {
    // A client whose call could not be answered must not wait for ever.
    runtime.abandon = end;
    if ((events & POLL_OUT) !== 0) live.onWritable();
    if (open && (events & ~POLL_OUT) !== 0) readFrom(host, fd, live, end);
    runtime.abandon = null;
  });
}

function readFrom(host: Native, fd: number, session: ControlSession, end: () => void): void {
  const bytes = host.receiveBytes(fd, READ_MAX);
  if (bytes === EAGAIN) return;
  if (typeof bytes === "number" || bytes === "") end();
  else session.onData(bytes);
}
