/** For each aim that is not met: what stands in the way. Written by hand, keyed by the aim. */
export const reasons: Readonly<Record<string, string>> = {};
