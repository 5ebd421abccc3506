import { by, type Case } from "../case.ts";
import { systemd, usher } from "../contenders.ts";
import { type Figure, summarise } from "../figures.ts";
import { socketCounts } from "../fixtures.ts";

export const listen: Case = {
  name: "listen",
  title: "Boot until every socket listens",
  method:
    "From `execve` of PID 1 until the kernel counts as many TCP sockets in its network namespace as there are socket units (looked at every 20 µs from another process). Each socket unit has a service unit of its own. systemd (with 1,000 only in the long form) runs with these units alone, without its journal and early boot. *CPU*: processor time that PID 1 has had by then, which a busy machine changes less.",
  columns: [
    ...socketCounts.map((count) => ({
      metric: `last-${count}`,
      heading: `${count} socket${count === 1 ? "" : "s"}`,
    })),
    { metric: "cpu-100", heading: "CPU of 100" },
  ],
  reference: "usher",
  async run(box, effort) {
    const figures: Figure[] = [];
    for (const count of by(effort, { quick: [10, 100], normal: socketCounts, long: socketCounts })) {
      const folder = `sockets-${count}`;
      const often = by(effort, { quick: 10, normal: 30, long: 80 });
      // systemd takes 0.1 to 40 s for it; usher must not be measured less often for that.
      const seldom = count >= 1000 ? by(effort, { quick: 0, normal: 0, long: 3 }) : Math.ceil(often / 6);
      const both = seldom === 0 ? [] : await box.drive("listen", { rounds: seldom, count }, [usher(folder), systemd(folder)]);
      const more = await box.drive("listen", { rounds: often - seldom, count }, [usher(folder)]);
      figures.push(
        ...summarise("listen", [...both, ...more], { last: "ns", cpu: "ns" }).map((one) => ({
          ...one,
          metric: `${one.metric}-${count}`,
        })),
      );
    }
    return figures;
  },
};
