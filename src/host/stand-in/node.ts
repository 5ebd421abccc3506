/**
 * The Node modules that pino imports and that never run here, since usher gives pino a destination of its own: the
 * pieces that it touches while loading, and nothing more.
 */

/** node:os */
export const hostname = (): string => "";

/** node:util: no call sites, so pino never resolves a transport relative to its caller. */
export const getCallSites = (): readonly never[] => [];

/** node:diagnostics_channel: nobody subscribes. */
export const tracingChannel = (): { readonly hasSubscribers: boolean } => ({ hasSubscribers: false });

/** node:worker_threads */
export const isMainThread = true;
