/**
 * The processes that a machine waits for: one main and one control process for a service, one control process for a
 * socket. A process exists from its `spawn` on; its pid comes with `spawned`.
 */
import { SIGKILL } from "../../base/signal.ts";
import { type Engine, emit, nextToken } from "../engine.ts";
import type {
  CommandPosition,
  Process,
  ProcessStatus,
  ServiceState,
  SocketState,
  UnitState,
} from "../state.ts";
import type { ProcessEnd } from "./exit-status.ts";

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

type Controlled = ServiceState | SocketState;

export function noteControlStart(engine: Engine, s: Controlled, pid: number): void {
  if (s.controlCommand === null) return;
  const { role, index } = s.controlCommand;
  s.execControl[role] = { ...startedStatus(pid, engine.now), index };
}

export function noteControlEnd(
  engine: Engine,
  s: Controlled,
  end: ProcessEnd,
  position: CommandPosition | null,
): void {
  const status = position === null ? undefined : s.execControl[position.role];
  if (status !== undefined)
    Object.assign(status, { exitUsec: engine.now, code: end.code, status: end.status });
}
