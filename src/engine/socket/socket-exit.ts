/** A control process of a socket came, ended or could not be made, or its time is over (systemd's socket.c). */
import { type Engine, log } from "../engine.ts";
import type { SocketResult, SocketState } from "../state.ts";
import { describeExit, isCleanExit, type ProcessEnd, resultOfExit } from "../unit/exit-status.ts";
import { bindPid, noteControlEnd, noteControlStart } from "../unit/process.ts";
import { enterListening, enterStartOpen, runStartCommand } from "./socket-start.ts";
import { forgetControl, noteResult, type SocketRole, socketCommands } from "./socket-state.ts";
import { enterDead, enterSignal, enterStopPost, enterStopPre, runStopCommand } from "./socket-stop.ts";

export function socketSpawned(engine: Engine, s: SocketState, token: number, pid: number): void {
  if (s.control?.token !== token) return;
  s.mayHaveProcesses = true;
  bindPid(engine, s, s.control, pid);
  noteControlStart(engine, s, pid);
}

export function socketSpawnFailed(
  engine: Engine,
  s: SocketState,
  token: number,
  exitStatus: number | null,
  message: string,
): void {
  if (s.control?.token !== token) return;
  log(engine, "error", s, message);
  if (exitStatus !== null) {
    noteControlStart(engine, s, 0);
    controlEnded(engine, s, { code: "exited", status: exitStatus });
    return;
  }
  const first = s.controlCommand?.index === 0;
  forgetControl(engine, s);
  spawnImpossible(engine, s, first);
}

function spawnImpossible(engine: Engine, s: SocketState, first: boolean): void {
  switch (s.sub) {
    case "start-pre":
      if (first) enterDead(engine, s, "resources");
      else enterSignal(engine, s, "final-sigterm", "resources");
      break;
    case "start-post":
      enterStopPre(engine, s, "resources");
      break;
    case "stop-pre":
      if (first) enterStopPost(engine, s, "resources");
      else enterSignal(engine, s, "final-sigterm", "resources");
      break;
    case "stop-post":
      if (first) enterSignal(engine, s, "final-sigterm", "resources");
      else enterDead(engine, s, "resources");
      break;
    default:
      break;
  }
}

export function socketProcessExited(engine: Engine, s: SocketState, pid: number, end: ProcessEnd): void {
  if (s.control?.pid === pid) controlEnded(engine, s, end);
}

function runNext(engine: Engine, s: SocketState, role: SocketRole, index: number): void {
  if (role === "ExecStartPre" || role === "ExecStartPost") runStartCommand(engine, s, role, index);
  else runStopCommand(engine, s, role, index);
}

function controlEnded(engine: Engine, s: SocketState, end: ProcessEnd): void {
  const position = s.controlCommand;
  const role = position === null ? null : (position.role as SocketRole);
  const commands = role === null ? [] : socketCommands(s, role);
  const ignored = position !== null && commands[position.index]?.ignoreFailure === true;
  const result: SocketResult = ignored || isCleanExit(end, false, null) ? "success" : resultOfExit(end);
  forgetControl(engine, s);
  noteControlEnd(engine, s, end, position);
  const level = result === "success" ? "debug" : end.code === "exited" ? "notice" : "warning";
  log(engine, level, s, `Control process exited, ${describeExit(end)}`);
  noteResult(s, result);
  const next = (position?.index ?? 0) + 1;
  if (role !== null && result === "success" && next < commands.length) runNext(engine, s, role, next);
  else controlsDone(engine, s, result);
}

function controlsDone(engine: Engine, s: SocketState, result: SocketResult): void {
  s.controlCommand = null;
  const ok = result === "success";
  switch (s.sub) {
    case "start-pre":
      if (ok) enterStartOpen(engine, s);
      else enterSignal(engine, s, "final-sigterm", result);
      break;
    case "start-post":
      if (ok) enterListening(engine, s);
      else enterStopPre(engine, s, result);
      break;
    case "stop-pre":
    case "stop-pre-sigterm":
    case "stop-pre-sigkill":
      enterStopPost(engine, s, result);
      break;
    case "stop-post":
      enterSignal(engine, s, "final-sigterm", result);
      break;
    case "final-sigterm":
    case "final-sigkill":
      enterDead(engine, s, result);
      break;
    default:
      break;
  }
}

export function socketProcessesGone(engine: Engine, s: SocketState): void {
  s.mayHaveProcesses = false;
  if (s.control !== null) return;
  if (s.sub === "stop-pre-sigterm" || s.sub === "stop-pre-sigkill") enterStopPost(engine, s, "success");
  else if (s.sub === "final-sigterm" || s.sub === "final-sigkill") enterDead(engine, s, "success");
}

function warn(engine: Engine, s: SocketState, message: string): void {
  log(engine, "warning", s, message);
}

export function socketTimedOut(engine: Engine, s: SocketState): void {
  const sendsSigkill = s.model.kill.sendSigkill;
  switch (s.sub) {
    case "start-pre":
      warn(engine, s, "Starting timed out. Terminating.");
      enterSignal(engine, s, "final-sigterm", "timeout");
      break;
    case "start-chown":
    case "start-post":
      warn(engine, s, "Starting timed out. Stopping.");
      enterStopPre(engine, s, "timeout");
      break;
    case "deferred":
      warn(engine, s, "DeferTriggerMaxSec= elapsed. Stopping.");
      enterStopPre(engine, s, "timeout");
      break;
    case "stop-pre":
      warn(engine, s, "Stopping timed out. Terminating.");
      enterSignal(engine, s, "stop-pre-sigterm", "timeout");
      break;
    case "stop-pre-sigterm":
      warn(engine, s, `Stopping timed out. ${sendsSigkill ? "Killing." : "Skipping SIGKILL. Ignoring."}`);
      if (sendsSigkill) enterSignal(engine, s, "stop-pre-sigkill", "timeout");
      else enterStopPost(engine, s, "timeout");
      break;
    case "stop-pre-sigkill":
      warn(engine, s, "Processes still around after SIGKILL. Ignoring.");
      enterStopPost(engine, s, "timeout");
      break;
    case "stop-post":
      warn(engine, s, "Stopping timed out (2). Terminating.");
      enterSignal(engine, s, "final-sigterm", "timeout");
      break;
    case "final-sigterm":
      warn(engine, s, `Stopping timed out (2). ${sendsSigkill ? "Killing." : "Skipping SIGKILL. Ignoring."}`);
      if (sendsSigkill) enterSignal(engine, s, "final-sigkill", "timeout");
      else enterDead(engine, s, "timeout");
      break;
    case "final-sigkill":
      warn(engine, s, "Still around after SIGKILL (2). Entering failed mode.");
      enterDead(engine, s, "timeout");
      break;
    case "dead":
    case "failed":
    case "start-open":
    case "listening":
    case "running":
    case "cleaning":
      break;
  }
}
