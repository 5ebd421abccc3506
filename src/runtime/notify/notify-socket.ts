/**
 * The notification socket of sd_notify(3): one datagram socket for all services, the sender known by the credentials
 * that the kernel attaches. It lies at /run/usher/notify; where no file can be made, at an abstract name.
 *
 * A sender that has ended before its message was read is still a zombie, since PID 1 reads this socket before it
 * reaps: /proc still knows its session, so the unit is found.
 */
import { AF_UNIX, type Native, POLL_IN, SOCK_DGRAM } from "../../host/native.ts";

const SOL_SOCKET = 1;
const SO_PASSCRED = 16;
const SO_RCVBUFFORCE = 33;
const SO_RCVBUF = 8;
const RECEIVE_BUFFER = 8 * 1024 * 1024;
const MESSAGE_MAX = 4096 * 16;

/** Messages read in one turn: a service that sends without end must not keep PID 1 from its other work. */
const TURN_BATCH = 32;
/** The kernel keeps fewer than these (net.unix.max_dgram_qlen), so whatever was sent before a death is read before it. */
const DRAIN_BATCH = 1024;

export interface NotifyMessage {
  readonly pid: number;
  readonly uid: number;
  /** "KEY=value", in order. */
  readonly tags: readonly string[];
  /** The receiver must store or close them. */
  readonly fds: readonly number[];
}

export interface NotifySocket {
  /** What NOTIFY_SOCKET= is set to. */
  readonly address: string;
  /** Reads all that waits now, before a death is looked at. */
  drain(): void;
}

export function openNotifySocket(
  host: Native,
  directory: string,
  receive: (message: NotifyMessage) => void,
): NotifySocket | number {
  const fd = host.socket(AF_UNIX, SOCK_DGRAM, 0);
  if (fd < 0) return fd;
  host.setNonblock(fd, true);
  const address = bindNotify(host, fd, `${directory}/notify`);
  if (typeof address === "number") {
    host.close(fd);
    return address;
  }
  host.setOption(fd, SOL_SOCKET, SO_PASSCRED, 1);
  if (host.setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) < 0)
    host.setOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
  const take = (most: number): void => {
    for (let taken = 0; taken < most; taken++) {
      const message = host.receiveMessage(fd, MESSAGE_MAX);
      if (typeof message === "number") return;
      const tags = message.truncated ? [] : message.text.split("\n").filter((line) => line.includes("="));
      receive({ pid: message.pid, uid: message.uid, tags, fds: message.fds });
    }
  };
  host.watch(fd, POLL_IN, () => take(TURN_BATCH));
  return { address, drain: () => take(DRAIN_BATCH) };
}

/** Any service may write to it, whatever its user: the sender is judged by credentials. */
function bindNotify(host: Native, fd: number, path: string): string | number {
  host.unlink(path);
  if (host.bind(fd, { family: "unix", path }) >= 0) {
    host.chmod(path, 0o777);
    return path;
  }
  const name = `@usher/${host.pid}/${host.randomHex(8)}`;
  const code = host.bind(fd, { family: "unix", path: name });
  return code < 0 ? code : name;
}
