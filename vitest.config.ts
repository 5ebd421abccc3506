import { defineConfig } from "vitest/config";

/** Two projects: `unit` runs anywhere in seconds, `container` needs a Docker engine (see tools/setup.sh). */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/container/**", "node_modules/**"],
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
    ],
  },
});
