import { defineConfig } from "vitest/config";

/**
 * Three projects: `unit` runs anywhere in seconds, `container` needs a Docker engine (see tools/setup.sh), `packages`
 * also installs many of Debian's packages once, and takes minutes.
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
          globalSetup: ["test/packages/global-setup.ts"],
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
