import { expect, test } from "vitest";
import { closingLine, count, countFile } from "../../tools/summary.ts";

const file = (
  status: string,
  ...states: string[]
): { status: string; assertionResults: { status: string }[] } => ({
  status,
  assertionResults: states.map((state) => ({ status: state })),
});

test("counts tests, not files", () => {
  const report = {
    testResults: [file("passed", "passed", "passed", "skipped"), file("failed", "failed", "passed")],
  };
  expect(count(report)).toEqual({ passed: 3, failed: 1, skipped: 1 });
});

test("a file that could not be loaded is a failure", () => {
  expect(count({ testResults: [file("failed")] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("a run without a report is a failure", () => {
  expect(countFile("/nowhere/report.json", 1).failed).toBe(1);
});

test("the closing line names skipped tests only where there are some", () => {
  expect(closingLine({ passed: 2, failed: 0, skipped: 0 })).toBe("2 passed, 0 failed");
  expect(closingLine({ passed: 2, failed: 1, skipped: 3 })).toBe("2 passed, 1 failed, 3 skipped");
});
