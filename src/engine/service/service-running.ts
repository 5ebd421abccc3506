/** A service that is up, and the reload of one. */
import { addUsec, USEC_INFINITY, type Usec } from "../../base/time.ts";
import { derivedWord } from "../derive.ts";
import { type Engine, emit } from "../engine.ts";
import type { ServiceResult, ServiceState } from "../state.ts";
import { sendSignal } from "../unit/process.ts";
import { hasCommand, spawnControl } from "./service-spawn.ts";
import { armStateTimer, forgetControl, noteResult, serviceGood, setServiceState } from "./service-state.ts";
import { enterSignal, enterStop, enterStopByNotify } from "./service-stop.ts";

/** RuntimeMaxSec= and RuntimeRandomizedExtraSec=, from when it became active. */
function runtimeEnd(engine: Engine, s: ServiceState): Usec {
  const { runtimeMaxUsec, runtimeRandomizedExtraUsec } = s.model.service;
  if (runtimeMaxUsec >= USEC_INFINITY) return USEC_INFINITY;
  const random = derivedWord(engine.seed, engine.invocations, 3) / 2 ** 32;
  const extra = Math.floor(random * Math.min(runtimeRandomizedExtraUsec, USEC_INFINITY / 2));
  return addUsec(addUsec(s.activeEnterUsec ?? engine.now, runtimeMaxUsec), extra);
}

/** Nobody will report the end of a process that is not known: ask to be told when all are gone. */
function watchForEnd(engine: Engine, s: ServiceState): void {
  const watched = s.main !== null && s.model.service.exitType === "main";
  if (!watched && s.mayHaveProcesses) emit(engine, { type: "scan-processes", unit: s.name });
}

export function enterRunning(engine: Engine, s: ServiceState, result: ServiceResult): void {
  noteResult(s, result);
  forgetControl(engine, s);
  if (s.result !== "success") enterSignal(engine, s, "stop-sigterm", result);
  else if (serviceGood(s)) enterUp(engine, s);
  else if (s.model.service.remainAfterExit) setServiceState(engine, s, "exited");
  else enterStop(engine, s, "success");
}

/** Messages that came while it still started hold now. */
function enterUp(engine: Engine, s: ServiceState): void {
  if (s.notifyState === "reloading") {
    enterReloadByNotify(engine, s);
  } else if (s.notifyState === "stopping") {
    enterStopByNotify(engine, s);
  } else {
    const wasRunning = s.sub === "running";
    setServiceState(engine, s, "running");
    armStateTimer(engine, s, runtimeEnd(engine, s));
    if (!wasRunning) watchForEnd(engine, s);
  }
}

export function enterReloadByNotify(engine: Engine, s: ServiceState): void {
  armStateTimer(engine, s, addUsec(engine.now, s.model.service.timeoutStartUsec));
  setServiceState(engine, s, "reload-notify");
  engine.work.push({ kind: "propagate-reload", unit: s });
}

/** ReloadSignal= to a Type=notify-reload service, then ExecReload= if there is one. */
export function enterReload(engine: Engine, s: ServiceState): void {
  forgetControl(engine, s);
  s.reloadResult = "success";
  s.reloadBeginUsec = engine.now;
  const signals = s.model.service.type === "notify-reload" && s.main !== null && s.main.pid !== null;
  if (signals && s.main !== null && s.main.pid !== null) {
    sendSignal(engine, s, [s.main.pid], s.model.service.reloadSignal);
  }
  if (hasCommand(s, "ExecReload")) {
    runReloadCommand(engine, s, 0);
    setServiceState(engine, s, "reload");
  } else if (signals) {
    armStateTimer(engine, s, addUsec(engine.now, s.model.service.timeoutStartUsec));
    setServiceState(engine, s, "reload-signal");
  } else {
    enterRunning(engine, s, "success");
  }
}

export function runReloadCommand(engine: Engine, s: ServiceState, index: number): void {
  spawnControl(engine, s, "ExecReload", index);
  armStateTimer(engine, s, addUsec(engine.now, s.model.service.timeoutStartUsec));
}

export function endReload(engine: Engine, s: ServiceState, result: ServiceResult): void {
  s.reloadResult = result;
  enterRunning(engine, s, "success");
}

/** While the service itself says that it still reloads, its READY=1 is waited for. */
export function leaveReload(engine: Engine, s: ServiceState): void {
  if (s.notifyState === "reloading") setServiceState(engine, s, "reload-notify");
  else enterRunning(engine, s, "success");
}
