/**
 * fast-check with an upper bound on the cases of a property: usher's engine has no JIT, and what is looked for here
 * is a difference between the engines, not the rare case.
 */
// biome-ignore lint/correctness/noUndeclaredDependencies: tools/inside.ts gives fast-check itself this name
import fc from "fast-check-itself";

const MOST_CASES = 6;

const assert = (property, options) =>
  fc.assert(property, { ...options, numRuns: Math.min(options?.numRuns ?? MOST_CASES, MOST_CASES) });

// biome-ignore lint/style/noDefaultExport: as fast-check has it
export default { ...fc, assert };
