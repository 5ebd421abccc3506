/**
 * Closing a socket (systemd.socket(5)): ExecStopPre= while it is still open, the descriptors closed, ExecStopPost=,
 * then signals for what these commands left behind. The service that it started is not touched.
 */
import { SIGHUP, SIGKILL } from "../../base/signal.ts";
import { type Engine, emit, log } from "../engine.ts";
import { hasJobOfType } from "../job/job.ts";
import { phaseEnd, type StopPhase } from "../shutdown/stop-budget.ts";
import type { SocketResult, SocketState } from "../state.ts";
import {
  armStateTimer,
  forgetControl,
  noteResult,
  setSocketState,
  socketCommands,
  spawnControl,
} from "./socket-state.ts";

type SignalState = "stop-pre-sigterm" | "stop-pre-sigkill" | "final-sigterm" | "final-sigkill";

function signalFor(s: SocketState, state: SignalState): number {
  const kill = s.model.kill;
  if (state === "stop-pre-sigkill" || state === "final-sigkill") return kill.finalKillSignal;
  const restarts = state === "stop-pre-sigterm" && hasJobOfType(s, "restart");
  return restarts ? (kill.restartKillSignal ?? kill.killSignal) : kill.killSignal;
}

function killProcesses(engine: Engine, s: SocketState, state: SignalState): boolean {
  const { killMode, sendSighup } = s.model.kill;
  if (killMode === "none") return false;
  const signal = signalFor(s, state);
  const isKill = state === "stop-pre-sigkill" || state === "final-sigkill";
  const pid = s.control?.pid ?? null;
  if (s.control !== null && pid === null) s.control.pendingSignal = signal;
  const rest = s.mayHaveProcesses && (killMode === "control-group" || (killMode === "mixed" && isKill));
  if (pid === null && !rest) return s.control !== null;
  const pids = pid === null ? [] : [pid];
  const sighup = sendSighup && !isKill && signal !== SIGHUP;
  emit(engine, {
    type: "kill",
    unit: s.name,
    signal,
    pids,
    rest,
    spare: [],
    sigcont: signal !== SIGKILL,
    sighup,
  });
  return true;
}

function armStopTimer(engine: Engine, s: SocketState, phase: StopPhase): void {
  const hasStopPost = s.model.socket.execStopPost.length > 0;
  armStateTimer(engine, s, phaseEnd(engine, s, phase, s.model.socket.timeoutUsec, hasStopPost));
}

const PHASE: Readonly<Record<SignalState, StopPhase>> = {
  "stop-pre-sigterm": "sigterm",
  "stop-pre-sigkill": "sigkill",
  "final-sigterm": "final-sigterm",
  "final-sigkill": "final-sigkill",
};

export function enterSignal(engine: Engine, s: SocketState, state: SignalState, result: SocketResult): void {
  noteResult(s, result);
  if (killProcesses(engine, s, state)) {
    armStopTimer(engine, s, PHASE[state]);
    setSocketState(engine, s, state);
  } else if (state === "stop-pre-sigterm") {
    enterSignal(engine, s, "stop-pre-sigkill", "success");
  } else if (state === "stop-pre-sigkill") {
    enterStopPost(engine, s, "success");
  } else if (state === "final-sigterm") {
    enterSignal(engine, s, "final-sigkill", "success");
  } else {
    enterDead(engine, s, "success");
  }
}

export function runStopCommand(
  engine: Engine,
  s: SocketState,
  role: "ExecStopPre" | "ExecStopPost",
  index: number,
): void {
  spawnControl(engine, s, role, index);
  armStopTimer(engine, s, role === "ExecStopPre" ? "stop" : "stop-post");
}

export function enterStopPost(engine: Engine, s: SocketState, result: SocketResult): void {
  noteResult(s, result);
  forgetControl(engine, s);
  if (socketCommands(s, "ExecStopPost").length === 0) {
    enterSignal(engine, s, "final-sigterm", "success");
    return;
  }
  runStopCommand(engine, s, "ExecStopPost", 0);
  setSocketState(engine, s, "stop-post");
}

export function enterStopPre(engine: Engine, s: SocketState, result: SocketResult): void {
  noteResult(s, result);
  forgetControl(engine, s);
  if (socketCommands(s, "ExecStopPre").length === 0) {
    enterStopPost(engine, s, "success");
    return;
  }
  runStopCommand(engine, s, "ExecStopPre", 0);
  setSocketState(engine, s, "stop-pre");
}

export function enterDead(engine: Engine, s: SocketState, result: SocketResult): void {
  noteResult(s, result);
  if (s.result === "success") log(engine, "debug", s, "Deactivated successfully.");
  else log(engine, "warning", s, `Failed with result '${s.result}'.`);
  setSocketState(engine, s, s.result === "success" ? "dead" : "failed");
  if (s.model.exec.runtimeDirectoryPreserve !== "yes")
    emit(engine, { type: "remove-runtime-directories", unit: s.name });
}
