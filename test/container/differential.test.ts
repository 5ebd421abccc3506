/**
 * Two hundred unit files of random lines, right and wrong ones, are to usher what they were to systemd: every property
 * that `show` prints, and for sockets what a start came to. See tools/oracle/differential.ts for more of them.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { differences } from "./differential/compare.ts";
import { recordedCases } from "./differential/corpus.ts";
import { type Observation, observe } from "./differential/observe.ts";
import { readRecording } from "./differential/recording.ts";

const cases = recordedCases();
const recording = readRecording();

describe("random unit files", () => {
  let usher: ReadonlyMap<string, Observation> = new Map();
  beforeAll(async () => {
    usher = await observe(cases, "usher");
  });

  test("are those that systemd was given (else run: npm run oracle:differential -- --record)", () => {
    expect(cases.map(({ unit, files }) => [unit, files[unit]])).toEqual(
      [...recording].map(([unit, { text }]) => [unit, text]),
    );
  });

  test.for(cases)("$unit", ({ unit, files }) => {
    const ours = usher.get(unit);
    if (ours === undefined) throw new Error(`${unit} was not seen`);
    expect(differences(recording.get(unit)?.properties ?? {}, ours), files[unit]).toEqual([]);
  });
});
