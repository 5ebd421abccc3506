/** Words for how processes end, as systemctl prints them (systemd.exec(5), "Process Exit Codes"). */
import { exitStatusName, isCommonExitStatus } from "../../base/exit-status.ts";
import { bareSignalName } from "../../base/signal.ts";
import type { ExecStatus, UnitDetails } from "../../control/backend.ts";

export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;

const CODE_WORDS: Readonly<Record<number, string>> = {
  [CLD_EXITED]: "exited",
  [CLD_KILLED]: "killed",
  [CLD_DUMPED]: "dumped",
};

/** "exited", "killed", "dumped"; "(null)" while nothing has ended, as `systemctl show` has it. */
export function exitCodeWord(code: number): string {
  return CODE_WORDS[code] ?? "(null)";
}

/** "SUCCESS", "EXEC"; undefined for a status that does not mean the same of every program. */
export function exitStatusWord(status: number): string | undefined {
  return isCommonExitStatus(status) ? exitStatusName(status) : undefined;
}

/** "code=exited, status=203/EXEC", "code=killed, signal=TERM" */
export function describeExit(code: number, status: number): string {
  if (code !== CLD_EXITED) return `code=${exitCodeWord(code)}, signal=${bareSignalName(status)}`;
  const word = exitStatusWord(status);
  return `code=exited, status=${status}${word === undefined ? "" : `/${word}`}`;
}

/** The commands that a unit has run. */
export function runsOf({ service, socket }: UnitDetails): readonly ExecStatus[] {
  return service?.commands ?? socket?.commands ?? [];
}
