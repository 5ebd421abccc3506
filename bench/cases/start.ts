import { by, type Case } from "../case.ts";
import { wrappers } from "../contenders.ts";
import { summarise } from "../figures.ts";

export const start: Case = {
  name: "start",
  title: "Start of one command",
  method:
    "Each wrapper is PID 1 of a fresh PID namespace. *Child runs*: from the wrapper's `execve` to the first instructions of its child, a program without libraries that reports the clock. *Start to exit*: from the same moment to the wrapper's end as its parent sees it, around `/bin/true`. *CPU*: processor time of that whole run. `no-init` is the command itself as PID 1.",
  columns: [
    { metric: "exec", heading: "child runs" },
    { metric: "exit", heading: "start to exit of `-- /bin/true`" },
    { metric: "cpu", heading: "CPU of that" },
  ],
  reference: "tini",
  async run(box, effort) {
    const rounds = by(effort, { quick: 30, normal: 200, long: 600 });
    const stamps = await box.drive("start", { rounds }, wrappers("/opt/bench/stamp", true));
    const runs = await box.drive("start", { rounds }, wrappers("/bin/true", true));
    return [
      ...summarise("start", stamps, { exec: "ns" }),
      ...summarise("start", runs, { exit: "ns", cpu: "ns" }),
    ];
  },
};
