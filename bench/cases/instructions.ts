import { join } from "node:path";
import { build } from "esbuild";
import { type Box, root } from "../box.ts";
import type { Case } from "../case.ts";
import { type Figure, figure } from "../figures.ts";

const bundle = join(root, ".cache/bench-chain.js");
const chainLength = 500;

/** Connections whose cost is averaged, after one that is not counted. */
const knocks = 20;

/** Connections that stay open meanwhile. Below callgrind it takes minutes to have many more. */
const live = 200;

/**
 * Boots usher over a folder of units below callgrind, waits until it is idle (its processor time stands still), and
 * prints what it has counted; where a number of connections is given, makes one, then that many, and prints what these
 * took, while a number of others stay open. callgrind writes a numbered file at each "dump", and counts from zero again.
 */
const countScript = `
set -eu
folder=$1
knocks=$2
live=$3
# As in a room of the driver: no units but the measured ones.
mount -t tmpfs none /etc/systemd/system
mount -t tmpfs none /usr/lib/systemd/system
out=/tmp/callgrind.$folder
rm -f "$out"*
valgrind --tool=callgrind --callgrind-out-file="$out" /opt/bench/usher-dynamic --units "/bench/units/$folder" \
    >/tmp/callgrind.log 2>&1 &
pid=$!
settle() {
    before=
    now=none
    tries=0
    while [ "$now" != "$before" ] && [ "$tries" -lt 200 ]; do
        sleep 0.3
        tries=$((tries + 1))
        before=$now
        now=$(cut -d' ' -f14,15 "/proc/$pid/stat")
    done
}
dump() {
    settle
    vgdb --pid="$pid" dump count >/tmp/vgdb.log 2>&1 || cat /tmp/vgdb.log /tmp/callgrind.log >&2
}
dump
last=1
if [ "$live" -gt 0 ]; then
    /opt/bench/hold 20000 "$live" >/tmp/held &
    holder=$!
    while [ ! -s /tmp/held ] && kill -0 "$holder"; do sleep 0.3; done
fi
if [ "$knocks" -gt 0 ]; then
    /opt/bench/knock 20000 1
    dump
    /opt/bench/knock 20000 "$knocks"
    dump
    last=3
fi
kill -KILL "$pid" \${holder:-} 2>/dev/null || true
wait "$pid" 2>/dev/null || true
sed -n 's/^totals: //p' "$out.$last" | head -1
`;

function complain(what: string, stderr: string): undefined {
  process.stderr.write(`  ! no instruction count for ${what}: ${stderr}\n`);
}

/** A boot over a folder of units, or, with a number of connections, all of these while others stay open. */
async function countUsher(
  box: Box,
  folder: string,
  connections = 0,
  others = 0,
): Promise<number | undefined> {
  const script = ["sh", "-c", countScript, "count", folder, String(connections), String(others)];
  const { stdout, stderr } = await box.exec(["unshare", "--mount", ...script]);
  return Number(stdout) || complain(folder, stderr);
}

/** Counts the engine's work up to a stage of engine/chain.ts, the loading of engine and script included. */
async function countChain(box: Box, stage: "load" | "plan" | "start"): Promise<number | undefined> {
  const command = ["qjs", "/opt/bench/chain.js", String(chainLength), stage];
  const { stderr } = await box.exec(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", ...command]);
  return Number(/Collected : (\d+)/.exec(stderr)?.[1]) || complain(`the engine's ${stage}`, stderr);
}

async function bundleChain(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ["bench/engine/chain.ts"],
    bundle: true,
    outfile: bundle,
    format: "iife",
    target: "es2023",
    minifySyntax: true,
    logLevel: "warning",
  });
}

export const instructions: Case = {
  name: "instructions",
  title: "Instructions",
  method: `Counted by valgrind's callgrind on a dynamic build of the same code; these hardly differ from run to run, and are compared with [baseline.json](baseline.json). *Boot*: from start until idle with so many listening socket units, each with its service unit. *Activation*: one connection that starts a service, until all is quiet again; *Accept=yes*: one connection with an instance of its own, alone or among ${live} that stay open. *Plan*: the engine's transaction for a start of the last of a chain of ${chainLength} services, each of which requires the one before; *start*: from there until the last is started, every spawn answered at once.`,
  columns: [
    { metric: "boot-10", heading: "boot, 10 sockets" },
    { metric: "boot-100", heading: "boot, 100 sockets" },
    { metric: "first-byte", heading: "activation" },
    { metric: "accept", heading: "Accept=yes" },
    { metric: "accept-live", heading: `among ${live} live` },
    { metric: "plan-500", heading: "plan, chain of 500" },
    { metric: "start-500", heading: "start, chain of 500" },
  ],
  async run(box) {
    const figures: Figure[] = [];
    const add = (metric: string, count: number | undefined): void => {
      if (count === undefined) return;
      const at = { measurement: "instructions", subject: "usher", metric, unit: "instructions" } as const;
      figures.push(figure(at, [count]));
    };
    if (box.hasDynamicUsher) {
      add("boot-10", await countUsher(box, "sockets-10"));
      add("boot-100", await countUsher(box, "sockets-100"));
      for (const [metric, folder, others] of [
        ["first-byte", "first-byte", 0],
        ["accept", "accept", 0],
        ["accept-live", "accept", live],
      ] as const) {
        const count = await countUsher(box, folder, knocks, others);
        add(metric, count === undefined ? undefined : count / knocks);
      }
    }
    await bundleChain();
    await box.put(bundle, "/opt/bench/chain.js");
    const load = await countChain(box, "load");
    const plan = await countChain(box, "plan");
    const start = await countChain(box, "start");
    if (load !== undefined && plan !== undefined) add("plan-500", plan - load);
    if (plan !== undefined && start !== undefined) add("start-500", start - plan);
    return figures;
  },
};
