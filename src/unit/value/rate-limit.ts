/** Pairs of …IntervalSec= and …Burst=. */
import type { Usec } from "../../base/time.ts";
import type { RateLimit } from "../model.ts";
import { parseInteger, UINT32_MAX } from "./number.ts";
import { parseTimespan } from "./timespan.ts";
import type { ValueType } from "./value-type.ts";

/** A burst that is not written yet: its default depends on other settings. */
export const BURST_UNSET = -1;

export const rateInterval: ValueType<RateLimit> = {
  expected: "a time span; 0 switches the limit off",
  read: (text, _scope, before) => {
    const intervalUsec: Usec | undefined = parseTimespan(text);
    return intervalUsec === undefined ? undefined : { intervalUsec, burst: before.burst };
  },
};

export const rateBurst: ValueType<RateLimit> = {
  expected: "a number; 0 switches the limit off",
  read: (text, _scope, before) => {
    const burst = parseInteger(text, 0, UINT32_MAX);
    return burst === undefined ? undefined : { intervalUsec: before.intervalUsec, burst };
  },
};
