/**
 * The very end: units are down (or the budget is spent), and what still lives in the container is ended too.
 *
 * As PID 1 everything but usher itself gets SIGTERM and, a moment later, SIGKILL. When usher isn't PID 1 (a shared
 * process namespace, a test), only its own descendants do: kill(-1) would reach strangers.
 */
import type { Exit } from "../../engine/effect.ts";
import { takeSnapshot } from "../process/process-tracking.ts";
import type { Runtime } from "../runtime.ts";

const SIGKILL = 9;
const SIGTERM = 15;
const SIGCONT = 18;

/** What escaped all units has this long to end by itself. */
const LEFTOVER_USEC = 500_000;

/** After SIGKILL: processes in uninterruptible sleep are not waited for longer than this. */
const KILLED_USEC = 300_000;

export function endContainer(runtime: Runtime, order: Exit): void {
  if (runtime.ending) return;
  runtime.ending = true;
  for (const unit of order.unfinished) runtime.log.write("warn", unit, "did not stop in time and was killed");
  if (leftovers(runtime).length === 0) leave(runtime, order.code);
  else endLeftovers(runtime, order.code);
}

function endLeftovers(runtime: Runtime, code: number): void {
  signalLeftovers(runtime, SIGTERM);
  signalLeftovers(runtime, SIGCONT);
  const now = runtime.host.monotonic();
  runtime.timers.set("end:kill", now + LEFTOVER_USEC, () => {
    const names = leftovers(runtime).map((pid) => describeProcess(runtime, pid));
    if (names.length > 0)
      runtime.log.write(
        "warn",
        null,
        `killing what no unit owns and did not end: ${names.slice(0, 10).join(", ")}`,
      );
    signalLeftovers(runtime, SIGKILL);
  });
  runtime.timers.set("end:leave", now + LEFTOVER_USEC + KILLED_USEC, () => leave(runtime, code));
  runtime.whenChildrenDied = () => {
    if (leftovers(runtime).length === 0) leave(runtime, code);
  };
}

/** Living processes that must go before usher does. */
function leftovers(runtime: Runtime): number[] {
  const { host } = runtime;
  const snapshot = takeSnapshot(host);
  const living = snapshot.rows.filter((row) => !row.zombie && row.pid !== host.pid);
  if (host.isPid1) return living.filter((row) => row.parent !== 0).map((row) => row.pid);
  const descendants = new Set<number>([host.pid]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const row of living) {
      if (descendants.has(row.pid) || !descendants.has(row.parent)) continue;
      descendants.add(row.pid);
      grown = true;
    }
  }
  descendants.delete(host.pid);
  return [...descendants];
}

function signalLeftovers(runtime: Runtime, signal: number): void {
  for (const pid of leftovers(runtime)) runtime.host.kill(pid, signal);
}

function describeProcess(runtime: Runtime, pid: number): string {
  const argv = runtime.host.processArgv(pid);
  return `${typeof argv === "number" ? "?" : (argv[0] ?? "?")}[${pid}]`;
}

function leave(runtime: Runtime, code: number): void {
  for (const fd of runtime.captures) runtime.host.captureStop(fd);
  runtime.log.write("info", null, `end of the container, exit status ${code}`);
  runtime.host.exit(code);
}
