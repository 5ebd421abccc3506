/**
 * Which processes belong to a unit, without cgroups.
 *
 * A unit's processes are: those that usher spawned for it (leaders, each in a session of its own), every process in
 * a leader's session or process group, all their descendants, and every process that was started with the unit's
 * INVOCATION_ID in its environment. The last catches daemons: their parent is gone, so they are usher's own
 * children now, and only such adopted children are asked for their environment. A process that leaves its session,
 * its parents and its environment escapes until the container's end.
 *
 * One look at /proc serves all units that ask within one turn of the event loop.
 */
import { type Native, PROCESS_FIELDS } from "../host/native.ts";

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
  readonly invocationId: string | null;
}

const STATE_ZOMBIE = "Z".charCodeAt(0);

export function takeSnapshot(host: Native): ProcessSnapshot {
  const flat = host.processes();
  const rows: ProcessRow[] = [];
  const childrenOf = new Map<number, ProcessRow[]>();
  if (typeof flat === "number") return { rows, childrenOf };
  for (let i = 0; i + PROCESS_FIELDS <= flat.length; i += PROCESS_FIELDS) {
    const [pid = 0, parent = 0, group = 0, session = 0, started = 0, state = 0] = flat.slice(
      i,
      i + PROCESS_FIELDS,
    );
    const row = { pid, parent, group, session, started, zombie: state === STATE_ZOMBIE };
    rows.push(row);
    const siblings = childrenOf.get(parent);
    if (siblings === undefined) childrenOf.set(parent, [row]);
    else siblings.push(row);
  }
  return { rows, childrenOf };
}

/** Living processes of a unit, leaders first. */
export function membersOf(host: Native, snapshot: ProcessSnapshot, unit: Membership): number[] {
  const members = new Set<number>();
  const queue: ProcessRow[] = [];
  const take = (row: ProcessRow): void => {
    if (row.pid === host.pid || members.has(row.pid)) return;
    members.add(row.pid);
    queue.push(row);
  };
  for (const row of snapshot.rows) if (belongs(host, row, unit)) take(row);
  for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
    for (const child of snapshot.childrenOf.get(row.pid) ?? []) take(child);
  }
  const zombies = new Set(snapshot.rows.filter((row) => row.zombie).map((row) => row.pid));
  return [...members].filter((pid) => !zombies.has(pid));
}

function belongs(host: Native, row: ProcessRow, unit: Membership): boolean {
  if (unit.leaders.has(row.pid) || unit.leaders.has(row.session) || unit.leaders.has(row.group)) return true;
  if (unit.invocationId === null || row.parent !== host.pid || row.zombie) return false;
  return host.processHasEnv(row.pid, `INVOCATION_ID=${unit.invocationId}`) === 1;
}
