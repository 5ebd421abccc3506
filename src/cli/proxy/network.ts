/** All that the proxy needs of the world outside; the real one is src/proxy-network.ts, the tests' one is in memory. */
import type { Resolved } from "../../base/dns/resolve.ts";
import type { Result } from "../../base/result.ts";
import type { Usec } from "../../base/time.ts";

/** A positive errno. */
type Errno = number;

/** Where a connection goes: a path ("@" begins an abstract name), or an address as text without brackets. */
export type Target =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "inet"; readonly host: string; readonly port: number };

/** Takes back what was asked for; harmless when it has already happened. */
export type Cancel = () => void;

export interface Network {
  /** What a passed descriptor is. */
  describe(fd: number): "stream-listener" | "other-socket" | "no-socket";
  /** Calls back whenever a connection waits. */
  watchListener(fd: number, onConnection: () => void): void;
  /** Stops calling back, and goes on. */
  pauseListener(fd: number): void;
  resumeListener(fd: number): void;
  /** The next waiting connection, non-blocking. */
  accept(listener: number): Result<number, Errno>;
  /** Calls back once when the other side of a connection has gone altogether. */
  watchHangUp(fd: number, onHangUp: () => void): Cancel;
  resolve(host: string): Promise<Resolved>;
  /** `done` is called once, unless cancelled before; the descriptor is its receiver's. */
  connect(target: Target, done: (result: Result<number, Errno>) => void): Cancel;
  /** Moves bytes both ways and closes both sides when both have ended; 0 where nothing went wrong. */
  splice(a: number, b: number, done: (errno: Errno) => void): void;
  close(fd: number): void;
  after(usec: Usec, callback: () => void): Cancel;
  /** Calls back when a file of that path is made; null where its folder can't be watched. */
  watchPath(path: string, onMade: () => void): Cancel | null;
  /** SIGTERM or SIGINT came. */
  onTerminate(callback: () => void): void;
}
