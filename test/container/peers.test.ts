/**
 * usher under the names tini, dumb-init and catatonit, side by side with the real ones: one table of cases, run with
 * both, as PID 1 and as anybody's child, and nothing may differ: exit status, output, what the command is given, and
 * which signals reach whom.
 */

import { describe, expect, test } from "vitest";
import { type Case, peers, type Where } from "./peers/cases.ts";
import { faceOf, type Job, type Result, runTable } from "./peers/run.ts";

type Row = { readonly title: string; readonly face: string; readonly real: Job; readonly usher: Job };

const rows: readonly Row[] = peers.flatMap(({ face, real, cases }) =>
  cases.flatMap((one) =>
    (one.where ?? (["child", "pid1"] as const)).map((where): Row => {
      const job = { case: one, face, where };
      return {
        title: `${one.name}${where === "pid1" ? ", as PID 1" : ""}`,
        face,
        real: { ...job, program: real },
        usher: { ...job, program: faceOf(face) },
      };
    }),
  ),
);

/** Orphans under an init that does not reap: what the checks for zombies must notice. */
const leavesOrphans: Case = {
  name: "orphans",
  args: ["--", "/opt/fixtures/tracer", "$F", "orphans", "20", "listen"],
  steps: [{ ready: "command" }, { reaped: 1 }, { send: 9, to: "command" }],
};
const stubs: readonly Job[] = (["pid1", "child"] as const).map((where: Where) => ({
  case: { ...leavesOrphans, start: { subreaper: true } },
  face: "stub-init",
  program: "/opt/fixtures/stub-init",
  where,
}));

const results = runTable([...rows.flatMap(({ real, usher }) => [real, usher]), ...stubs]);

function resultsOf(row: Row): { real: Result; usher: Result } {
  const index = 2 * rows.indexOf(row);
  const [real, usher] = results().slice(index, index + 2);
  if (real === undefined || usher === undefined) throw new Error(`no result for ${row.title}`);
  return { real, usher };
}

function inAnyOrder(result: Result): Result {
  const stderr = [...(result.output["stderr"] ?? []).join("\n")].sort().join("");
  return { ...result, output: { ...result.output, stderr: [stderr] } };
}

describe.each(peers)("$face", ({ face }) => {
  test.for(rows.filter((row) => row.face === face))("$title", (row) => {
    const { real, usher } = resultsOf(row);
    // A case in which the real program was waited for in vain would compare nothing.
    expect(real.notes.filter((note) => note.startsWith("waited in vain"))).toEqual([]);
    if (row.real.case.interleaves) expect(inAnyOrder(usher)).toEqual(inAnyOrder(real));
    else expect(usher).toEqual(real);
  });
});

test("an init that does not reap is found out", () => {
  for (const result of results().slice(2 * rows.length)) {
    expect(result.notes).toEqual(["waited in vain: zombies"]);
    expect(result.exit).toBe(137);
  }
});
