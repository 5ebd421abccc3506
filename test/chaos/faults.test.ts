/**
 * A PID 1 whose own script fails again and again, each time elsewhere. USHER_CHAOS_SEEDS is the number of seeds; a
 * failing one is run alone with `-t "seed N:"`.
 */
import { beforeAll, test } from "vitest";
import { buildWithFaults, liveThroughFaults } from "../container/harness/chaos.ts";

const seeds = Number(process.env["USHER_CHAOS_SEEDS"] ?? 200);

/** Allocations fail often, or seldom; or callbacks are ended. */
function faultOf(seed: number): Readonly<Record<string, string>> {
  if (seed % 3 === 0) return { USHER_TEST_NO_MEMORY: `${seed}/${200 + ((seed * 37) % 5000)}` };
  if (seed % 3 === 1) return { USHER_TEST_NO_MEMORY: `${seed}/${2000 + ((seed * 997) % 60_000)}` };
  return { USHER_TEST_ABORT: `${seed}/${1 + (seed % 5)}` };
}

beforeAll(buildWithFaults, 300_000);

const rows = Array.from({ length: seeds }, (_, index) => ({ seed: index + 1, env: faultOf(index + 1) }));
test.for(rows)("seed $seed: $env", ({ env }, context) => liveThroughFaults(env, context));
