import { defineConfig } from "vitest/config";

/** Tests in containers meet a machine's bad moments. Second tries are named (tools/second-try.ts), never silent. */
const retry = 1;

/**
 * `unit` runs anywhere in seconds, `container` needs a Docker engine (see tools/setup.sh), `packages` and `servers` also
 * install many of Debian's packages once, and take minutes; `chaos` too. `npm test` runs the first three.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/chaos/**", "test/container/**", "test/packages/**", "node_modules/**"],
        },
      },
      {
        test: {
          name: "container",
          environment: "node",
          include: ["test/container/**/*.test.ts"],
          globalSetup: ["test/container/harness/global-setup.ts"],
          // Containers mostly wait; two workers keep two cores busy without making timings meaningless.
          retry,
          pool: "forks",
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          teardownTimeout: 20_000,
        },
      },
      {
        test: {
          name: "chaos",
          environment: "node",
          include: ["test/chaos/**/*.test.ts"],
          globalSetup: ["test/container/harness/global-setup.ts"],
          pool: "forks",
          maxWorkers: 1,
          testTimeout: 1_800_000,
          hookTimeout: 300_000,
          teardownTimeout: 20_000,
        },
      },
      {
        test: {
          name: "packages",
          environment: "node",
          include: ["test/packages/**/*.test.ts"],
          exclude: ["test/packages/adopt.test.ts"],
          globalSetup: ["test/packages/global-setup.ts"],
          retry,
          pool: "forks",
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          teardownTimeout: 20_000,
        },
      },
      {
        test: {
          name: "servers",
          environment: "node",
          include: ["test/packages/adopt.test.ts"],
          globalSetup: ["test/packages/servers-setup.ts"],
          pool: "forks",
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          teardownTimeout: 20_000,
        },
      },
    ],
  },
});
