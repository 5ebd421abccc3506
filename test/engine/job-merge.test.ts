/** The laws that stand above the table of job merging. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { areConflicting, isRedundant, isSuperset, mergeJobs } from "../../src/engine/job/job-merge.ts";
import type { ActiveState, JobType } from "../../src/engine/state.ts";

const type = fc.constantFrom<JobType>("start", "verify-active", "stop", "reload", "restart");
const state = fc.constantFrom<ActiveState>(
  "active",
  "reloading",
  "inactive",
  "failed",
  "activating",
  "deactivating",
);

function merged(a: JobType | null, b: JobType | null, s: ActiveState): JobType | null {
  return a === null || b === null ? null : mergeJobs(a, b, s);
}

describe("merging jobs", () => {
  it("is commutative and idempotent", () => {
    fc.assert(
      fc.property(type, type, state, (a, b, s) => {
        expect(mergeJobs(a, b, s)).toBe(mergeJobs(b, a, s));
        expect(mergeJobs(a, a, s)).toBe(a);
      }),
    );
  });

  it("is associative", () => {
    fc.assert(
      fc.property(type, type, type, state, (a, b, c, s) => {
        expect(merged(merged(a, b, s), c, s)).toBe(merged(a, merged(b, c, s), s));
      }),
    );
  });

  it("being mergeable is transitive", () => {
    fc.assert(
      fc.property(type, type, type, (a, b, c) => {
        if (!areConflicting(a, b) && !areConflicting(b, c)) expect(areConflicting(a, c)).toBe(false);
      }),
    );
  });

  it("what the merged job conflicts with, one of the two conflicts with", () => {
    fc.assert(
      fc.property(type, type, type, state, (a, b, c, s) => {
        const both = mergeJobs(a, b, s);
        if (both !== null && areConflicting(both, c))
          expect(areConflicting(a, c) || areConflicting(b, c)).toBe(true);
      }),
    );
  });

  it("conflicts exactly where there is no merged job, and stands beside a nop", () => {
    fc.assert(
      fc.property(type, type, state, (a, b, s) => {
        expect(areConflicting(a, b)).toBe(mergeJobs(a, b, s) === null);
        expect(areConflicting(a, "nop")).toBe(false);
      }),
    );
  });

  it("a superset swallows the other", () => {
    fc.assert(
      fc.property(type, type, state, (a, b, s) => {
        if (isSuperset(a, b)) expect(mergeJobs(a, b, s)).toBe(a);
      }),
    );
  });

  it("of redundant jobs is redundant", () => {
    fc.assert(
      fc.property(type, type, state, (a, b, s) => {
        const both = mergeJobs(a, b, s);
        if (both !== null && isRedundant(a, s) && isRedundant(b, s)) expect(isRedundant(both, s)).toBe(true);
      }),
    );
  });
});
