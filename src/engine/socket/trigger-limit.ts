/**
 * How often a socket may trigger (systemd.socket(5), TriggerLimit… and PollLimit…).
 *
 * The trigger limit ends the socket: result `trigger-limit-hit`. With `[X-Usher] OnTriggerLimit=pause` it instead
 * stays open and is not polled for a while, each time twice as long as the last, because a container's socket that is
 * closed for good is noticed by nobody. The same holds when the service's start limit reaches the socket.
 *
 * The poll limit only slows down: the listener is not polled until its window is over.
 */
import { addUsec, USEC_INFINITY, USEC_PER_SEC, type Usec } from "../../base/time.ts";
import { type Engine, emit, log } from "../engine.ts";
import type { ListenerIndex, SocketState } from "../state.ts";
import { setUnitTimer } from "../timer.ts";
import { countWithin, resetWindow } from "../unit/rate-limit.ts";
import { serviceOf, setSocketState, unwatchSocket, watchSocket } from "./socket-state.ts";
import { enterStopPre } from "./socket-stop.ts";

const FIRST_PAUSE: Usec = 2 * USEC_PER_SEC;
const LONGEST_PAUSE: Usec = 300 * USEC_PER_SEC;
/** After so long without a pause the next one is short again. */
const QUIET: Usec = 60 * USEC_PER_SEC;

/** Counts one trigger; false: the limit is hit, and has been dealt with. */
export function countTrigger(engine: Engine, s: SocketState): boolean {
  if (countWithin(s.triggerLimit, s.model.socket.triggerLimit, engine.now)) return true;
  if (s.model.usher.onTriggerLimit === "pause") {
    pauseSocket(engine, s, "Trigger limit hit");
  } else {
    log(engine, "warning", s, "Trigger limit hit, refusing further activation.");
    enterStopPre(engine, s, "trigger-limit-hit");
  }
  return false;
}

/** The service may not be started so often. */
export function serviceLimitHit(engine: Engine, s: SocketState): void {
  if (s.model.usher.onTriggerLimit !== "pause") {
    enterStopPre(engine, s, "service-start-limit-hit");
  } else if (s.pausedUntil === null || s.pausedUntil <= engine.now) {
    if (s.sub !== "listening") setSocketState(engine, s, "listening");
    pauseSocket(engine, s, `${serviceOf(engine, s)?.name ?? "Its service"} was started too often`);
  }
}

function pauseSocket(engine: Engine, s: SocketState, why: string): void {
  const wasQuiet = s.pausedUntil === null || addUsec(s.pausedUntil, QUIET) < engine.now;
  s.triggerPauses = wasQuiet ? 1 : s.triggerPauses + 1;
  const pause = Math.min(FIRST_PAUSE * 2 ** Math.min(s.triggerPauses - 1, 20), LONGEST_PAUSE);
  s.pausedUntil = addUsec(engine.now, pause);
  unwatchSocket(engine, s);
  setUnitTimer(engine, s, "pause", s.pausedUntil);
  log(
    engine,
    "warning",
    s,
    `${why}, taking no connections for ${pause / USEC_PER_SEC} s (OnTriggerLimit=pause).`,
  );
}

/** The pause is over: both limits begin anew. */
export function endPause(engine: Engine, s: SocketState): void {
  resetWindow(s.triggerLimit);
  const service = serviceOf(engine, s);
  if (service !== undefined) {
    resetWindow(service.startLimit);
    service.startLimitHit = false;
  }
  if (s.sub === "listening") watchSocket(engine, s);
}

function windowEnd(s: SocketState, listener: ListenerIndex): Usec {
  const begin = s.pollLimit[listener]?.beginUsec ?? null;
  return begin === null ? 0 : addUsec(begin, s.model.socket.pollLimit.intervalUsec);
}

function armPollTimer(engine: Engine, s: SocketState): void {
  const ends = s.pausedListeners.map((listener) => windowEnd(s, listener));
  setUnitTimer(engine, s, "poll", Math.min(USEC_INFINITY, ...ends));
}

/** Counts one wake-up of a listener. With the last one that the window takes it is paused. */
export function countPoll(engine: Engine, s: SocketState, listener: ListenerIndex): void {
  const limit = s.model.socket.pollLimit;
  const window = s.pollLimit[listener];
  if (window === undefined || limit.intervalUsec === 0 || limit.burst === 0) return;
  const within = countWithin(window, limit, engine.now);
  if ((within && window.count < limit.burst) || s.pausedListeners.includes(listener)) return;
  s.pausedListeners.push(listener);
  emit(engine, { type: "pause-listener", unit: s.name, listener });
  armPollTimer(engine, s);
}

export function endPollPauses(engine: Engine, s: SocketState): void {
  const over = s.pausedListeners.filter((listener) => windowEnd(s, listener) <= engine.now);
  s.pausedListeners = s.pausedListeners.filter((listener) => !over.includes(listener));
  for (const listener of over) {
    const window = s.pollLimit[listener];
    if (window !== undefined) resetWindow(window);
    emit(engine, { type: "resume-listener", unit: s.name, listener });
  }
  armPollTimer(engine, s);
}
