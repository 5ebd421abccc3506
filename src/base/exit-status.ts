/** Exit statuses by name and number (systemd.exec(5), "Process Exit Codes"). */

/** First number of a run, then the names from there on. */
const RUNS: readonly (readonly [number, string])[] = [
  [0, "SUCCESS FAILURE INVALIDARGUMENT NOTIMPLEMENTED NOPERMISSION NOTINSTALLED NOTCONFIGURED NOTRUNNING"],
  [
    64,
    "USAGE DATAERR NOINPUT NOUSER NOHOST UNAVAILABLE SOFTWARE OSERR OSFILE CANTCREAT IOERR TEMPFAIL PROTOCOL NOPERM CONFIG",
  ],
  [
    200,
    "CHDIR NICE FDS EXEC MEMORY LIMITS OOM_ADJUST SIGNAL_MASK STDIN STDOUT CHROOT IOPRIO TIMERSLACK SECUREBITS SETSCHEDULER CPUAFFINITY GROUP USER CAPABILITIES CGROUP SETSID CONFIRM STDERR",
  ],
  [
    224,
    "PAM NETWORK NAMESPACE NO_NEW_PRIVILEGES SECCOMP SELINUX_CONTEXT PERSONALITY APPARMOR ADDRESS_FAMILIES RUNTIME_DIRECTORY",
  ],
  [
    235,
    "CHOWN SMACK_PROCESS_LABEL KEYRING STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY CONFIGURATION_DIRECTORY NUMA_POLICY CREDENTIALS BPF KSM",
  ],
  [255, "EXCEPTION"],
];

/** "CHDIR" for 200; undefined for a number without a name. */
export function exitStatusName(status: number): string | undefined {
  const run = RUNS.findLast(([first]) => first <= status);
  return run?.[1].split(" ")[status - run[0]];
}

/** 200 for "CHDIR". */
export function exitStatusOfName(name: string): number | undefined {
  for (const [first, names] of RUNS) {
    const index = names.split(" ").indexOf(name);
    if (index >= 0) return first + index;
  }
  return undefined;
}

/**
 * Statuses that mean the same of every program: the C library's two, and the service manager's own. The others are
 * conventions (of init scripts, of BSD's sysexits.h), which systemd names in its log but not in `systemctl status`.
 */
export function isCommonExitStatus(status: number): boolean {
  return status <= 1 || status >= 200;
}
