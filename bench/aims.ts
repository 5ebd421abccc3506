/** What usher wants to reach, as functions of the figures. A row here is a row in the results, met or not. */

import { type Figure, type Lookup, type Ratio, show } from "./figures.ts";

/** How an aim came out. */
export type Verdict = { readonly got: string; readonly met: boolean };

export type Aim = {
  /** Key of reasons.ts. */
  readonly key: string;
  readonly text: string;
  /** Undefined where one of the figures is missing. */
  readonly judge: (find: Lookup) => Verdict | undefined;
};

/** At most `factor` times the other's figure. */
function withinTimes(
  factor: number,
  ours: (find: Lookup) => Figure | undefined,
  theirs: (find: Lookup) => Figure | undefined,
): Aim["judge"] {
  return (find) => {
    const our = ours(find);
    const their = theirs(find);
    if (our === undefined || their === undefined) return undefined;
    const ratio = our.median / their.median;
    const got = `${ratio.toFixed(2)} × (${show(our.median, our.unit)} to ${show(their.median, their.unit)})`;
    return { got, met: ratio <= factor };
  };
}

/** At least the other's rate. */
function atLeast(
  ours: (find: Lookup) => Figure | undefined,
  theirs: (find: Lookup) => Figure | undefined,
): Aim["judge"] {
  return (find) => {
    const our = ours(find);
    const their = theirs(find);
    if (our === undefined || their === undefined) return undefined;
    const ratio = our.median / their.median;
    const got = `${ratio.toFixed(2)} × (${show(our.median, our.unit)} to ${show(their.median, their.unit)})`;
    return { got, met: ratio >= 1 };
  };
}

/** A rate that is at least so much of the reference's, round by round; the processor time is told beside it. */
function withinPaired(
  least: number,
  rate: (find: Lookup) => Figure | undefined,
  cpu: (find: Lookup) => Figure | undefined,
): Aim["judge"] {
  return (find) => {
    const paired = rate(find)?.paired;
    if (paired === undefined) return undefined;
    const text = ({ median, low, high }: Ratio): string =>
      `${median.toFixed(3)} × (${low.toFixed(3)} to ${high.toFixed(3)})`;
    const time = cpu(find)?.paired;
    const beside = time === undefined ? "" : `, CPU a request ${text(time)}`;
    return { got: `${text(paired)}${beside}`, met: paired.median >= least };
  };
}

/** At most so much, for the largest of several figures. */
function atMost(limit: number, metrics: readonly (readonly [string, string, string])[]): Aim["judge"] {
  return (find) => {
    const all = metrics.map(([measurement, subject, metric]) => find(measurement, subject, metric));
    const worst = all.reduce((one, other) =>
      one === undefined || other === undefined || one.median > other.median ? one : other,
    );
    if (worst === undefined || all.includes(undefined)) return undefined;
    return { got: show(worst.median, worst.unit), met: worst.median <= limit };
  };
}

const ours =
  (measurement: string, metric: string, subject = "usher") =>
  (find: Lookup): Figure | undefined =>
    find(measurement, subject, metric);
const tini = (measurement: string, metric: string): ((find: Lookup) => Figure | undefined) =>
  ours(measurement, metric, "tini");

/** In KiB. */
const megabyte = 1e6 / 1024;

export const aims: readonly Aim[] = [
  {
    key: "child-runs",
    text: "`usher -- cmd`: the child runs within 1.25 × tini's time",
    judge: withinTimes(1.25, ours("start", "exec"), tini("start", "exec")),
  },
  {
    key: "start-to-exit",
    text: "`usher -- /bin/true`: start to exit within 1.5 × tini's time",
    judge: withinTimes(1.5, ours("start", "exit"), tini("start", "exit")),
  },
  {
    key: "wrapper-resident",
    text: "Around one command: at most 2.5 MB resident",
    judge: atMost(2.5 * megabyte, [["wrapper-memory", "usher", "resident"]]),
  },
  {
    key: "wrapper-private",
    text: "Around one command: at most 0.8 MB private",
    judge: atMost(0.8 * megabyte, [["wrapper-memory", "usher", "private"]]),
  },
  {
    key: "orphans",
    text: "Orphans reaped a second: at least tini's",
    judge: atLeast(ours("orphans", "reap"), tini("orphans", "reap")),
  },
  {
    key: "signal",
    text: "A forwarded signal arrives within 1.5 × tini's time",
    judge: withinTimes(1.5, ours("signal", "latency"), tini("signal", "latency")),
  },
  {
    key: "size",
    text: "At most 3 MB on disk",
    judge: atMost(3e6, [["size", "usher", "size"]]),
  },
  {
    key: "resident-10",
    text: "With 10 units, running services or waiting sockets: at most 4 MB resident",
    judge: atMost(4 * megabyte, [
      ["memory", "usher", "resident-10"],
      ["memory", "usher-sockets", "resident-10"],
    ]),
  },
  {
    key: "private-10",
    text: "With 10 units, running services or waiting sockets: at most 1.5 MB private",
    judge: atMost(1.5 * megabyte, [
      ["memory", "usher", "private-10"],
      ["memory", "usher-sockets", "private-10"],
    ]),
  },
  {
    key: "listen-100",
    text: "100 socket units listen within 10 ms of `execve`",
    judge: atMost(10e6, [["listen", "usher", "last-100"]]),
  },
  {
    key: "first-byte",
    text: "First byte from a service that must be started within 2 × the bare spawn",
    judge: withinTimes(2, ours("first-byte", "every"), ours("first-byte", "every", "bare-spawn")),
  },
  {
    key: "accept-serial",
    text: "Accept=yes, one by one: at least tcpserver's rate",
    judge: atLeast(ours("accept", "serial"), ours("accept", "serial", "tcpserver")),
  },
  {
    key: "accept-parallel",
    text: "Accept=yes, 64 at once: at least tcpserver's rate",
    judge: atLeast(ours("accept", "parallel"), ours("accept", "parallel", "tcpserver")),
  },
  {
    key: "accept-live",
    text: "Accept=yes: a connection among 200 live ones within 1.1 × the instructions of one alone",
    judge: withinTimes(1.1, ours("instructions", "accept-live"), ours("instructions", "accept")),
  },
  ...(["redis", "nginx"] as const).map((server) => ({
    key: `adopted-${server}`,
    text: `${server === "redis" ? "Redis" : "nginx"} with an adopted socket: within 2 % of its rate by itself`,
    judge: withinPaired(
      0.98,
      ours("adopted", `${server}-rate`, "adopted"),
      ours("adopted", `${server}-cpu`, "adopted"),
    ),
  })),
];
