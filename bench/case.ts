/** What a case is: one thing that is measured, and how it becomes one table of the results. */

import type { Box } from "./box.ts";
import type { Figure } from "./figures.ts";

/** How much time a run may take. */
export type Effort = "quick" | "normal" | "long";

/** One metric, as a column of the case's table. */
export type Column = { readonly metric: string; readonly heading: string };

/** One measurement. */
export type Case = {
  readonly name: string;
  readonly title: string;
  /** One paragraph: what is measured from where to where. */
  readonly method: string;
  readonly columns: readonly Column[];
  /** The subject that the ratios in the table are to; left out where ratios mean nothing. */
  readonly reference?: string;
  run(box: Box, effort: Effort): Promise<readonly Figure[]>;
};

/** Picks by effort. */
export function by<T>(effort: Effort, values: Readonly<Record<Effort, T>>): T {
  return values[effort];
}
