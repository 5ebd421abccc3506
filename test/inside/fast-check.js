/**
 * fast-check with an upper bound on the cases of a property: usher's engine has no JIT, and what is looked for here
 * is a difference between the engines, not the rare case.
 */
import fc from "fast-check-itself";

const MOST_CASES = 6;

const assert = (property, options) =>
  fc.assert(property, { ...options, numRuns: Math.min(options?.numRuns ?? MOST_CASES, MOST_CASES) });

export default { ...fc, assert };
