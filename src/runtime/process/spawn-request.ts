/** What a unit's settings say about a process's session, ids, confinement and scheduling, added to a spawn request. */
import type { Identity, SpawnRequest } from "../../host/native.ts";
import type { User } from "./accounts.ts";
import { markLimits } from "./process-mark.ts";
import { resourceLimits } from "./resource-limits.ts";
import type { SpawnOrder } from "./spawn-order.ts";

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

type Request = Mutable<SpawnRequest>;

/** Whom the process runs as; -1: as usher. */
export interface Credentials {
  readonly user: User | null;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[] | null;
}

export function addSession(request: Request, { foreground, unit }: SpawnOrder): void {
  const input = unit.exec.standardInput;
  request.leader = foreground ? "group" : "session";
  if (foreground) {
    request.inheritSignals = true;
    if (input === "tty") request.foreground = 0;
  } else if (input.startsWith("tty")) {
    request.controllingTerminal = 0;
    request.stealTerminal = input === "tty-force";
  }
}

/** A command with "+" or "!" keeps usher's user and group, but has the supplementary groups all the same. */
export function addIdentity(
  request: Request,
  order: SpawnOrder,
  { uid, gid, groups }: Credentials,
  own: Identity,
): void {
  const changes = order.command.privileges === "normal" && order.applyPermissions;
  const changesUser = changes && uid >= 0 && !(own.euid === uid && own.egid === gid && own.euid !== 0);
  if (own.euid !== 0 && !changesUser) return;
  if (changesUser) request.uid = uid;
  if (changes && gid >= 0) request.gid = gid;
  if (groups !== null) request.groups = groups;
}

export function addConfinement(request: Request, order: SpawnOrder, user: User | null): void {
  const { exec } = order.unit;
  const isFull = order.command.privileges === "full";
  if (!order.foreground || exec.workingDirectory !== null) {
    request.cwd = exec.workingDirectory === "~" ? (user?.home ?? "/root") : (exec.workingDirectory ?? "/");
    request.cwdMissingOk = exec.workingDirectoryMissingOk;
  }
  if (order.applyRoot && !isFull && exec.rootDirectory !== null) request.chroot = exec.rootDirectory;
  if (!order.foreground) request.umask = exec.umask;
  request.ignoreSigpipe = exec.ignoreSigpipe;
  if (isFull || !order.applyPermissions) return;
  if (exec.capabilityBoundingSet !== null) request.capBounding = capabilityHex(exec.capabilityBoundingSet);
  if (exec.ambientCapabilities.length > 0) request.capAmbient = capabilityHex(exec.ambientCapabilities);
  if (exec.secureBits !== 0) request.secureBits = exec.secureBits;
  if (exec.noNewPrivileges) request.noNewPrivileges = true;
}

/** personality(2): what uname(2) says to the program. PER_LINUX32 is 8; any other is the machine's own. */
const PERSONALITIES: Readonly<Record<string, number>> = { x86: 8, arm: 8 };

const IOPRIO_CLASS_BE = 2;

export function addScheduling(request: Request, { unit, invocationId }: SpawnOrder): void {
  const { exec } = unit;
  const limits = resourceLimits(exec.limits).concat(markLimits(unit, invocationId));
  if (limits.length > 0) request.limits = limits;
  if (exec.nice !== null) request.nice = exec.nice;
  if (exec.oomScoreAdjust !== null) request.oomScoreAdjust = exec.oomScoreAdjust;
  if (exec.coredumpFilter !== null) request.coredumpFilter = exec.coredumpFilter;
  if (exec.ioSchedulingClass !== null || exec.ioSchedulingPriority !== null)
    request.ioprio = ((exec.ioSchedulingClass ?? IOPRIO_CLASS_BE) << 13) | (exec.ioSchedulingPriority ?? 4);
  if (exec.cpuSchedulingPolicy !== null) {
    request.schedPolicy = exec.cpuSchedulingPolicy;
    request.schedPriority = exec.cpuSchedulingPriority ?? 0;
    request.schedResetOnFork = exec.cpuSchedulingResetOnFork;
  }
  if (exec.cpuAffinity.length > 0) request.cpuAffinity = exec.cpuAffinity;
  if (exec.timerSlackNsec !== null) request.timerSlackNsec = exec.timerSlackNsec;
  if (exec.personality !== null) request.personality = PERSONALITIES[exec.personality] ?? 0;
}

/** Capability numbers as the 16 hex digits that the host takes. */
function capabilityHex(numbers: readonly number[]): string {
  const words = [0, 0];
  for (const number of numbers)
    words[number < 32 ? 1 : 0] = ((words[number < 32 ? 1 : 0] ?? 0) | (1 << (number % 32))) >>> 0;
  return words.map((word) => word.toString(16).padStart(8, "0")).join("");
}
