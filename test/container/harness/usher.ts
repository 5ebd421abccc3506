/**
 * Containers with usher as PID 1, for tests:
 *
 *     const box = await startUsher({
 *       units: { "echo.socket": "[Socket]\nListenStream=7001\n…", "echo.service": "…" },
 *     });
 *     await box.booted();
 *     expect(await box.request(7001)).toMatch(/^\d+\n$/);
 *     await box.event((record) => record.unit === "echo.service");
 *     await box.kill("SIGTERM");
 *     expect((await box.exited()).exitCode).toBe(0);
 *
 * A container is removed when its test ends, however it ends; when the test failed its log is printed first. Tests
 * that share one (a start costs a quarter of a second) declare it beside them: `const box = sharedUsher({ … })`, and
 * use it as `box()`.
 */

import { afterAll, afterEach, beforeAll, onTestFailed, onTestFinished, type TestContext } from "vitest";
import { type StartOptions, startContainer, type UsherContainer } from "./container.ts";

function printLog({ name, log }: UsherContainer): void {
  console.error(`--- log of ${name} (${log.lines.length} lines)\n${log.text()}\n---`);
}

/**
 * Starts a container for the running test. What it then does is to be waited for with `booted`, `event`, `line`. A
 * concurrent test gives its own context, since which one is "the running test" can't be told among several.
 */
export async function startUsher(
  options: StartOptions = {},
  test: Pick<TestContext, "onTestFailed" | "onTestFinished"> = { onTestFailed, onTestFinished },
): Promise<UsherContainer> {
  const box = await startContainer(options);
  test.onTestFailed(() => printLog(box));
  test.onTestFinished(() => box.remove());
  return box;
}

/** One container for all tests of the file or `describe` block in which this is called. */
export function sharedUsher(options: StartOptions): () => UsherContainer {
  let box: UsherContainer | undefined;
  beforeAll(async () => {
    box = await startContainer(options);
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail" && box !== undefined) printLog(box);
  });
  afterAll(() => box?.remove());
  return () => {
    if (box === undefined) throw new Error("the shared container is there only while tests run");
    return box;
  };
}
