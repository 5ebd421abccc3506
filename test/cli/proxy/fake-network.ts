/** A network in memory with a clock of its own: nothing happens until `run` lets time pass. */
import type { Resolved } from "../../../src/base/dns/resolve.ts";
import { err, ok, type Result } from "../../../src/base/result.ts";
import type { Network, Target } from "../../../src/cli/proxy/network.ts";

const EAGAIN = 11;

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export interface FakeNetwork extends Network {
  /** What `connect` answers now: a descriptor, an errno as a negative number, or null for no answer at all. */
  answer: (target: Target) => number | null;
  names: Record<string, Resolved>;
  /** A client connects; its descriptor. */
  arrive(): number;
  hangUp(fd: number): void;
  /** Both sides of a spliced connection have ended. */
  finish(client: number, errno?: number): void;
  /** The backend's file appears. */
  makePath(path: string): void;
  terminate(): void;
  /** Lets time pass, and everything that waits for it happen. */
  run(usec: number): Promise<void>;
  readonly now: () => number;
  readonly targets: Target[];
  readonly closed: number[];
  readonly spliced: Map<number, number>;
  readonly paused: Set<number>;
  readonly watchedPaths: Set<string>;
  acceptError: number | null;
}

export const LISTENER = 3;

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export function fakeNetwork(): FakeNetwork {
  let now = 0;
  let nextFd = 10;
  const timers = new Set<Timer>();
  const listeners = new Map<number, () => void>();
  const backlog: number[] = [];
  const hangUps = new Map<number, () => void>();
  const paths = new Map<string, () => void>();
  const splices = new Map<number, (errno: number) => void>();
  let onTerminate = (): void => {};
  const notify = (): void => {
    for (const [fd, callback] of listeners) if (!network.paused.has(fd) && backlog.length > 0) callback();
  };
  const network: FakeNetwork = {
    answer: () => nextFd++,
    names: {},
    targets: [],
    closed: [],
    spliced: new Map(),
    paused: new Set(),
    watchedPaths: new Set(),
    acceptError: null,
    now: () => now,
    describe: () => "stream-listener",
    watchListener: (fd, callback) => void listeners.set(fd, callback),
    pauseListener: (fd) => void network.paused.add(fd),
    resumeListener(fd) {
      network.paused.delete(fd);
      notify();
    },
    accept(): Result<number, number> {
      if (network.acceptError !== null) return err(network.acceptError);
      const fd = backlog.shift();
      return fd === undefined ? err(EAGAIN) : ok(fd);
    },
    watchHangUp(fd, callback) {
      hangUps.set(fd, callback);
      return () => void hangUps.delete(fd);
    },
    resolve: async (host) =>
      network.names[host] ?? err({ kind: "not-found", message: "Name or service not known" }),
    connect(target, done) {
      network.targets.push(target);
      const answer = network.answer(target);
      if (answer !== null) done(answer < 0 ? err(-answer) : ok(answer));
      return () => {};
    },
    splice(a, b, done) {
      network.spliced.set(a, b);
      splices.set(a, done);
    },
    close: (fd) => void network.closed.push(fd),
    after(usec, callback) {
      const timer = { at: now + usec, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    watchPath(path, callback) {
      network.watchedPaths.add(path);
      paths.set(path, callback);
      return () => {
        network.watchedPaths.delete(path);
        paths.delete(path);
      };
    },
    onTerminate(callback) {
      onTerminate = callback;
    },
    arrive() {
      const fd = nextFd++;
      backlog.push(fd);
      notify();
      return fd;
    },
    hangUp: (fd) => hangUps.get(fd)?.(),
    finish(client, errno = 0) {
      network.spliced.delete(client);
      splices.get(client)?.(errno);
    },
    makePath: (path) => paths.get(path)?.(),
    terminate: () => onTerminate(),
    async run(usec) {
      const end = now + usec;
      await settle();
      for (;;) {
        const [next] = [...timers].sort((a, b) => a.at - b.at);
        if (next === undefined || next.at > end) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.callback();
        await settle();
      }
      now = end;
    },
  };
  return network;
}
