import type { Box, Contender } from "../box.ts";
import { by, type Case } from "../case.ts";
import { systemd, usher, wrappers } from "../contenders.ts";
import { type Figure, summarise } from "../figures.ts";
import { unitCounts } from "../fixtures.ts";

const units = { private: "KiB", resident: "KiB", processes: "count" } as const;

function supervisors(count: number): Contender[] {
  return [
    { subject: "s6", command: `/bench/start-s6 ${count}` },
    { subject: "runit", command: `/bench/start-runit ${count}` },
    { subject: "supervisord", command: `/usr/bin/supervisord -n -c /bench/supervisor/${count}.conf` },
    systemd(`services-${count}`),
    usher(`services-${count}`),
  ];
}

/** Figures of one size: the metric's name carries the number of units. */
async function measure(
  box: Box,
  rounds: number,
  count: number,
  live: number,
  contenders: readonly Contender[],
): Promise<Figure[]> {
  const samples = await box.drive("memory", { rounds, count, live }, contenders);
  const size = Math.max(count, live);
  return summarise("memory", samples, units).map((one) => ({ ...one, metric: `${one.metric}-${size}` }));
}

export const memory: Case = {
  name: "memory",
  title: "Idle memory of inits with services",
  method:
    "*Private*: private clean and dirty pages, while a second of the same runs beside it, so that pages of program files count as shared: what one more of it costs. *Resident*: sum over processes. Both of the init and all its helper processes (s6-supervise, runsv), not of the services. The units are running services that do nothing; in the rows `… sockets` they are listening sockets whose services have not been started. systemd runs with these units alone, without its journal and early boot. Once it has booted, usher gives back the pages of its program that only the boot used; as it works, those it needs come back from the page cache: 1.7 MB more of resident, shared memory after the first connections.",
  columns: unitCounts.flatMap((count) => [
    { metric: `private-${count}`, heading: `private, ${count} units` },
    { metric: `resident-${count}`, heading: `resident, ${count} units` },
  ]),
  reference: "usher",
  async run(box, effort) {
    const rounds = by(effort, { quick: 1, normal: 1, long: 3 });
    const figures: Figure[] = [];
    for (const count of by(effort, { quick: [10], normal: unitCounts, long: unitCounts })) {
      figures.push(...(await measure(box, rounds, count, 0, supervisors(count))));
      if (count === 0) continue;
      const folder = `sockets-${count}`;
      const sockets = [systemd(folder, "systemd-sockets"), usher(folder, "usher-sockets")];
      figures.push(...(await measure(box, rounds, 0, count, sockets)));
    }
    return figures;
  },
};

export const wrapperMemory: Case = {
  name: "wrapper-memory",
  title: "Idle memory around one command",
  method: "As above, while the one child does nothing.",
  columns: [
    { metric: "private", heading: "private" },
    { metric: "resident", heading: "resident" },
  ],
  reference: "tini",
  async run(box, effort) {
    const rounds = by(effort, { quick: 1, normal: 3, long: 5 });
    const samples = await box.drive("memory", { rounds, count: 1 }, wrappers("/opt/bench/idle", false));
    return summarise("wrapper-memory", samples, units);
  },
};
