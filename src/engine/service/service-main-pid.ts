/** Which process is the main one: spawned as such, named in a message or a PID file, or guessed (systemd.service(5)). */
import { type Engine, emit } from "../engine.ts";
import type { PidFileQuestion, ServiceState } from "../state.ts";
import { newProcess, startedStatus, watchPid } from "../unit/process.ts";
import { forgetMain } from "./service-state.ts";

export function mainIsKnown(engine: Engine, s: ServiceState, pid: number): void {
  s.mainKnown = true;
  s.execMain = startedStatus(pid, engine.now);
}

/** Another process is the main one from now on. */
export function setMainPid(engine: Engine, s: ServiceState, pid: number): void {
  if (s.main?.pid === pid) return;
  forgetMain(engine, s);
  s.main = newProcess(engine);
  s.main.pid = pid;
  s.mainIndex = null;
  watchPid(engine, s, pid);
  mainIsKnown(engine, s, pid);
}

export function askPidFile(engine: Engine, s: ServiceState, question: PidFileQuestion): void {
  s.pidFileQuestion = question;
  emit(engine, { type: "read-pid-file", unit: s.name });
}

export function guessMain(engine: Engine, s: ServiceState): void {
  if (s.mainKnown || !s.model.service.guessMainPid) return;
  emit(engine, { type: "guess-main-pid", unit: s.name });
}

export function mainPidGuessed(engine: Engine, s: ServiceState, pid: number | null): void {
  const isUp = s.sub === "start-post" || s.sub === "running" || s.sub.startsWith("reload");
  if (pid !== null && !s.mainKnown && isUp) setMainPid(engine, s, pid);
}
