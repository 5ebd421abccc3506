/** Once for the tests of Debian's servers that adopt their sockets: what container tests need, and their image. */

import { prepare } from "../container/harness/global-setup.ts";

/** Vitest calls this before the first test file, and what it returns after the last. */
export function setup(): Promise<() => Promise<void>> {
  return prepare(["usher-test:adopt"]);
}
