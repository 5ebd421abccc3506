/**
 * Opening a socket: ExecStartPre=, then the descriptors with their files, owners and symlinks (the runtime does all of
 * that in one go, so the state `start-chown` is never seen), then ExecStartPost=, then `listening`.
 */
import { addUsec } from "../../base/time.ts";
import { acquireInvocationId, type Engine, emit, log } from "../engine.ts";
import type { SocketFailed } from "../event.ts";
import type { RunOutcome } from "../job/run-outcome.ts";
import type { SocketState, UnitState } from "../state.ts";
import { activeState, isInactiveOrFailed } from "../unit/active-state.ts";
import { countStart } from "../unit/start-limit.ts";
import {
  armStateTimer,
  forgetControl,
  serviceOf,
  setSocketState,
  socketCommands,
  spawnControl,
  watchSocket,
} from "./socket-state.ts";
import { enterDead, enterSignal, enterStopPre } from "./socket-stop.ts";

export function runStartCommand(
  engine: Engine,
  s: SocketState,
  role: "ExecStartPre" | "ExecStartPost",
  index: number,
): void {
  spawnControl(engine, s, role, index);
  armStateTimer(engine, s, addUsec(engine.now, s.model.socket.timeoutUsec));
}

/** Polls again; with FlushPending= what came meanwhile is thrown away first. */
export function enterListening(engine: Engine, s: SocketState): void {
  const { accept, flushPending } = s.model.socket;
  if (!accept && flushPending) emit(engine, { type: "flush-socket", unit: s.name });
  const isPaused = s.pausedUntil !== null && s.pausedUntil > engine.now;
  setSocketState(engine, s, "listening");
  if (!isPaused) watchSocket(engine, s);
}

export function enterStartPost(engine: Engine, s: SocketState): void {
  forgetControl(engine, s);
  if (socketCommands(s, "ExecStartPost").length === 0) {
    enterListening(engine, s);
    return;
  }
  runStartCommand(engine, s, "ExecStartPost", 0);
  setSocketState(engine, s, "start-post");
}

export function enterStartOpen(engine: Engine, s: SocketState): void {
  forgetControl(engine, s);
  s.open = true;
  setSocketState(engine, s, "start-open");
  emit(engine, { type: "open-socket", unit: s.name });
}

export function socketOpened(engine: Engine, s: SocketState): void {
  if (s.sub === "start-open") enterStartPost(engine, s);
}

export function socketFailed(engine: Engine, s: SocketState, event: SocketFailed): void {
  if (s.sub !== "start-open") return;
  log(engine, "error", s, `Failed to listen on sockets: ${event.message}`);
  enterStopPre(engine, s, event.result);
}

function enterStartPre(engine: Engine, s: SocketState): void {
  if (socketCommands(s, "ExecStartPre").length === 0) {
    enterStartOpen(engine, s);
    return;
  }
  runStartCommand(engine, s, "ExecStartPre", 0);
  setSocketState(engine, s, "start-pre");
}

/** Waiting for an automatic restart is not running; with `finalToo` neither is the very end of a stop. */
export function isServiceActive(service: UnitState, finalToo: boolean): boolean {
  if (isInactiveOrFailed(activeState(service))) return false;
  if (service.sub === "auto-restart" || service.sub === "auto-restart-queued") return false;
  return !(finalToo && ["final-sigterm", "final-sigkill", "cleaning"].includes(service.sub));
}

/** Why this socket can't be started next to its service; null: it can. */
function serviceObstacle(engine: Engine, s: SocketState): string | null {
  if (s.model.socket.accept) return null;
  const service = serviceOf(engine, s);
  if (service === undefined) return "Socket has no service, refusing.";
  if (service.loadState !== "loaded" && service.loadState !== "stub")
    return `Socket service ${service.name} not loaded, refusing.`;
  return isServiceActive(service, false) ? `Socket service ${service.name} already active, refusing.` : null;
}

function begin(engine: Engine, s: SocketState): RunOutcome {
  if (!countStart(engine, s)) {
    enterDead(engine, s, "start-limit-hit");
    return "failed";
  }
  const obstacle = serviceObstacle(engine, s);
  if (obstacle !== null) {
    log(engine, "error", s, obstacle);
    return "failed";
  }
  acquireInvocationId(engine, s);
  s.result = "success";
  s.execControl = {};
  s.triggerPauses = 0;
  s.pausedUntil = null;
  enterStartPre(engine, s);
  return "begun";
}

export function startSocket(engine: Engine, s: SocketState): RunOutcome {
  switch (s.sub) {
    case "start-pre":
    case "start-open":
    case "start-chown":
    case "start-post":
      return "pending";
    case "dead":
    case "failed":
      return begin(engine, s);
    default:
      return "again";
  }
}

export function stopSocket(engine: Engine, s: SocketState): RunOutcome {
  switch (s.sub) {
    case "stop-pre":
    case "stop-pre-sigterm":
    case "stop-pre-sigkill":
    case "stop-post":
    case "final-sigterm":
    case "final-sigkill":
      return "pending";
    case "start-pre":
    case "start-open":
    case "start-chown":
    case "start-post":
      enterSignal(engine, s, "stop-pre-sigterm", "success");
      return "again";
    case "cleaning":
      enterSignal(engine, s, "final-sigkill", "success");
      return "pending";
    case "listening":
    case "deferred":
    case "running":
      enterStopPre(engine, s, "success");
      return "begun";
    case "dead":
    case "failed":
      return "already";
  }
}
