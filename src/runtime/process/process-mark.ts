/**
 * What tells whose a daemon is that has left its parent and its session: INVOCATION_ID in its environment. From a
 * process that has given root up without executing anything the kernel hides the environment (it is not dumpable any
 * more, and CAP_SYS_PTRACE is rare in containers), and Type=forking daemons do just that. So their processes have the
 * same number as a soft limit too, RLIMIT_LOCKS: Linux has made no use of it since 2.4.25, every child inherits it, and
 * everybody may read it.
 */
import type { Native } from "../../host/native.ts";
import type { Unit } from "../../unit/model.ts";

const RLIMIT_LOCKS = 10;
const INFINITY = -1;
/** The first digits of an invocation ID, as many as a number holds exactly, with a bit above them. */
const DIGITS = 12;
const ABOVE = 2 ** 50;
const LIMITS_MAX = 8192;

function markOf(invocationId: string): number {
  return ABOVE + Number.parseInt(invocationId.slice(0, DIGITS), 16);
}

/** For a unit's spawns; none where the unit sets that limit itself. */
export function markLimits(unit: Unit, invocationId: string): readonly (readonly [number, number, number])[] {
  if (unit.type !== "service" || unit.service.type !== "forking") return [];
  if (unit.exec.limits.some(({ resource }) => resource === "locks")) return [];
  return [[RLIMIT_LOCKS, markOf(invocationId), INFINITY]];
}

/** Was the process started, directly or not, in that invocation of a unit? */
export function isOfInvocation(
  host: Pick<Native, "processHasEnv" | "readFile">,
  pid: number,
  invocationId: string,
): boolean {
  const inEnvironment = host.processHasEnv(pid, `INVOCATION_ID=${invocationId}`);
  if (inEnvironment >= 0) return inEnvironment === 1;
  const limits = host.readFile(`/proc/${pid}/limits`, LIMITS_MAX);
  return typeof limits !== "number" && limits.includes(` ${markOf(invocationId)} `);
}
