/** Once for the tests of Debian's packages: what container tests need, and the images with the packages. */

import { prepare } from "../container/harness/global-setup.ts";

/** Vitest calls this before the first test file, and what it returns after the last. */
export function setup(): Promise<() => Promise<void>> {
  return prepare(["usher-test:debian", "usher-test:packages", "usher-test:activated"]);
}
