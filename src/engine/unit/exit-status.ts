/**
 * What an exit status or a signal means (systemd.exec(5) "Process Exit Codes", systemd.service(5) SuccessExitStatus=).
 */
import { exitStatusName } from "../../base/exit-status.ts";
import { bareSignalName, SIGHUP, SIGINT, SIGPIPE, SIGTERM } from "../../base/signal.ts";
import type { ExitStatusSet } from "../../unit/model.ts";

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

/** "code=exited, status=203/EXEC", "code=killed, status=9/KILL". */
export function describeExit(end: ProcessEnd): string {
  const name = end.code === "exited" ? exitStatusName(end.status) : bareSignalName(end.status);
  return `code=${end.code}, status=${end.status}/${name ?? "n/a"}`;
}
