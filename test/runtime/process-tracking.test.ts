import { describe, expect, it } from "vitest";
import { type Native, PROCESS_FIELDS } from "../../src/host/native.ts";
import { membersOf, takeSnapshot, takeStrangers } from "../../src/runtime/process/process-tracking.ts";

const ESRCH = 3;
const Z = "Z".charCodeAt(0);
const S = "S".charCodeAt(0);

interface Row {
  pid: number;
  parent: number;
  session?: number;
  zombie?: boolean;
  invocation?: string;
}

function hostWith(rows: Row[], spawned: readonly number[]): Native {
  const flat = rows.flatMap((row) => [
    row.pid,
    row.parent,
    row.session ?? row.pid,
    row.session ?? row.pid,
    0,
    row.zombie === true ? Z : S,
  ]);
  const rowOf = (pid: number): number[] => {
    const at = rows.findIndex((row) => row.pid === pid);
    return at < 0 ? [] : flat.slice(at * PROCESS_FIELDS, (at + 1) * PROCESS_FIELDS);
  };
  const host: Pick<Native, "pid" | "process" | "processes" | "processHasEnv" | "strangers"> = {
    pid: 1,
    processes: () => flat,
    process: (pid) => (rows.some((row) => row.pid === pid) ? rowOf(pid) : -ESRCH),
    strangers: () =>
      rows.filter(({ pid }) => pid !== 1 && !spawned.includes(pid)).flatMap(({ pid }) => rowOf(pid)),
    processHasEnv: (pid, assignment) =>
      rows.find((row) => row.pid === pid)?.invocation === assignment.slice("INVOCATION_ID=".length) ? 1 : 0,
  };
  return host as Native;
}

function members(rows: Row[], leaders: number[], invocationId: string | null = null): number[] {
  const host = hostWith(rows, leaders);
  const unit = { leaders: new Set(leaders), living: new Set(leaders), invocationId };
  const [all, others] = [takeSnapshot(host), takeStrangers(host)].map((snapshot) =>
    membersOf(host, snapshot, unit).sort((a, b) => a - b),
  );
  // Leaders are known without being looked for.
  expect(others).toEqual(all);
  return others ?? [];
}

describe("membersOf", () => {
  it("takes the leader, its session, and all descendants whatever their session", () => {
    const rows = [
      { pid: 1, parent: 0 },
      { pid: 10, parent: 1 },
      { pid: 11, parent: 10, session: 10 },
      { pid: 12, parent: 11 },
      { pid: 13, parent: 12 },
      { pid: 20, parent: 1 },
    ];
    expect(members(rows, [10])).toEqual([10, 11, 12, 13]);
  });
  it("finds what stays in the session when the leader is gone", () => {
    expect(
      members(
        [
          { pid: 1, parent: 0 },
          { pid: 11, parent: 1, session: 10 },
        ],
        [10],
      ),
    ).toEqual([11]);
  });
  it("finds a leader's daemon in a snapshot that is older than the leader's death", () => {
    const before = hostWith(
      [
        { pid: 1, parent: 0 },
        { pid: 10, parent: 1 },
        { pid: 11, parent: 10 },
      ],
      [10],
    );
    const snapshot = takeStrangers(before);
    const after = hostWith(
      [
        { pid: 1, parent: 0 },
        { pid: 11, parent: 1 },
      ],
      [10],
    );
    expect(
      membersOf(after, snapshot, { leaders: new Set([10]), living: new Set([10]), invocationId: null }),
    ).toEqual([11]);
  });
  it("finds a daemon by its environment, with its children", () => {
    const rows = [
      { pid: 1, parent: 0 },
      { pid: 30, parent: 1, invocation: "abc" },
      { pid: 31, parent: 30 },
      { pid: 40, parent: 1, invocation: "other" },
    ];
    expect(members(rows, [], "abc")).toEqual([30, 31]);
  });
  it("counts no zombie as living, but looks at its children", () => {
    const rows = [
      { pid: 1, parent: 0 },
      { pid: 10, parent: 1, zombie: true },
      { pid: 11, parent: 10 },
    ];
    expect(members(rows, [10])).toEqual([11]);
  });
  it("never takes usher itself", () => {
    expect(members([{ pid: 1, parent: 0, session: 10 }], [10])).toEqual([]);
  });
});
