/** `usher --verify [FILE|DIR…]`: reads unit files as init would and says what is wrong in them. */
import type { System } from "../system.ts";

export function runVerify(
  system: System,
  _paths: readonly string[],
  _output: string,
  _units: string | null,
): number {
  system.output.writeError("usher: --verify is still to come\n");
  return 1;
}
