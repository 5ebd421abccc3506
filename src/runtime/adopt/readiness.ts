/**
 * ReadyCheck= of [X-Usher], carried out: every check of a service is tried until it has succeeded once, then the
 * engine is told. Tries begin at short intervals, which grow; the log is not polled at all, its lines come by
 * themselves. When the service has left `start` the engine has another token, and the tries end.
 */
import type { Usec } from "../../base/time.ts";
import { USEC_PER_SEC } from "../../base/time.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  type Native,
  POLL_IN,
  POLL_OUT,
  SOCK_STREAM,
} from "../../host/native.ts";
import type { ExecCommand, ReadyCheck } from "../../unit/model.ts";
import type { Log } from "../log/log.ts";
import type { Timers } from "../timers.ts";
import { CHECK_SOURCE } from "./hold.ts";

const FIRST_WAIT: Usec = 10_000;
const LONGEST_WAIT: Usec = USEC_PER_SEC;
const ANSWER_LIMIT: Usec = 5 * USEC_PER_SEC;
const RING_PORTION = 256;
const EINPROGRESS = -115;
const ANSWER_MAX = 512;

export interface Readiness {
  /** The service is about to be spawned: what it writes from now on counts. */
  spawning(unit: string): void;
  begin(unit: string, token: number, checks: readonly ReadyCheck[]): void;
  /** A child of PID 1 was reaped; status 0 is an exit with 0. */
  reaped(pid: number, good: boolean): void;
}

export interface ReadinessPorts {
  readonly host: Native;
  readonly log: Log;
  readonly timers: Timers;
  /** Is the answer to this token still waited for? */
  isAwaited(unit: string, token: number): boolean;
  ready(unit: string, token: number): void;
  /** Starts a command as ExecStartPost= would be; its process id, or a negative number. */
  run(unit: string, command: ExecCommand): number;
  /** Adds a listener that is told when the log has grown; what comes back takes it away. */
  followLog(follow: () => void): () => void;
}

interface Awaited {
  readonly unit: string;
  readonly token: number;
  left: number;
}

export function createReadiness(ports: ReadinessPorts): Readiness {
  const { host, log, timers } = ports;
  const since = new Map<string, number>();
  const commands = new Map<number, (good: boolean) => void>();

  const succeeded = (one: Awaited, what: string): void => {
    log.write("debug", one.unit, `ReadyCheck=${what} succeeded`);
    one.left -= 1;
    if (one.left === 0 && ports.isAwaited(one.unit, one.token)) ports.ready(one.unit, one.token);
  };
  const repeat = (one: Awaited, index: number, check: Exclude<ReadyCheck, { kind: "log" }>): void => {
    const id = `ready:${one.unit}:${index}`;
    const attempt = (wait: Usec): void => {
      if (!ports.isAwaited(one.unit, one.token)) return;
      tryOnce(check, one.unit, (good) => {
        if (good) succeeded(one, check.kind);
        else
          timers.set(id, host.monotonic() + wait, () =>
            attempt(Math.min(Math.ceil(wait * 1.5), LONGEST_WAIT)),
          );
      });
    };
    attempt(FIRST_WAIT);
  };
  const tryOnce = (
    check: Exclude<ReadyCheck, { kind: "log" }>,
    unit: string,
    done: (good: boolean) => void,
  ): void => {
    if (check.kind !== "exec") {
      tryAddress(host, timers, check, done);
      return;
    }
    const pid = ports.run(unit, check.command);
    if (pid > 0) commands.set(pid, done);
    else done(false);
  };
  const readLog = (one: Awaited, pattern: string): void => {
    const expression = new RegExp(pattern);
    const tag = log.tag(one.unit);
    let after = since.get(one.unit) ?? 0;
    let found = false;
    const look = (): void => {
      if (!ports.isAwaited(one.unit, one.token)) {
        stop();
        return;
      }
      for (;;) {
        const entries = host.ringRead(after, tag, RING_PORTION);
        found ||= entries.some(({ pid, text }) => pid !== host.pid && expression.test(text));
        after = entries.at(-1)?.seq ?? after;
        if (found || entries.length < RING_PORTION) break;
      }
      if (!found) return;
      stop();
      succeeded(one, "log");
    };
    let stopped = false;
    let unfollow: (() => void) | null = null;
    const stop = (): void => {
      stopped = true;
      unfollow?.();
    };
    look();
    if (!stopped) unfollow = ports.followLog(look);
  };

  return {
    spawning(unit) {
      since.set(unit, host.ringLastSeq());
    },
    begin(unit, token, checks) {
      const one: Awaited = { unit, token, left: checks.length };
      checks.forEach((check, index) => {
        if (check.kind === "log") readLog(one, check.pattern);
        else repeat(one, index, check);
      });
    },
    reaped(pid, good) {
      const done = commands.get(pid);
      commands.delete(pid);
      done?.(good);
    },
  };
}

type AddressCheck = Exclude<ReadyCheck, { kind: "log" } | { kind: "exec" }>;

function tryAddress(host: Native, timers: Timers, check: AddressCheck, done: (good: boolean) => void): void {
  const address = addressOf(check);
  const domain = address.family === "unix" ? AF_UNIX : address.family === "inet" ? AF_INET : AF_INET6;
  const fd = host.socket(domain, SOCK_STREAM, 0);
  if (fd < 0) {
    done(false);
    return;
  }
  const id = `ready-answer:${fd}`;
  const finish = (good: boolean): void => {
    timers.clear(id);
    host.unwatch(fd);
    host.close(fd);
    done(good);
  };
  host.setNonblock(fd, true);
  if (address.family === "inet" && address.host.startsWith("127."))
    host.bind(fd, { family: "inet", host: CHECK_SOURCE, port: 0 });
  const code = host.connect(fd, address);
  if (code < 0 && code !== EINPROGRESS) {
    finish(false);
    return;
  }
  timers.set(id, host.monotonic() + ANSWER_LIMIT, () => finish(false));
  host.watch(fd, POLL_OUT, () => {
    if (host.socketError(fd) !== 0) finish(false);
    else if (check.kind !== "http") finish(true);
    else ask(host, fd, check, finish);
  });
}

function ask(
  host: Native,
  fd: number,
  check: Extract<ReadyCheck, { kind: "http" }>,
  finish: (good: boolean) => void,
): void {
  let answer = "";
  host.send(fd, `GET ${check.path} HTTP/1.0\r\nHost: ${check.host}:${check.port}\r\n\r\n`);
  host.unwatch(fd);
  host.watch(fd, POLL_IN, () => {
    const part = host.receiveBytes(fd, ANSWER_MAX);
    if (typeof part === "number" || part === "") {
      finish(false);
      return;
    }
    answer += part;
    const status = /^HTTP\/\d\.\d (\d)\d\d\b/.exec(answer)?.[1];
    if (status !== undefined) finish(status === "2" || status === "3");
    else if (answer.length > ANSWER_MAX) finish(false);
  });
}

function addressOf(check: AddressCheck): Address {
  if (check.kind === "unix") return { family: "unix", path: check.path };
  return { family: check.host.includes(":") ? "inet6" : "inet", host: check.host, port: check.port };
}
