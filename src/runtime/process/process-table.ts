/**
 * The processes of all units: who was spawned for whom, signalling a whole unit, and noticing when nothing of it is
 * left. How membership is found out is in process-tracking.ts.
 *
 * Whether a unit is empty can be asked of the kernel only by looking. It is looked at when the engine asks, and
 * again after any child of PID 1 has died while somebody waits: a unit's last process becomes PID 1's child before
 * it ends, so its death always shows here. No timer polls.
 *
 * A look costs more the more processes there are, of whichever unit, so most ends of connections do without: where the
 * kernel has given out no process id since the unit's first process but those of usher's own children, the unit has
 * forked nothing (process-births.ts).
 */

import type { Kill } from "../../engine/effect.ts";
import type { Native } from "../../host/native.ts";
import type { Cgroups } from "./cgroups.ts";
import { type Birth, createBirths } from "./process-births.ts";
import { isOfInvocation } from "./process-mark.ts";
import { leaderRows, membersOf, type ProcessSnapshot, takeStrangers } from "./process-tracking.ts";

const SIGHUP = 1;
const STATE_ZOMBIE = "Z".charCodeAt(0);
const SIGCONT = 18;

/** The engine's effect, whoever asks for it. */
export type KillOrder = Omit<Kill, "type">;

export interface ProcessTable {
  /** A process was just spawned for a unit as the leader of a session of its own. */
  spawned(unit: string, pid: number, invocationId: string | null): void;
  /** Which unit a living process belongs to, or null. */
  unitOf(pid: number): string | null;
  members(unit: string): readonly number[];
  /** Living children of PID 1 that belong to the unit. */
  childrenOfInit(unit: string): readonly number[];
  kill(order: KillOrder): void;
  /** Calls `answer(true)` when the unit is empty: now, or as soon as it is; `answer(false)` once if it isn't now. */
  awaitEmpty(unit: string, answer: (empty: boolean) => void): void;
  /** A process was reaped. True: it was the last of its unit, for certain; what is uncertain takes a look to know. */
  died(pid: number): boolean;
  /** Children were reaped, and their deaths have been told: looks again for those who wait. */
  childrenDied(): void;
  forget(unit: string): void;
}

interface UnitProcesses {
  readonly leaders: Set<number>;
  /** Those that have not been reaped. */
  readonly living: Set<number>;
  invocationId: string | null;
  /** Its first process's. */
  readonly birth: Birth;
}

const NOBODY: ProcessSnapshot = { rows: [], childrenOf: new Map() };

/** `cgroups`: where there are any, they know best. */
export function createProcessTable(host: Native, cgroups: Cgroups | null): ProcessTable {
  const units = new Map<string, UnitProcesses>();
  const unitOfLeader = new Map<number, string>();
  const waiting = new Map<string, (empty: boolean) => void>();
  const births = createBirths(host);
  let snapshot: ProcessSnapshot | null = null;

  const look = (): ProcessSnapshot => {
    if (snapshot !== null) return snapshot;
    const taken = takeStrangers(host);
    snapshot = taken;
    // Promise jobs run when the event loop's callback is over: the next one looks anew.
    void Promise.resolve().then(() => {
      snapshot = null;
    });
    return taken;
  };
  const members = (unit: string): number[] => {
    const known = units.get(unit);
    if (known === undefined) return [];
    if (cgroups !== null) return cgroups.members(unit).filter((pid) => !isZombie(host, pid));
    return membersOf(host, births.onlyOwnSince(known.birth) ? NOBODY : look(), known);
  };
  const forget = (unit: string): void => {
    for (const pid of units.get(unit)?.leaders ?? [])
      if (unitOfLeader.get(pid) === unit) unitOfLeader.delete(pid);
    units.delete(unit);
    cgroups?.remove(unit);
  };

  return {
    spawned(unit, pid, invocationId) {
      const birth = births.spawned(pid);
      // A pid comes round again only when its old process and session are gone: the new owner takes it over.
      const old = unitOfLeader.get(pid);
      if (old !== undefined) units.get(old)?.leaders.delete(pid);
      const known = units.get(unit) ?? { leaders: new Set(), living: new Set(), invocationId, birth };
      known.leaders.add(pid);
      known.living.add(pid);
      known.invocationId = invocationId;
      units.set(unit, known);
      unitOfLeader.set(pid, unit);
      snapshot = null;
    },
    unitOf(pid) {
      const direct = unitOfLeader.get(pid);
      if (direct !== undefined) return direct;
      if (cgroups !== null) return cgroups.unitOf(pid);
      return unitByLineage(host, pid, unitOfLeader) ?? unitByEnvironment(host, pid, units);
    },
    members,
    childrenOfInit(unit) {
      const known = units.get(unit);
      if (known === undefined) return [];
      const mine = new Set(members(unit));
      const children = [...leaderRows(host, known), ...(look().childrenOf.get(host.pid) ?? [])];
      return [...new Set(children.map((row) => row.pid))].filter((pid) => mine.has(pid));
    },
    kill(order) {
      const targets = new Set(order.pids);
      if (order.rest) for (const pid of members(order.unit)) if (!order.spare.includes(pid)) targets.add(pid);
      for (const pid of targets) signalOne(host, pid, order);
    },
    awaitEmpty(unit, answer) {
      if (members(unit).length === 0) {
        forget(unit);
        answer(true);
        return;
      }
      waiting.set(unit, answer);
      answer(false);
    },
    died(pid) {
      const unit = unitOfLeader.get(pid);
      const known = unit === undefined ? undefined : units.get(unit);
      if (unit === undefined || known === undefined) return false;
      known.living.delete(pid);
      if (known.living.size > 0) return false;
      const isLast = cgroups === null ? births.onlyOwnSince(known.birth) : cgroups.members(unit).length === 0;
      if (isLast) forget(unit);
      return isLast;
    },
    childrenDied() {
      snapshot = null;
      for (const [unit, answer] of [...waiting]) {
        if (members(unit).length > 0) continue;
        waiting.delete(unit);
        forget(unit);
        answer(true);
      }
    },
    forget(unit) {
      waiting.delete(unit);
      forget(unit);
    },
  };
}

/** A zombie stays in its cgroup until it is reaped. */
function isZombie(host: Native, pid: number): boolean {
  const row = host.process(pid);
  return typeof row === "number" || row[5] === STATE_ZOMBIE;
}

function signalOne(host: Native, pid: number, order: KillOrder): void {
  host.kill(pid, order.signal);
  if (order.sighup) host.kill(pid, SIGHUP);
  if (order.sigcont) host.kill(pid, SIGCONT);
}

/** Climbs from a process to a leader: by session, by group, by parents. */
function unitByLineage(host: Native, pid: number, unitOfLeader: ReadonlyMap<number, string>): string | null {
  for (let at = pid, steps = 0; at > 1 && at !== host.pid && steps < 64; steps++) {
    const row = host.process(at);
    if (typeof row === "number") return null;
    const [, parent = 0, group = 0, session = 0] = row;
    const unit = unitOfLeader.get(at) ?? unitOfLeader.get(session) ?? unitOfLeader.get(group);
    if (unit !== undefined) return unit;
    at = parent;
  }
  return null;
}

function unitByEnvironment(
  host: Native,
  pid: number,
  units: ReadonlyMap<string, UnitProcesses>,
): string | null {
  for (const [unit, { invocationId }] of units) {
    if (invocationId !== null && isOfInvocation(host, pid, invocationId)) return unit;
  }
  return null;
}
