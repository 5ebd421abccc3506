/** Who waits for which answer of the engine: the control server, signals, and the boot itself. */
import type { RequestError } from "../../engine/effect.ts";
import type { JobId, JobResult } from "../../engine/state.ts";

export interface Waiting {
  readonly reply?: (error: RequestError | null, job: JobId | null) => void;
  readonly done?: (result: JobResult) => void;
}

export interface Requests {
  /** A new request's number. */
  open(waiting: Waiting): number;
  reply(requestId: number, error: RequestError | null, job: JobId | null): void;
  done(requestIds: readonly number[], result: JobResult): void;
}

export function createRequests(): Requests {
  const open = new Map<number, Waiting>();
  let last = 0;
  return {
    open(waiting) {
      open.set(++last, waiting);
      return last;
    },
    reply(requestId, error, job) {
      const waiting = open.get(requestId);
      if (error !== null || job === null) open.delete(requestId);
      waiting?.reply?.(error, job);
      if (error === null && job === null) waiting?.done?.("done");
    },
    done(requestIds, result) {
      for (const requestId of requestIds) {
        const waiting = open.get(requestId);
        open.delete(requestId);
        waiting?.done?.(result);
      }
    },
  };
}
