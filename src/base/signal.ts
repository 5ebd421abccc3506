/**
 * Signals by name and number, as signal(7) numbers them on Linux (x86-64, arm64 and every other port but MIPS,
 * SPARC, Alpha and PA-RISC). Real-time signals are the C library's: SIGRTMIN is 34, SIGRTMAX 64.
 */
export type Signal = number;

const NAMES: readonly string[] =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );

const RTMIN = 34;
const RTMAX = 64;

/** "SIGTERM", "SIGRTMIN+3"; for a number that is no signal, the number. */
export function signalName(signal: Signal): string {
  const name = NAMES[signal - 1];
  if (name !== undefined) return `SIG${name}`;
  if (signal === RTMIN) return "SIGRTMIN";
  if (signal > RTMIN && signal <= RTMAX) return `SIGRTMIN+${signal - RTMIN}`;
  return String(signal);
}

/** "TERM", "RTMIN+3", as EXIT_STATUS and systemctl have it. */
export function bareSignalName(signal: Signal): string {
  return signalName(signal).replace(/^SIG/, "");
}

function realTimeSignal(name: string): Signal | undefined {
  const match = /^RT(?:MIN(?:\+(\d+))?|MAX(?:-(\d+))?)$/.exec(name);
  if (match === null) return undefined;
  const signal = name.startsWith("RTMIN") ? RTMIN + Number(match[1] ?? 0) : RTMAX - Number(match[2] ?? 0);
  return signal >= RTMIN && signal <= RTMAX ? signal : undefined;
}

/** Reads "SIGTERM", "TERM", "15", "SIGRTMIN+3", "RTMAX-1" as systemd does; undefined for anything else. */
export function parseSignal(text: string): Signal | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= RTMAX ? number : undefined;
  }
  const name = text.startsWith("SIG") ? text.slice(3) : text;
  if (name.startsWith("RT")) return realTimeSignal(name);
  const index = NAMES.indexOf(name);
  return index < 0 ? undefined : index + 1;
}

export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGABRT = 6;
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGUSR2 = 12;
export const SIGPIPE = 13;
export const SIGTERM = 15;
export const SIGCHLD = 17;
export const SIGCONT = 18;
