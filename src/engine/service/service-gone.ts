/** No process of a service is left, or the kernel took one for want of memory. */
import { type Engine, log } from "../engine.ts";
import type { ServiceState } from "../state.ts";
import { pidFileNeverCame } from "./service-pid-file.ts";
import { enterRunning } from "./service-running.ts";
import { mainGood, noteResult } from "./service-state.ts";
import { enterDead, enterSignal, enterStop, enterStopPost } from "./service-stop.ts";

export function serviceProcessesGone(engine: Engine, s: ServiceState): void {
  s.mayHaveProcesses = false;
  const nobody = mainGood(s) !== 1 && s.control === null;
  switch (s.sub) {
    case "start":
      goneInStart(engine, s, nobody);
      break;
    case "start-post":
      if (nobody && s.pidFileQuestion === "watch") pidFileNeverCame(engine, s);
      break;
    case "running":
      if (s.main === null) enterRunning(engine, s, "success");
      break;
    case "stop-watchdog":
    case "stop-sigterm":
    case "stop-sigkill":
      if (nobody) enterStopPost(engine, s, "success");
      break;
    case "stop-post":
    case "final-watchdog":
    case "final-sigterm":
    case "final-sigkill":
      if (nobody) enterDead(engine, s, "success", true);
      break;
    default:
      break;
  }
}

function goneInStart(engine: Engine, s: ServiceState, nobody: boolean): void {
  const { type } = s.model.service;
  if (!nobody) return;
  if (type === "notify" || type === "notify-reload") enterStopPost(engine, s, "protocol");
  else if (s.pidFileQuestion === "watch") pidFileNeverCame(engine, s);
}

/** OOMPolicy= (systemd.service(5)). */
export function serviceOutOfMemory(engine: Engine, s: ServiceState): void {
  log(engine, "notice", s, "A process of this unit has been killed by the OOM killer.");
  const policy = s.model.service.oomPolicy ?? "stop";
  if (policy === "continue") return;
  switch (s.sub) {
    case "condition":
    case "start-pre":
    case "start":
    case "start-post":
    case "stop":
      enterSignal(engine, s, policy === "stop" ? "stop-sigterm" : "stop-sigkill", "oom-kill");
      break;
    case "exited":
    case "running":
      if (policy === "stop") enterStop(engine, s, "oom-kill");
      else enterSignal(engine, s, "stop-sigkill", "oom-kill");
      break;
    case "stop-watchdog":
    case "stop-sigterm":
      enterSignal(engine, s, "stop-sigkill", "oom-kill");
      break;
    case "stop-post":
    case "final-sigterm":
      enterSignal(engine, s, "final-sigkill", "oom-kill");
      break;
    default:
      noteResult(s, "oom-kill");
  }
}
