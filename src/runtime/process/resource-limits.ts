/** Limit…= of systemd.exec(5) as setrlimit(2) wants them. */
import type { ResourceLimit } from "../../unit/model.ts";

/** RLIMIT_* of Linux on every architecture that usher is built for. */
const RLIMIT: Readonly<Record<string, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

const INFINITY = -1;

/** `[number, soft, hard]` triples, -1 for infinity. */
export function resourceLimits(limits: readonly ResourceLimit[]): (readonly [number, number, number])[] {
  const triples: (readonly [number, number, number])[] = [];
  for (const { resource, soft, hard } of limits) {
    const number = RLIMIT[resource];
    if (number !== undefined) triples.push([number, bounded(soft), bounded(hard)]);
  }
  return triples;
}

function bounded(value: number): number {
  return value >= Number.MAX_SAFE_INTEGER ? INFINITY : value;
}
