/** Once for all container tests: a current build, current images, and at the end no container left behind. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureImage, type ImageName, testImages } from "../../../tools/images.ts";
import { removeContainersOfRun } from "./engine.ts";

const root = join(import.meta.dirname, "../../..");

/** Vitest calls this before the first test file, and what it returns after the last. */
export function setup(): Promise<() => Promise<void>> {
  return prepare(testImages);
}

/** The same for tests that run in other images. */
export async function prepare(images: readonly ImageName[]): Promise<() => Promise<void>> {
  const settings = join(root, ".cache/setup.env");
  if (existsSync(settings)) {
    process.loadEnvFile(settings);
  }
  // `npm test` has just built; a product image given from outside is tested as it is.
  if (process.env["USHER_BUILT"] !== "1" && process.env["USHER_PRODUCT_IMAGE"] === undefined) {
    const { status } = spawnSync("node", ["tools/build.ts"], { cwd: root, stdio: "inherit" });
    if (status !== 0) {
      throw new Error("cannot run container tests: the build failed");
    }
  }
  for (const image of images) {
    await ensureImage(image);
  }
  const run = `${process.pid}-${Date.now()}`;
  process.env["USHER_TEST_RUN"] = run;
  return async () => {
    const left = await removeContainersOfRun(run);
    if (left > 0) {
      console.error(`${left} containers had been left behind by tests and were removed`);
    }
  };
}
