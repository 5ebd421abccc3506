/** The verb table of usherctl and systemctl: one row each. */
import { type Context, EXIT_OK } from "./context.ts";
import { cancel, clean, type JobVerb, kill, resetFailed, runJobs } from "./jobs.ts";
import { listDependencies } from "./list-dependencies.ts";
import { listPaths, listSockets, listTimers } from "./list-sockets.ts";
import { listJobs, listUnits } from "./list-units.ts";
import { logs } from "./logs.ts";
import {
  daemonReexec,
  daemonReload,
  endContainer,
  importEnvironment,
  logLevel,
  setEnvironment,
  showEnvironment,
  unsetEnvironment,
} from "./manager.ts";
import { cat, show } from "./show.ts";
import { health, isActive, isFailed, isSystemRunning } from "./states.ts";
import { status } from "./status.ts";
import {
  addRequires,
  addWants,
  disable,
  edit,
  enable,
  getDefault,
  isEnabled,
  link,
  listUnitFiles,
  mask,
  preset,
  presetAll,
  reenable,
  setDefault,
  unmask,
} from "./unit-file-verbs.ts";

export interface Verb {
  /** Operands: least and most. */
  readonly least: number;
  readonly most: number;
  /** Works without a running usher, on --root= too. */
  readonly offline: boolean;
  /** For --help. Empty: a second name, or one that nobody needs to be told of. */
  readonly help: string;
  readonly group: "Units" | "Unit files" | "Look" | "Init";
  readonly run: (context: Context, operands: readonly string[]) => Promise<number>;
}

const ANY: number = Number.MAX_SAFE_INTEGER;

function verb(
  group: Verb["group"],
  [least, most]: readonly [number, number],
  help: string,
  run: Verb["run"],
): Verb {
  return { group, least, most, help, run, offline: group === "Unit files" };
}

function job(help: string, row: JobVerb, most: number = ANY): Verb {
  return verb("Units", [1, most], help, (context, operands) => runJobs(context, row, operands));
}

function ending(help: string, word: "exit" | "poweroff" | "halt" | "reboot" | "kexec" | "soft-reboot"): Verb {
  return verb("Init", [0, word === "exit" ? 1 : 0], help, (context, operands) =>
    endContainer(context, word, operands),
  );
}

function isolating(unit: string): Verb {
  const row: JobVerb = { type: "start", word: "start", mode: "isolate" };
  return verb("Init", [0, 0], "", (context) => runJobs(context, row, [unit]));
}

/** Accepted, nothing to do in a container. */
function nothing(): Verb {
  return verb("Init", [0, ANY], "", () => Promise.resolve(EXIT_OK));
}

export const VERBS: Readonly<Record<string, Verb>> = {
  status: verb("Look", [0, ANY], "how units are, with their last log lines", status),
  "list-units": verb("Look", [0, ANY], "units in memory", listUnits),
  "list-sockets": verb("Look", [0, ANY], "sockets: where they listen, what they start", listSockets),
  "list-timers": verb("Look", [0, ANY], "timers and when they are due", listTimers),
  "list-paths": verb("Look", [0, ANY], "", listPaths),
  "list-jobs": verb("Look", [0, ANY], "what waits or is being done", listJobs),
  "list-dependencies": verb(
    "Look",
    [0, ANY],
    "what a unit pulls in (--reverse: what pulls it in)",
    listDependencies,
  ),
  "is-active": verb("Look", [1, ANY], "exit status 0 when a unit is active", isActive),
  "is-failed": verb("Look", [0, ANY], "exit status 0 when a unit has failed", isFailed),
  "is-system-running": verb("Look", [0, 0], "running, degraded, starting, stopping", isSystemRunning),
  health: verb("Look", [0, ANY], "exit status for HEALTHCHECK", health),
  show: verb("Look", [0, ANY], "properties (-p NAME, --value)", show),
  cat: verb("Look", [1, ANY], "a unit's files", cat),
  logs: verb("Look", [0, ANY], "what services wrote (-u UNIT, -f, -n LINES)", logs),

  start: job("start units", { type: "start", word: "start" }),
  stop: job("stop units", { type: "stop", word: "stop" }),
  restart: job("stop and start units", { type: "restart", word: "restart" }),
  "try-restart": job("the same, only where they run", { type: "try-restart", word: "try-restart" }),
  condrestart: job("", { type: "try-restart", word: "try-restart" }),
  reload: job("have units read their configuration again", { type: "reload", word: "reload" }),
  "reload-or-restart": job("reload where possible, else restart", {
    type: "reload-or-restart",
    word: "reload-or-restart",
  }),
  "try-reload-or-restart": job("", { type: "try-reload-or-restart", word: "try-reload-or-restart" }),
  "force-reload": job("", { type: "try-reload-or-restart", word: "force-reload" }),
  isolate: job("start one unit and stop all others", { type: "start", word: "start", mode: "isolate" }, 1),
  kill: verb("Units", [1, ANY], "send a signal to a unit's processes", kill),
  clean: verb("Units", [0, ANY], "remove what stopped units keep (--what=KIND)", clean),
  "reset-failed": verb("Units", [0, ANY], "forget failures and start counters", resetFailed),
  cancel: verb("Units", [0, ANY], "cancel jobs", cancel),

  enable: verb("Unit files", [1, ANY], "start units at boot (--now: and now)", enable),
  disable: verb("Unit files", [1, ANY], "don't (--now: and stop them)", disable),
  reenable: verb("Unit files", [1, ANY], "disable, then enable", reenable),
  preset: verb("Unit files", [1, ANY], "enable or disable as the preset files say", preset),
  "preset-all": verb("Unit files", [0, 0], "", presetAll),
  mask: verb("Unit files", [1, ANY], "make units impossible to start", mask),
  unmask: verb("Unit files", [1, ANY], "undo that", unmask),
  "add-wants": verb("Unit files", [2, ANY], "have a target want units: TARGET UNIT…", addWants),
  "add-requires": verb("Unit files", [2, ANY], "", addRequires),
  link: verb("Unit files", [1, ANY], "make files elsewhere known: PATH…", link),
  "is-enabled": verb("Unit files", [1, ANY], "exit status 0 when a unit is enabled", isEnabled),
  "list-unit-files": verb("Unit files", [0, ANY], "unit files and whether they are enabled", listUnitFiles),
  "get-default": verb("Unit files", [0, 0], "", getDefault),
  "set-default": verb("Unit files", [1, 1], "", setDefault),
  edit: verb("Unit files", [1, ANY], "says how to change a unit", edit),

  "daemon-reload": verb("Init", [0, 0], "read all unit files again", daemonReload),
  "daemon-reexec": verb("Init", [0, 0], "replace the running usher by the one on disk", daemonReexec),
  "show-environment": verb("Init", [0, 0], "the environment of services", showEnvironment),
  "set-environment": verb("Init", [1, ANY], "change it", setEnvironment),
  "unset-environment": verb("Init", [1, ANY], "", unsetEnvironment),
  "import-environment": verb("Init", [0, ANY], "", importEnvironment),
  "log-level": verb("Init", [0, 1], "how much usher says", logLevel),
  exit: ending("end the container, with an exit status", "exit"),
  poweroff: ending("end the container", "poweroff"),
  halt: ending("", "halt"),
  reboot: ending("", "reboot"),
  kexec: ending("", "kexec"),
  "soft-reboot": ending("", "soft-reboot"),
  default: isolating("default.target"),
  rescue: isolating("rescue.target"),
  emergency: isolating("emergency.target"),
  "log-target": nothing(),
  "service-watchdogs": nothing(),
};
