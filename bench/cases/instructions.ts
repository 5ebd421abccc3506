import type { Box } from "../box.ts";
import type { Case } from "../case.ts";
import { type Figure, figure } from "../figures.ts";

/**
 * Boots usher over a folder of units below callgrind, waits until it is idle (its processor time stands still), has
 * callgrind write its counts, and ends it. Prints the count.
 */
const bootScript = `
set -eu
out=/tmp/callgrind.$1
rm -f "$out"*
valgrind --tool=callgrind --callgrind-out-file="$out" /opt/bench/usher-dynamic --units "/bench/units/$1" \
    >/tmp/callgrind.log 2>&1 &
pid=$!
before=
now=none
tries=0
while [ "$now" != "$before" ] && [ "$tries" -lt 200 ]; do
    sleep 0.3
    tries=$((tries + 1))
    before=$now
    now=$(cut -d' ' -f14,15 "/proc/$pid/stat")
done
vgdb --pid="$pid" dump boot >/tmp/vgdb.log 2>&1 || { cat /tmp/vgdb.log /tmp/callgrind.log >&2; }
kill -KILL "$pid" 2>/dev/null || true
wait "$pid" 2>/dev/null || true
sed -n 's/^totals: //p' "$out".1 "$out" 2>/dev/null | head -1
`;

async function countBoot(box: Box, folder: string): Promise<number | undefined> {
  const { stdout, stderr } = await box.exec(["sh", "-c", bootScript, "boot", folder]);
  const count = Number(stdout.trim());
  if (count > 0) return count;
  process.stderr.write(`  ! no instruction count for ${folder}: ${stderr}\n`);
  return undefined;
}

export const instructions: Case = {
  name: "instructions",
  title: "Instructions",
  method:
    "Counted by valgrind's callgrind on a dynamic build of the same code; compared with baseline.json. *Boot*: from start until idle with so many listening socket units. *Engine*: one start transaction over a chain of 500 units, the engine's code alone.",
  columns: [{ metric: "boot-10", heading: "boot, 10 sockets" }, { metric: "boot-100", heading: "boot, 100 sockets" }, { metric: "engine-500", heading: "engine, chain of 500" }],
  async run(box) {
    const figures: Figure[] = [];
    const add = (metric: string, count: number | undefined): void => {
      if (count === undefined) return;
      figures.push(
        figure({ measurement: "instructions", subject: "usher", metric, unit: "instructions" }, [count]),
      );
    };
    if (box.hasDynamicUsher) {
      add("boot-10", await countBoot(box, "sockets-10"));
      add("boot-100", await countBoot(box, "sockets-100"));
    }
    return figures;
  },
};
