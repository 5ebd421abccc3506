/**
 * The socket's sub state and what each one keeps: a timeout, the watch on the control process, the polling of its
 * listeners, the descriptors themselves (systemd's socket_set_state).
 */
import type { Usec } from "../../base/time.ts";
import type { ExecCommand } from "../../unit/model.ts";
import { broken, type Engine, emit } from "../engine.ts";
import { findUnit, linked } from "../graph.ts";
import type { ExecRole, SocketResult, SocketState, SocketSubState, UnitState } from "../state.ts";
import { clearUnitTimer, setUnitTimer } from "../timer.ts";
import { socketActiveState } from "../unit/active-state.ts";
import { forgetProcess, newProcess } from "../unit/process.ts";
import { resetWindow } from "../unit/rate-limit.ts";
import { notifyUnit } from "../unit/unit-notify.ts";

export type SocketRole = "ExecStartPre" | "ExecStartPost" | "ExecStopPre" | "ExecStopPost";

const WITH_PROCESS: ReadonlySet<SocketSubState> = new Set([
  "start-pre",
  "start-chown",
  "start-post",
  "stop-pre",
  "stop-pre-sigterm",
  "stop-pre-sigkill",
  "stop-post",
  "final-sigterm",
  "final-sigkill",
  "cleaning",
]);

const OPEN: ReadonlySet<SocketSubState> = new Set([
  "start-open",
  "start-chown",
  "start-post",
  "listening",
  "deferred",
  "running",
  "stop-pre",
  "stop-pre-sigterm",
  "stop-pre-sigkill",
]);

export function socketCommands(s: SocketState, role: SocketRole): readonly ExecCommand[] {
  switch (role) {
    case "ExecStartPre":
      return s.model.socket.execStartPre;
    case "ExecStartPost":
      return s.model.socket.execStartPost;
    case "ExecStopPre":
      return s.model.socket.execStopPre;
    case "ExecStopPost":
      return s.model.socket.execStopPost;
  }
}

/** The service that it starts (Accept=no): what it triggers, else by Service= or its own name. */
export function serviceOf(engine: Engine, s: SocketState): UnitState | undefined {
  if (s.model.socket.accept) return undefined;
  const [triggered] = linked(engine.graph, s, "Triggers");
  return (
    triggered ?? findUnit(engine.graph, s.model.socket.service ?? s.name.replace(/\.socket$/, ".service"))
  );
}

export function forgetControl(engine: Engine, s: SocketState): void {
  forgetProcess(engine, s.control);
  s.control = null;
}

/** Start polling, for what waits already too. The poll limit begins anew, as systemd's does with every watch. */
export function watchSocket(engine: Engine, s: SocketState): void {
  if (s.watched) return;
  s.watched = true;
  for (const window of s.pollLimit) resetWindow(window);
  for (const listener of s.pausedListeners) emit(engine, { type: "resume-listener", unit: s.name, listener });
  s.pausedListeners = [];
  clearUnitTimer(engine, s, "poll");
  emit(engine, { type: "watch-socket", unit: s.name });
}

export function unwatchSocket(engine: Engine, s: SocketState): void {
  if (!s.watched) return;
  s.watched = false;
  emit(engine, { type: "unwatch-socket", unit: s.name });
}

function closeSocket(engine: Engine, s: SocketState): void {
  s.pausedListeners = [];
  clearUnitTimer(engine, s, "poll");
  clearUnitTimer(engine, s, "pause");
  if (!s.open) return;
  s.open = false;
  emit(engine, { type: "close-socket", unit: s.name });
}

function dropWhatIsNotKept(engine: Engine, s: SocketState, sub: SocketSubState): void {
  if (!WITH_PROCESS.has(sub)) {
    if (sub !== "deferred") clearUnitTimer(engine, s, "state");
    forgetControl(engine, s);
    s.controlCommand = null;
  }
  if (sub !== "listening") unwatchSocket(engine, s);
  if (!OPEN.has(sub)) closeSocket(engine, s);
}

export function setSocketState(engine: Engine, s: SocketState, sub: SocketSubState): void {
  const fromSub = s.sub;
  s.sub = sub;
  if (sub === "deferred") engine.deferred.add(s);
  else engine.deferred.delete(s);
  dropWhatIsNotKept(engine, s, sub);
  notifyUnit(engine, s, { fromActive: socketActiveState(fromSub), fromSub, reloadOk: true });
}

/** The first thing that goes wrong is the result. */
export function noteResult(s: SocketState, result: SocketResult): void {
  if (s.result === "success") s.result = result;
}

export function armStateTimer(engine: Engine, s: SocketState, at: Usec): void {
  setUnitTimer(engine, s, "state", at);
}

/** ExecStartPre= never gets the descriptors: they are not open yet. */
function passesSockets(s: SocketState, role: ExecRole): boolean {
  return s.model.socket.passFileDescriptorsToExec && s.open && role !== "ExecStartPre";
}

export function spawnControl(engine: Engine, s: SocketState, role: SocketRole, index: number): void {
  const process = newProcess(engine);
  forgetControl(engine, s);
  s.control = process;
  s.controlCommand = { role, index };
  emit(engine, {
    type: "spawn",
    unit: s.name,
    token: process.token,
    role,
    command: socketCommands(s, role)[index] ?? broken(`${s.name} has no ${role} number ${index}`),
    invocationId: s.invocationId ?? broken(`${s.name} has no invocation id`),
    passSockets: passesSockets(s, role) ? [s.name] : [],
    passConnection: null,
    passStored: false,
    notifySocket: false,
    watchdogUsec: 0,
    fdStoreMax: 0,
    idle: false,
    applyPermissions: true,
    applyRoot: true,
    environment: [],
  });
}
