/** The proxy's `Network` over the C host. */
import { resolveHost } from "./base/dns/resolve.ts";
import { err, ok, type Result } from "./base/result.ts";
import { SIGINT, SIGTERM } from "./base/signal.ts";
import type { Cancel, Network, Target } from "./cli/proxy/network.ts";
import type { Errno } from "./cli/system.ts";
import { type After, createDnsTransport } from "./host/dns-sockets.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  type Native,
  POLL_ERROR,
  POLL_HANGUP,
  POLL_IN,
  POLL_OUT,
  SOCK_STREAM,
} from "./host/native.ts";

const EINPROGRESS = -115;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const IN_CREATE = 0x100;
const IN_MOVED_TO = 0x80;

export function createProxyNetwork(host: Native, after: After): Network {
  const dns = createDnsTransport(host, after);
  // Two descriptors a connection, and pipes between them while bytes are under way.
  host.raiseFileLimit();
  return {
    describe(fd) {
      const info = host.socketInfo(fd);
      if (info === null) return "no-socket";
      return info.type === SOCK_STREAM && info.listening ? "stream-listener" : "other-socket";
    },
    watchListener(fd, onConnection) {
      // The flag is shared with init, which sets it back when it takes the socket over again.
      host.setNonblock(fd, true);
      host.watch(fd, POLL_IN, onConnection);
    },
    pauseListener: (fd) => void host.rewatch(fd, 0),
    resumeListener: (fd) => void host.rewatch(fd, POLL_IN),
    accept: (listener) => result(host.accept(listener, true)),
    watchHangUp(fd, onHangUp) {
      host.watch(fd, POLL_HANGUP | POLL_ERROR, onHangUp);
      return () => void host.unwatch(fd);
    },
    resolve: (name) => resolveHost(dns, name),
    connect: (target, done) => connect(host, target, done),
    splice(a, b, done) {
      for (const fd of [a, b]) sendAtOnce(host, fd);
      const started = host.splicePair(a, b, (_ab, _ba, errno) => done(errno));
      if (started >= 0) return;
      host.close(a);
      host.close(b);
      done(-started);
    },
    close: (fd) => void host.close(fd),
    after,
    watchPath: (path, onMade) => watchPath(host, path, onMade),
    onTerminate(callback) {
      host.onSignal((signal) => {
        if (signal === SIGTERM || signal === SIGINT) callback();
      });
    },
  };
}

function result(code: number): Result<number, Errno> {
  return code < 0 ? err(-code) : ok(code);
}

/** Bytes were put together by who sent them; waiting for more would only delay them. */
function sendAtOnce(host: Native, fd: number): void {
  if (host.socketInfo(fd)?.domain !== AF_UNIX) host.setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

function addressOf(target: Target): { readonly domain: number; readonly address: Address } {
  if (target.kind === "unix") return { domain: AF_UNIX, address: { family: "unix", path: target.path } };
  const { host, port } = target;
  return host.includes(":")
    ? { domain: AF_INET6, address: { family: "inet6", host, port } }
    : { domain: AF_INET, address: { family: "inet", host, port } };
}

/** A Unix socket answers at once, others later. */
function connect(host: Native, target: Target, done: (result: Result<number, Errno>) => void): Cancel {
  const address = addressOf(target);
  const fd = host.socket(address.domain, SOCK_STREAM, 0);
  if (fd < 0) {
    done(err(-fd));
    return () => {};
  }
  host.setNonblock(fd, true);
  let pending = true;
  const finish = (errno: Errno): void => {
    pending = false;
    host.unwatch(fd);
    if (errno !== 0) host.close(fd);
    done(errno === 0 ? ok(fd) : err(errno));
  };
  const code = host.connect(fd, address.address);
  if (code === EINPROGRESS) host.watch(fd, POLL_OUT, () => finish(Math.abs(host.socketError(fd))));
  else finish(code < 0 ? -code : 0);
  return () => {
    if (!pending) return;
    pending = false;
    host.unwatch(fd);
    host.close(fd);
  };
}

/** Watches the folder, since the file isn't there yet; null where there is no folder either. */
function watchPath(host: Native, path: string, onMade: () => void): Cancel | null {
  const slash = path.lastIndexOf("/");
  const fd = host.inotifyInit();
  if (fd < 0) return null;
  const stop = (): void => {
    host.unwatch(fd);
    host.close(fd);
  };
  if (host.inotifyAdd(fd, path.slice(0, slash) || "/", IN_CREATE | IN_MOVED_TO) < 0) {
    stop();
    return null;
  }
  host.watch(fd, POLL_IN, () => {
    const events = host.inotifyRead(fd);
    if (typeof events !== "number" && events.includes(path.slice(slash + 1))) onMade();
  });
  return stop;
}
