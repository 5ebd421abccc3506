/**
 * Which processes belong to a unit, without cgroups.
 *
 * A unit's processes are: those that usher spawned for it (leaders, each in a session of its own), every process in
 * a leader's session or process group, all their descendants, and every process that was started with the unit's
 * INVOCATION_ID in its environment. The last catches daemons: their parent is gone, so they are usher's own
 * children now, and only such adopted children are asked for their environment. A process that leaves its session,
 * its parents and its environment escapes until the container's end.
 *
 * One look at /proc serves all units that ask within one turn of the event loop. It leaves out the processes that usher
 * spawned itself: these are the leaders, each known to belong to its unit, and there may be ten thousand of them (one
 * for each connection), while a unit that ends is asked for what else it has.
 */

import { type Code, type Native, PROCESS_FIELDS } from "../../host/native.ts";
import { isOfInvocation } from "./process-mark.ts";

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks after boot: with the pid it names a process for good. */
  readonly started: number;
  readonly zombie: boolean;
}

/** One moment's processes with an index by parent. */
export interface ProcessSnapshot {
  readonly rows: readonly ProcessRow[];
  readonly childrenOf: ReadonlyMap<number, readonly ProcessRow[]>;
}

/** What is known of a unit's processes from having started them. */
export interface Membership {
  readonly leaders: ReadonlySet<number>;
  /** Those that have not been reaped. */
  readonly living: ReadonlySet<number>;
  readonly invocationId: string | null;
}

const STATE_ZOMBIE = "Z".charCodeAt(0);

function rowAt(flat: readonly number[], from: number): ProcessRow {
  const [pid = 0, parent = 0, group = 0, session = 0, started = 0, state = 0] = flat.slice(
    from,
    from + PROCESS_FIELDS,
  );
  return { pid, parent, group, session, started, zombie: state === STATE_ZOMBIE };
}

function snapshotOf(flat: readonly number[] | Code): ProcessSnapshot {
  const rows: ProcessRow[] = [];
  const childrenOf = new Map<number, ProcessRow[]>();
  if (typeof flat === "number") return { rows, childrenOf };
  for (let i = 0; i + PROCESS_FIELDS <= flat.length; i += PROCESS_FIELDS) {
    const row = rowAt(flat, i);
    rows.push(row);
    const siblings = childrenOf.get(row.parent);
    if (siblings === undefined) childrenOf.set(row.parent, [row]);
    else siblings.push(row);
  }
  return { rows, childrenOf };
}

/** All processes. */
export function takeSnapshot(host: Native): ProcessSnapshot {
  return snapshotOf(host.processes());
}

/** All processes but usher and those that it spawned. */
export function takeStrangers(host: Native): ProcessSnapshot {
  return snapshotOf(host.strangers());
}

/** The unit's leaders that are still there. */
export function leaderRows(host: Native, unit: Membership): ProcessRow[] {
  return [...unit.living].flatMap((pid) => {
    const flat = host.process(pid);
    return typeof flat === "number" ? [] : [rowAt(flat, 0)];
  });
}

/** Living processes of a unit, leaders first. The snapshot need not have the leaders. */
export function membersOf(host: Native, snapshot: ProcessSnapshot, unit: Membership): number[] {
  const leaders = leaderRows(host, unit);
  if (leaders.length === 0 && snapshot.rows.length === 0) return [];
  const members = new Set<number>();
  const queue: ProcessRow[] = [];
  const take = (row: ProcessRow): void => {
    if (row.pid === host.pid || members.has(row.pid)) return;
    members.add(row.pid);
    queue.push(row);
  };
  for (const row of leaders) take(row);
  for (const row of snapshot.rows) if (belongs(host, row, unit)) take(row);
  for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
    for (const child of snapshot.childrenOf.get(row.pid) ?? []) take(child);
  }
  const zombies = new Set([...leaders, ...snapshot.rows].filter((row) => row.zombie).map((row) => row.pid));
  return [...members].filter((pid) => !zombies.has(pid));
}

function belongs(host: Native, row: ProcessRow, unit: Membership): boolean {
  // The snapshot may be older than a leader's death: then a leader that is gone is still somebody's parent.
  const { leaders } = unit;
  if ([row.pid, row.session, row.group, row.parent].some((pid) => leaders.has(pid))) return true;
  if (unit.invocationId === null || row.parent !== host.pid || row.zombie) return false;
  return isOfInvocation(host, row.pid, unit.invocationId);
}
