/**
 * The service's sub state and what each one keeps: a timeout, the watch on the main and the control process, the
 * watchdog. Entering a state that does not keep one of them drops it (systemd's service_set_state).
 */
import { USEC_INFINITY, type Usec } from "../../base/time.ts";
import { type Engine, emit } from "../engine.ts";
import type { ServiceResult, ServiceState, ServiceSubState } from "../state.ts";
import { clearUnitTimer, setUnitTimer } from "../timer.ts";
import { serviceActiveState } from "../unit/active-state.ts";
import { forgetProcess } from "../unit/process.ts";
import { notifyUnit } from "../unit/unit-notify.ts";

const STARTING: readonly ServiceSubState[] = ["condition", "start-pre", "start", "start-post"];
const RELOADING: readonly ServiceSubState[] = ["reload", "reload-signal", "reload-notify"];
const STOPPING: readonly ServiceSubState[] = [
  "stop",
  "stop-watchdog",
  "stop-sigterm",
  "stop-sigkill",
  "stop-post",
  "final-watchdog",
  "final-sigterm",
  "final-sigkill",
];

const WITH_CONTROL: ReadonlySet<ServiceSubState> = new Set([
  ...STARTING,
  ...RELOADING,
  ...STOPPING,
  "cleaning",
]);
const WITH_TIMER: ReadonlySet<ServiceSubState> = new Set([...WITH_CONTROL, "running", "auto-restart"]);
const WITH_MAIN: ReadonlySet<ServiceSubState> = new Set([
  "start",
  "start-post",
  "running",
  ...RELOADING,
  ...STOPPING,
]);
const WITH_WATCHDOG: ReadonlySet<ServiceSubState> = new Set(["start-post", "running", ...RELOADING]);

export function forgetMain(engine: Engine, s: ServiceState): void {
  forgetProcess(engine, s.main);
  s.main = null;
}

export function forgetControl(engine: Engine, s: ServiceState): void {
  forgetProcess(engine, s.control);
  s.control = null;
}

export function unwatchPidFile(engine: Engine, s: ServiceState): void {
  if (s.pidFileQuestion === "watch") emit(engine, { type: "unwatch-pid-file", unit: s.name });
  s.pidFileQuestion = null;
}

function dropWhatIsNotKept(engine: Engine, s: ServiceState, sub: ServiceSubState): void {
  unwatchPidFile(engine, s);
  if (!WITH_TIMER.has(sub)) clearUnitTimer(engine, s, "state");
  if (!WITH_MAIN.has(sub)) {
    forgetMain(engine, s);
    s.mainIndex = null;
    s.pendingMainExit = null;
  }
  if (!WITH_CONTROL.has(sub)) {
    forgetControl(engine, s);
    s.controlCommand = null;
  }
  if (sub !== "start") s.readyToken = null;
  if (!WITH_WATCHDOG.has(sub)) clearUnitTimer(engine, s, "watchdog");
}

export function setServiceState(engine: Engine, s: ServiceState, sub: ServiceSubState): void {
  const idle = s.model.service.type === "idle";
  const fromSub = s.sub;
  s.sub = sub;
  dropWhatIsNotKept(engine, s, sub);
  const reloadOk = s.reloadResult === "success";
  notifyUnit(engine, s, { fromActive: serviceActiveState(fromSub, idle), fromSub, reloadOk });
}

/** The first thing that goes wrong is the result. */
export function noteResult(s: ServiceState, result: ServiceResult): void {
  if (s.result === "success") s.result = result;
}

export function armStateTimer(engine: Engine, s: ServiceState, at: Usec): void {
  setUnitTimer(engine, s, "state", at);
}

export function watchdogUsec(s: ServiceState): Usec {
  return s.watchdogOverrideUsec ?? s.model.service.watchdogUsec;
}

/** A sign of life (or the watchdog's begin): it is due again after WatchdogSec=. */
export function resetWatchdog(engine: Engine, s: ServiceState): void {
  s.watchdogTimestamp = engine.now;
  armWatchdog(engine, s);
}

export function watchdogApplies(s: ServiceState): boolean {
  return WITH_WATCHDOG.has(s.sub);
}

export function armWatchdog(engine: Engine, s: ServiceState): void {
  const usec = watchdogUsec(s);
  const off = usec === 0 || usec >= USEC_INFINITY || s.watchdogTimestamp === null;
  setUnitTimer(
    engine,
    s,
    "watchdog",
    off || s.watchdogTimestamp === null ? USEC_INFINITY : s.watchdogTimestamp + usec,
  );
}

/** -1: nobody knows which process is the main one; 0: it is gone; 1: it is there. */
export function mainGood(s: ServiceState): -1 | 0 | 1 {
  if (!s.mainKnown && s.main === null) return -1;
  return s.main === null ? 0 : 1;
}

/** Is there something that keeps the service up? */
export function serviceGood(s: ServiceState): boolean {
  if (s.model.service.type === "dbus" && !s.busNameGood) return false;
  const main = mainGood(s);
  if (main === 1) return true;
  if (main === 0 && s.model.service.exitType === "main") return false;
  return s.mayHaveProcesses;
}
