/**
 * The processes that a machine waits for: one main and one control process for a service, one control process for a
 * socket. A process exists from its `spawn` on; its pid comes with `spawned`.
 */
import { SIGKILL } from "../../base/signal.ts";
import { type Engine, emit, nextToken } from "../engine.ts";
import type { Process, ProcessStatus, UnitState } from "../state.ts";

export function newProcess(engine: Engine): Process {
  return { token: nextToken(engine), pid: null, pendingSignal: null };
}

/** Stop waiting for it. */
export function forgetProcess(engine: Engine, process: Process | null): void {
  if (process !== null && process.pid !== null) engine.pids.delete(process.pid);
}

export function watchPid(engine: Engine, unit: UnitState, pid: number): void {
  engine.pids.set(pid, unit);
}

/** The pid is known: signals that came too early are sent now. */
export function bindPid(engine: Engine, unit: UnitState, process: Process, pid: number): void {
  process.pid = pid;
  watchPid(engine, unit, pid);
  if (process.pendingSignal === null) return;
  sendSignal(engine, unit, [pid], process.pendingSignal);
  process.pendingSignal = null;
}

export function sendSignal(engine: Engine, unit: UnitState, pids: readonly number[], signal: number): void {
  const sigcont = signal !== SIGKILL;
  emit(engine, {
    type: "kill",
    unit: unit.name,
    signal,
    pids,
    rest: false,
    spare: [],
    sigcont,
    sighup: false,
  });
}

/** Signals one process, or remembers the signal until there is a pid. */
export function signalProcess(engine: Engine, unit: UnitState, process: Process, signal: number): void {
  if (process.pid === null) process.pendingSignal = signal;
  else sendSignal(engine, unit, [process.pid], signal);
}

export function startedStatus(pid: number, now: number): ProcessStatus {
  return { pid, startUsec: now, exitUsec: null, code: null, status: 0 };
}
