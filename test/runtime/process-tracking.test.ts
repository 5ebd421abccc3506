import { describe, expect, it } from "vitest";
import type { Native } from "../../src/host/native.ts";
import { membersOf, takeSnapshot } from "../../src/runtime/process-tracking.ts";

const Z = "Z".charCodeAt(0);
const S = "S".charCodeAt(0);

interface Row {
  pid: number;
  parent: number;
  session?: number;
  zombie?: boolean;
  invocation?: string;
}

function hostWith(rows: Row[]): Native {
  const flat = rows.flatMap((row) => [
    row.pid,
    row.parent,
    row.session ?? row.pid,
    row.session ?? row.pid,
    0,
    row.zombie === true ? Z : S,
  ]);
  const host: Pick<Native, "pid" | "processes" | "processHasEnv"> = {
    pid: 1,
    processes: () => flat,
    processHasEnv: (pid, assignment) =>
      rows.find((row) => row.pid === pid)?.invocation === assignment.slice("INVOCATION_ID=".length) ? 1 : 0,
  };
  return host as Native;
}

function members(rows: Row[], leaders: number[], invocationId: string | null = null): number[] {
  const host = hostWith(rows);
  return membersOf(host, takeSnapshot(host), { leaders: new Set(leaders), invocationId }).sort(
    (a, b) => a - b,
  );
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
