/**
 * Has anybody but usher been forking? Asked at the end of each connection's process, when the answer "no" saves a look
 * at all processes of the container.
 *
 * Process ids are given out in order, and the kernel tells the last one of usher's own PID namespace
 * (/proc/sys/kernel/ns_last_pid). So the ids given out between two moments, less the children that usher made in
 * between, were somebody else's: processes, or threads. A wrong "yes" costs a look. A wrong "no" would leave a process
 * behind, so whatever is uncertain is a "yes": no such file, ids that have gone round, a unit older than they need to
 * do so.
 */
import type { Native } from "../../host/native.ts";

const PID_MAX = "/proc/sys/kernel/pid_max";
const FEWEST_IDS = 32_768;
/** They have not gone round unseen as long as no more than some 500 a second are used. */
const TRUSTED_USEC_PER_ID = 2000;

export interface Birth {
  readonly at: number;
  readonly pid: number;
  /** Ids that others had been given by then, up to a constant. */
  readonly others: number;
  /** How often usher has seen the ids go round. */
  readonly round: number;
}

export interface Births {
  /** Called at once after each spawn. */
  spawned(pid: number): Birth;
  /** Has every id since then been that of a child of usher's, for certain? */
  onlyOwnSince(birth: Birth): boolean;
}

export function createBirths(host: Pick<Native, "lastPid" | "readFile" | "monotonic">): Births {
  let own = 0;
  let round = 0;
  let latest = 0;
  let trustedUsec = 0;
  // From the start, so that what PID 1 has open does not change with the first end of a process.
  host.lastPid();
  const isTrusted = (birth: Birth): boolean => {
    if (trustedUsec === 0) trustedUsec = TRUSTED_USEC_PER_ID * readPidMax(host);
    return birth.round === round && host.monotonic() - birth.at <= trustedUsec;
  };
  return {
    spawned(pid) {
      if (pid <= latest) round += 1;
      latest = pid;
      own += 1;
      return { at: host.monotonic(), pid, others: pid - own, round };
    },
    onlyOwnSince(birth) {
      if (!isTrusted(birth)) return false;
      const last = host.lastPid();
      return last >= birth.pid && last - own === birth.others;
    },
  };
}

function readPidMax(host: Pick<Native, "readFile">): number {
  const text = host.readFile(PID_MAX, 64);
  return Math.max(FEWEST_IDS, typeof text === "string" ? Number.parseInt(text, 10) || 0 : 0);
}
