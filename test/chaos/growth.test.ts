/**
 * Whatever is done to PID 1 twenty thousand times, what it holds levels off: memory and descriptors of the second half
 * of a run are those of its middle. USHER_CHAOS_COUNT is the number of times.
 */
import { expect, test } from "vitest";
import { growerFile, growingUnits, growth, type Holdings } from "../container/harness/chaos.ts";
import { startUsher } from "../container/harness/usher.ts";

const count = Number(process.env["USHER_CHAOS_COUNT"] ?? 20_000);

function last(parts: readonly Holdings[]): Holdings {
  return parts.at(-1) ?? { what: "nothing", residentKb: 0, descriptors: 0 };
}

test.for(["activation", "connection", "reload", "control"])(`%s, ${count} times`, async (kind, context) => {
  const box = await startUsher(
    { files: growerFile, units: growingUnits, env: { USHER_LOG_LEVEL: "warn" } },
    context,
  );
  await box.run("timeout 20 systemctl is-system-running --wait");
  // The log that is kept is full from the start.
  await box.run("systemctl start fill.service");
  const parts = await growth(box, kind, count);
  console.log(`${kind}: resident kB ${parts.map(({ residentKb }) => residentKb).join(" ")}`);
  console.log(`${kind}: descriptors ${parts.map(({ descriptors }) => descriptors).join(" ")}`);
  const middle = parts[4] ?? last(parts);
  expect(last(parts).descriptors).toBe(middle.descriptors);
  // Fragments settle; a leak of 16 bytes each time would be 160 kB in half a run.
  expect(last(parts).residentKb - middle.residentKb).toBeLessThan(150);
});
