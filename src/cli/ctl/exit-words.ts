/** Words for how processes end, as systemctl prints them (systemd.exec(5), "Process Exit Codes"). */
import { signalName } from "../../base/signal.ts";

const STATUS_WORDS: Readonly<Record<number, string>> = {
  0: "SUCCESS",
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
  212: "TIMERSLACK",
  213: "SECUREBITS",
  214: "SETSCHEDULER",
  215: "CPUAFFINITY",
  216: "GROUP",
  217: "USER",
  218: "CAPABILITIES",
  219: "CGROUP",
  220: "SETSID",
  221: "CONFIRM",
  222: "STDERR",
  224: "PAM",
  225: "NETWORK",
  226: "NAMESPACE",
  227: "NO_NEW_PRIVILEGES",
  228: "SECCOMP",
  229: "SELINUX_CONTEXT",
  230: "PERSONALITY",
  231: "APPARMOR_PROFILE",
  232: "ADDRESS_FAMILIES",
  233: "RUNTIME_DIRECTORY",
  235: "CHOWN",
  236: "SMACK_PROCESS_LABEL",
  237: "KEYRING",
  238: "STATE_DIRECTORY",
  239: "CACHE_DIRECTORY",
  240: "LOGS_DIRECTORY",
  241: "CONFIGURATION_DIRECTORY",
  242: "NUMA_POLICY",
  243: "CREDENTIALS",
  245: "BPF",
};

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

/** "SUCCESS", "EXEC", or null for a status without a name. */
export function exitStatusWord(status: number): string | null {
  return STATUS_WORDS[status] ?? null;
}

/** "KILL" */
export function shortSignalName(signal: number): string {
  return signalName(signal).replace(/^SIG/, "");
}

/** "code=exited, status=203/EXEC", "code=killed, signal=TERM" */
export function describeExit(code: number, status: number): string {
  if (code !== CLD_EXITED) return `code=${exitCodeWord(code)}, signal=${shortSignalName(status)}`;
  const word = exitStatusWord(status);
  return `code=exited, status=${status}${word === null ? "" : `/${word}`}`;
}
