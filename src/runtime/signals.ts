/**
 * What each signal means to usher as PID 1 (systemd(1), "Signals", as far as a container has them).
 *
 * Stop requests come as whatever the image's STOPSIGNAL says, so every signal that people put there is a stop. What
 * isn't a stop is passed to the command given on the command line, if there is one, and ignored otherwise.
 */
import type { ShutdownKind } from "../engine/state.ts";
import type { Runtime } from "./runtime.ts";

const SIGHUP = 1;
const SIGINT = 2;
const SIGQUIT = 3;
const SIGTERM = 15;
const SIGCHLD = 17;
const SIGCONT = 18;
const SIGURG = 23;
const SIGPWR = 30;
const SIGRTMIN = 34;

const STOPS: Readonly<Record<number, ShutdownKind>> = {
  [SIGINT]: "exit",
  [SIGQUIT]: "exit",
  [SIGTERM]: "exit",
  [SIGPWR]: "poweroff",
  [SIGRTMIN + 3]: "halt",
  [SIGRTMIN + 4]: "poweroff",
  [SIGRTMIN + 5]: "reboot",
  [SIGRTMIN + 6]: "kexec",
  [SIGRTMIN + 13]: "halt",
  [SIGRTMIN + 14]: "poweroff",
  [SIGRTMIN + 15]: "reboot",
};

const CODES = { 1: "exited", 2: "killed", 3: "dumped" } as const;

export function onSignal(runtime: Runtime, signal: number, reload: () => void): void {
  const stop = STOPS[signal];
  if (signal === SIGCHLD) reapChildren(runtime);
  else if (stop !== undefined) requestStop(runtime, stop, signal);
  else if (runtime.foregroundPid > 0 && signal !== SIGCONT && signal !== SIGURG)
    runtime.host.kill(runtime.foregroundPid, signal);
  else if (signal === SIGHUP) reload();
}

/** The first request stops everything in order, the next ones hasten it. */
export function requestStop(runtime: Runtime, kind: ShutdownKind, signal: number): void {
  const already = runtime.engine.shutdown !== null;
  runtime.log.write(
    "info",
    null,
    already ? `signal ${signal} again: hastening the stop` : `signal ${signal}: stopping`,
  );
  if (already) runtime.emit({ type: "shutdown-hastened" });
  else runtime.emit({ type: "shutdown-requested", kind, exitCode: null, budgetUsec: null });
}

/** Messages of a process are taken before its death (sd_notify(3) allows READY=1 and exit at once). */
export function reapChildren(runtime: Runtime): void {
  runtime.notify?.drain();
  // All are reaped before any is told of: one look at /proc then serves all of these units, and it sees what the dead
  // have left behind.
  const reaped = runtime.host.reap((pid, siCode, status) => {
    const code = CODES[siCode as 1 | 2 | 3];
    if (pid === runtime.foregroundPid) runtime.foregroundPid = 0;
    runtime.activation?.readiness.reaped(pid, code === "exited" && status === 0);
    if (code !== undefined) runtime.ends.push({ pid, code, status });
  });
  if (reaped > 0) tellEnds(runtime);
}

/** Tells of all that were reaped; what an interrupted round has left over comes first. */
export function tellEnds(runtime: Runtime): void {
  for (let end = runtime.ends.shift(); end !== undefined; end = runtime.ends.shift()) {
    const { pid, code, status } = end;
    const alone = runtime.processes.died(pid);
    runtime.emit({ type: "process-exited", pid, code, status, alone });
    const unit = runtime.cleaners.get(pid);
    if (unit === undefined) continue;
    runtime.cleaners.delete(pid);
    runtime.emit({ type: "cleaned", unit, ok: code === "exited" && status === 0 });
  }
  runtime.processes.childrenDied();
  runtime.whenChildrenDied?.();
}
