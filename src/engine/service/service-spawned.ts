/** A spawn is answered: there is a process, its program runs, or it could not be made. */
import { type Engine, log } from "../engine.ts";
import type { Spawned } from "../event.ts";
import type { ServiceState } from "../state.ts";
import { bindPid, noteControlStart } from "../unit/process.ts";
import { controlEnded, mainEnded } from "./service-exit.ts";
import { mainIsKnown } from "./service-main-pid.ts";
import { mainStarted } from "./service-ready.ts";
import { endReload } from "./service-running.ts";
import { enterStartPost } from "./service-start.ts";
import { forgetControl, forgetMain } from "./service-state.ts";
import { enterDead, enterSignal, enterStop } from "./service-stop.ts";

/** The process of a spawn exists. */
export function serviceSpawned(engine: Engine, s: ServiceState, event: Spawned): void {
  const { token, pid, executed } = event;
  if (s.main?.token === token) {
    s.mayHaveProcesses = true;
    bindPid(engine, s, s.main, pid);
    mainIsKnown(engine, s, pid);
    const { type } = s.model.service;
    const isUp = type === "simple" || type === "idle" || (type === "exec" && executed);
    if (s.sub === "start" && isUp) mainStarted(engine, s);
  } else if (s.control?.token === token) {
    s.mayHaveProcesses = true;
    bindPid(engine, s, s.control, pid);
    noteControlStart(engine, s, pid);
  }
}

/** The program of a Type=exec service runs. */
export function serviceExecuted(engine: Engine, s: ServiceState, token: number): void {
  if (s.main?.token === token && s.sub === "start" && s.model.service.type === "exec") mainStarted(engine, s);
}

/**
 * With an exit status it is as if the process had been there and had ended so; for a simple service that means that
 * it was started, as under systemd. Without one there were no resources for a process.
 */
export function serviceSpawnFailed(
  engine: Engine,
  s: ServiceState,
  token: number,
  exitStatus: number | null,
  message: string,
): void {
  const isMain = s.main?.token === token;
  if (!isMain && s.control?.token !== token) return;
  log(engine, "error", s, message);
  if (exitStatus === null) {
    if (isMain) mainSpawnFailed(engine, s);
    else controlSpawnFailed(engine, s);
  } else if (isMain) {
    mainFailedInSetup(engine, s, exitStatus);
  } else {
    noteControlStart(engine, s, 0);
    controlEnded(engine, s, { code: "exited", status: exitStatus });
  }
}

function mainFailedInSetup(engine: Engine, s: ServiceState, exitStatus: number): void {
  const { type } = s.model.service;
  const process = s.main;
  mainIsKnown(engine, s, 0);
  const counts = s.model.usher.readyChecks.length === 0 && (type === "simple" || type === "idle");
  if (s.sub === "start" && counts) enterStartPost(engine, s);
  if (s.main === process) mainEnded(engine, s, { code: "exited", status: exitStatus });
}

function mainSpawnFailed(engine: Engine, s: ServiceState): void {
  const first = s.mainIndex === 0;
  forgetMain(engine, s);
  if (first) enterSignal(engine, s, "stop-sigterm", "resources");
  else enterStop(engine, s, "resources");
}

function controlSpawnFailed(engine: Engine, s: ServiceState): void {
  const first = s.controlCommand?.index === 0;
  forgetControl(engine, s);
  switch (s.sub) {
    case "condition":
    case "start-pre":
      if (first) enterDead(engine, s, "resources", true);
      else enterSignal(engine, s, "stop-sigterm", "resources");
      break;
    case "start-post":
      if (first) enterStop(engine, s, "resources");
      else enterSignal(engine, s, "stop-sigterm", "resources");
      break;
    case "reload":
      endReload(engine, s, "resources");
      break;
    case "stop-post":
      if (first) enterSignal(engine, s, "final-sigterm", "resources");
      else enterDead(engine, s, "resources", true);
      break;
    default:
      enterSignal(engine, s, "stop-sigterm", "resources");
  }
}
