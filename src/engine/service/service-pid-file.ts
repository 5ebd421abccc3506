/**
 * PIDFile= of a daemon (systemd.service(5)): read when its start command is done, after ExecStartPost=, after a reload,
 * and when the main process ends, because it may have handed its work on.
 */
import { type Engine, emit, log } from "../engine.ts";
import type { ServiceState } from "../state.ts";
import { mainEnded } from "./service-exit.ts";
import { guessMain, setMainPid } from "./service-main-pid.ts";
import { mainStarted } from "./service-ready.ts";
import { enterRunning, leaveReload } from "./service-running.ts";
import { hasCommand } from "./service-spawn.ts";
import { enterSignal, enterStop } from "./service-stop.ts";

export function pidFileRead(
  engine: Engine,
  s: ServiceState,
  pid: number | null,
  message: string | null,
): void {
  const question = s.pidFileQuestion;
  if (question === null) return;
  if (question !== "watch") s.pidFileQuestion = null;
  if (pid === null && message !== null) log(engine, question === "main-exit" ? "debug" : "info", s, message);
  if (question === "main-exit") {
    answerMainExit(engine, s, pid);
    return;
  }
  if (pid !== null) setMainPid(engine, s, pid);
  answerPidFile(engine, s, question, pid !== null);
}

function answerMainExit(engine: Engine, s: ServiceState, pid: number | null): void {
  const end = s.pendingMainExit;
  s.pendingMainExit = null;
  if (end === null) return;
  if (pid !== null && pid !== s.main?.pid) setMainPid(engine, s, pid);
  else mainEnded(engine, s, end);
}

function answerPidFile(
  engine: Engine,
  s: ServiceState,
  question: "start" | "start-post" | "reload" | "watch",
  good: boolean,
): void {
  switch (question) {
    case "start":
      if (good || hasCommand(s, "ExecStartPost")) mainStarted(engine, s);
      else demandPidFile(engine, s);
      break;
    case "start-post":
      if (good) enterRunning(engine, s, "success");
      else demandPidFile(engine, s);
      break;
    case "reload":
      if (!good) guessMain(engine, s);
      leaveReload(engine, s);
      break;
    case "watch":
      if (good) enterRunning(engine, s, "success");
      break;
  }
}

function demandPidFile(engine: Engine, s: ServiceState): void {
  if (s.mayHaveProcesses) watchPidFile(engine, s);
  else pidFileNeverCame(engine, s);
}

/** Not there yet: wait for it until the timeout. */
function watchPidFile(engine: Engine, s: ServiceState): void {
  s.pidFileQuestion = "watch";
  emit(engine, { type: "watch-pid-file", unit: s.name });
}

export function pidFileNeverCame(engine: Engine, s: ServiceState): void {
  log(engine, "warning", s, "Daemon never wrote its PID file. Failing.");
  if (s.sub === "start") enterSignal(engine, s, "stop-sigterm", "protocol");
  else enterStop(engine, s, "protocol");
}
