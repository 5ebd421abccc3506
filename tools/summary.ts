/** Counts tests over the JSON reports that vitest writes, so that the closing line is true. */

import { existsSync, readFileSync } from "node:fs";

/** What ran. A test file that could not be loaded, or a run without a report, counts as one failed test. */
export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

type Report = {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

export const none: Counts = { passed: 0, failed: 0, skipped: 0 };

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** Counts one report as parsed from JSON. */
export function count(report: Report): Counts {
  let counts = none;
  for (const { status, assertionResults } of report.testResults) {
    const states = assertionResults.map((result) => result.status);
    const passed = states.filter((state) => state === "passed").length;
    const failed = states.filter((state) => state === "failed").length;
    counts = add(counts, {
      passed,
      failed: failed === 0 && status === "failed" ? 1 : failed,
      skipped: states.length - passed - failed,
    });
  }
  return counts;
}

/** Counts the report in a file; `exitCode` is what the run that should have written it ended with. */
export function countFile(path: string, exitCode: number): Counts {
  if (!existsSync(path)) {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const counts = count(JSON.parse(readFileSync(path, "utf8")) as Report);
  // An error outside any test (an unhandled rejection) fails the run and must not look like success.
  return counts.failed === 0 && exitCode !== 0 ? add(counts, { passed: 0, failed: 1, skipped: 0 }) : counts;
}

/** The closing line: `N passed, N failed` and, where some were, `, N skipped`. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
