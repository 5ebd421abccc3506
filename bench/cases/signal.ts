import { by, type Case } from "../case.ts";
import { wrappers } from "../contenders.ts";
import { summarise } from "../figures.ts";

export const signal: Case = {
  name: "signal",
  title: "Latency of a forwarded signal",
  method: "From `kill(2)` on PID 1 until the child, which waits in sigwaitinfo, has the signal in hand.",
  columns: [{ metric: "latency", heading: "latency" }],
  reference: "tini",
  async run(box, effort) {
    const rounds = by(effort, { quick: 2, normal: 6, long: 15 });
    const samples = await box.drive("signal", { rounds, count: 100 }, wrappers("/opt/bench/sigstamp", false));
    return summarise("signal", samples, { latency: "ns" });
  },
};
