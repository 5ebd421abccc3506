/** PID 1 reaps what nobody else does. */

import { expect, test } from "vitest";
import type { UsherContainer } from "./harness/container.ts";
import { startUsher } from "./harness/usher.ts";

async function countZombies(box: UsherContainer): Promise<number> {
  return (await box.processes()).filter(({ state }) => state.startsWith("Z")).length;
}

/** Few enough that a zombie for each orphan would soon be one too many: then the fixture never comes to its end. */
const pidsLimit = 400;

test("10,000 orphans are reaped as fast as they come, and no zombie is left", async () => {
  const box = await startUsher({
    pidsLimit,
    units: {
      "orphans.service":
        "[Service]\nType=oneshot\nExecStart=/opt/fixtures/orphans 10000\n[Install]\nWantedBy=multi-user.target\n",
    },
  });
  await box.event(({ unit, msg }) => unit === "orphans.service" && msg === "10000 orphans", {
    timeout: 50_000,
  });
  await box.booted();
  await expect.poll(() => countZombies(box), { timeout: 5_000 }).toBe(0);
});

test("the check can fail: a PID 1 that does not reap leaves a zombie for each", async () => {
  const box = await startUsher({ pidsLimit, entrypoint: ["sleep", "1000"] });
  expect(await box.run(["/opt/fixtures/orphans", "50"])).toBe("50 orphans\n");
  expect(await countZombies(box)).toBe(50);
});
