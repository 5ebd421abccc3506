import { by, type Case } from "../case.ts";
import { wrappers } from "../contenders.ts";
import { type Figure, type Sample, summarise } from "../figures.ts";

const count = 1000;

/** The driver says ns for each orphan; what is asked for is a rate. */
function asRates(samples: readonly Sample[]): Sample[] {
  return samples.map((one) => ({ ...one, value: 1e9 / one.value }));
}

export const orphans: Case = {
  name: "orphans",
  title: "Orphans reaped a second",
  method: `*Reaped*: PID 1 is stopped, ${count} zombies are handed to it, it goes on; until the last has gone; *a second of CPU*: by PID 1's own processor time for it, which a busy machine changes less. *Made and reaped*: ${count / 5} orphans are made one after the other as fast as the machine can, PID 1 reaps beside; until the last has gone.`,
  columns: [
    { metric: "reap", heading: "reaped" },
    { metric: "cpu", heading: "a second of CPU" },
    { metric: "flow", heading: "made and reaped" },
  ],
  reference: "tini",
  async run(box, effort): Promise<readonly Figure[]> {
    const rounds = by(effort, { quick: 3, normal: 30, long: 40 });
    const samples = await box.drive("orphans", { rounds, count }, wrappers("/opt/bench/orphans", false));
    return summarise("orphans", asRates(samples), { reap: "per-second", cpu: "per-second", flow: "per-second" });
  },
};
