/** What was measured, as plain data, and the little statistics that is done with it. */

/** Times in ns, memory in KiB, sizes in bytes. */
export type Unit = "ns" | "KiB" | "bytes" | "per-second" | "instructions" | "count";

/** One metric of one subject over all rounds. */
export type Figure = {
  /** Name of the case. */
  readonly measurement: string;
  /** Who was measured: `tini`, `usher`, … */
  readonly subject: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly median: number;
  /** First and third quartile. */
  readonly low: number;
  readonly high: number;
  readonly samples: number;
  /** The ratios to the reference, one a round, where the rounds are short enough for that to mean something. */
  readonly paired?: Ratio;
};

/** A median with its quartiles. */
export type Ratio = { readonly median: number; readonly low: number; readonly high: number };

/** One line of the driver's output. */
export type Sample = { readonly subject: string; readonly metric: string; readonly value: number };

/** Reads the driver's output: "LABEL METRIC VALUE" a line. */
export function parseSamples(text: string): Sample[] {
  return text
    .split("\n")
    .map((line) => line.split(" "))
    .filter((words) => words.length === 3)
    .map(([subject = "", metric = "", value = ""]) => ({ subject, metric, value: Number(value) }));
}

/** A sample of a known round. */
export type RoundSample = Sample & { readonly round: number };

/** Reads "ROUND LABEL METRIC VALUE" a line. */
export function parseRounds(text: string): RoundSample[] {
  return text
    .split("\n")
    .map((line) => line.split(" "))
    .filter((words) => words.length === 4)
    .map(([round = "", subject = "", metric = "", value = ""]) => ({
      round: Number(round),
      subject,
      metric,
      value: Number(value),
    }));
}

/** Adds to each figure how its samples compare with the reference's of the same rounds. */
export function pairWith(
  reference: string,
  samples: readonly RoundSample[],
  figures: readonly Figure[],
): Figure[] {
  const key = ({ round, metric }: RoundSample): string => `${round} ${metric}`;
  const references = new Map(
    samples.filter(({ subject }) => subject === reference).map((sample) => [key(sample), sample.value]),
  );
  return figures.map((one) => {
    const ratios = samples
      .filter(({ subject, metric }) => subject === one.subject && metric === one.metric)
      .map((sample) => sample.value / (references.get(key(sample)) ?? Number.NaN))
      .filter(Number.isFinite)
      .toSorted((a, b) => a - b);
    if (one.subject === reference || ratios.length === 0) return one;
    const paired = {
      median: quantile(ratios, 0.5),
      low: quantile(ratios, 0.25),
      high: quantile(ratios, 0.75),
    };
    return { ...one, paired };
  });
}

/** The value below which that share of the (sorted) values lies, interpolated. */
export function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}

/** One figure from the values of one metric of one subject. */
export function figure(
  at: Pick<Figure, "measurement" | "subject" | "metric" | "unit">,
  values: readonly number[],
): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    ...at,
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    samples: values.length,
  };
}

/** One figure for each subject and metric among the samples; metrics that `units` does not name are left out. */
export function summarise(
  measurement: string,
  samples: readonly Sample[],
  units: Readonly<Record<string, Unit>>,
): Figure[] {
  const groups = Map.groupBy(samples, ({ subject, metric }) => `${subject} ${metric}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const unit = first && units[first.metric];
    if (first === undefined || unit === undefined) return [];
    const { subject, metric } = first;
    return [
      figure(
        { measurement, subject, metric, unit },
        group.map(({ value }) => value),
      ),
    ];
  });
}

/** Finds one figure; undefined where that subject could not be measured. */
export type Lookup = (measurement: string, subject: string, metric: string) => Figure | undefined;

/** A lookup over those figures. */
export function lookupIn(figures: readonly Figure[]): Lookup {
  return (measurement, subject, metric) =>
    figures.find(
      (one) => one.measurement === measurement && one.subject === subject && one.metric === metric,
    );
}

function significant(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-GB");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A value for people: 1.23 ms, 45.6 µs, 1.5 MB (of 1,000,000 bytes), 1,234 /s. */
export function show(value: number, unit: Unit): string {
  switch (unit) {
    case "ns":
      return value < 1e6 ? `${significant(value / 1e3)} µs` : `${significant(value / 1e6)} ms`;
    case "KiB":
      return show(value * 1024, "bytes");
    case "bytes":
      return value < 1e5 ? `${significant(value / 1e3)} kB` : `${significant(value / 1e6)} MB`;
    case "per-second":
      return `${significant(value)} /s`;
    case "instructions":
      return value < 1e6 ? `${significant(value / 1e3)} k` : `${significant(value / 1e6)} M`;
    case "count":
      return significant(value);
  }
}
