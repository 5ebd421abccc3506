/**
 * What an exit status or a signal means (systemd.exec(5) "Process Exit Codes", systemd.service(5) SuccessExitStatus=).
 */
import { SIGHUP, SIGINT, SIGPIPE, SIGTERM, signalName } from "../base/signal.ts";
import type { ExitStatusSet } from "../unit/model.ts";

export interface ProcessEnd {
  readonly code: "exited" | "killed" | "dumped";
  /** Exit status or signal. */
  readonly status: number;
}

/** Of a daemon these signals are a clean end, of a command none is. */
const CLEAN_DAEMON_SIGNALS: readonly number[] = [SIGHUP, SIGINT, SIGTERM, SIGPIPE];

export function isCleanExit(end: ProcessEnd, daemon: boolean, success: ExitStatusSet | null): boolean {
  switch (end.code) {
    case "exited":
      return end.status === 0 || success?.codes.includes(end.status) === true;
    case "killed":
      return (
        (daemon && CLEAN_DAEMON_SIGNALS.includes(end.status)) ||
        success?.signals.includes(end.status) === true
      );
    case "dumped":
      return false;
  }
}

export function resultOfExit(end: ProcessEnd): "exit-code" | "signal" | "core-dump" {
  switch (end.code) {
    case "exited":
      return "exit-code";
    case "killed":
      return "signal";
    case "dumped":
      return "core-dump";
  }
}

export function isInSet(set: ExitStatusSet, end: ProcessEnd): boolean {
  return end.code === "exited" ? set.codes.includes(end.status) : set.signals.includes(end.status);
}

/** "TERM", as EXIT_STATUS has it. */
export function bareSignalName(signal: number): string {
  const name = signalName(signal);
  return name.startsWith("SIG") ? name.slice(3) : name;
}

const SETUP_STEPS: Readonly<Record<number, string>> = {
  1: "FAILURE",
  200: "CHDIR",
  201: "NICE",
  202: "FDS",
  203: "EXEC",
  204: "MEMORY",
  205: "LIMITS",
  206: "OOM_ADJUST",
  207: "SIGNAL_MASK",
  208: "STDIN",
  209: "STDOUT",
  210: "CHROOT",
  211: "IOPRIO",
  213: "SECUREBITS",
  214: "SETSCHEDULER",
  215: "CPUAFFINITY",
  216: "GROUP",
  217: "USER",
  218: "CAPABILITIES",
  219: "CGROUP",
  220: "SETSID",
  222: "STDERR",
  224: "PAM",
  225: "NETWORK",
  226: "NAMESPACE",
  227: "NO_NEW_PRIVILEGES",
  228: "SECCOMP",
  233: "RUNTIME_DIRECTORY",
  235: "CHOWN",
  238: "STATE_DIRECTORY",
  239: "CACHE_DIRECTORY",
  240: "LOGS_DIRECTORY",
  241: "CONFIGURATION_DIRECTORY",
  243: "CREDENTIALS",
};

/** "code=exited, status=203/EXEC", "code=killed, status=9/KILL". */
export function describeExit(end: ProcessEnd): string {
  const name = end.code === "exited" ? SETUP_STEPS[end.status] : bareSignalName(end.status);
  return `code=${end.code}, status=${end.status}/${name ?? "n/a"}`;
}
