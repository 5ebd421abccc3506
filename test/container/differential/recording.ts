/**
 * What systemd made of `recordedCases()`, kept in recording.json: of each unit what is not as in most others, so that
 * the file stays small. Written by `npm run oracle:differential -- --record`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { countingProperties, propertiesOfUsher } from "./compare.ts";
import type { Observation, Properties } from "./observe.ts";

export const recordingPath: string = join(import.meta.dirname, "recording.json");

interface Recording {
  /** By the type of unit. */
  readonly usual: Readonly<Record<string, Properties>>;
  /** Its text, and what is not as usual; "" for what is usual elsewhere and missing here. */
  readonly units: Readonly<Record<string, { readonly text: string; readonly properties: Properties }>>;
}

function typeOf(unit: string): string {
  return unit.slice(unit.lastIndexOf(".") + 1);
}

/** The value that most have of each property. */
function usualOf(all: readonly Properties[]): Properties {
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))].sort();
  return Object.fromEntries(
    names.flatMap((name) => {
      const counts = new Map<string, number>();
      for (const one of all) counts.set(one[name] ?? "", (counts.get(one[name] ?? "") ?? 0) + 1);
      const [most] = [...counts].sort((a, b) => b[1] - a[1]);
      return most === undefined || most[0] === "" ? [] : [[name, most[0]] as const];
    }),
  );
}

function unusual(own: Properties, usual: Properties): Properties {
  const names = [...new Set([...Object.keys(own), ...Object.keys(usual)])].sort();
  return Object.fromEntries(
    names.filter((name) => own[name] !== usual[name]).map((name) => [name, own[name] ?? ""]),
  );
}

/** A unit as both had it. */
export interface Seen {
  readonly unit: string;
  readonly text: string;
  readonly systemd: Observation;
  readonly usher: Observation;
}

/** Keeps what usher has, too; so record anew when it prints more. */
export function writeRecording(seen: readonly Seen[]): void {
  const kept = seen.map(({ unit, text, systemd, usher }) => {
    const ours = propertiesOfUsher(usher);
    const all = Object.entries(countingProperties(systemd)).filter(([name]) => ours.has(name));
    return { unit, text, type: typeOf(unit), properties: Object.fromEntries(all) };
  });
  const usual = Object.fromEntries(
    [...Map.groupBy(kept, ({ type }) => type)].map(([type, all]) => [
      type,
      usualOf(all.map(({ properties }) => properties)),
    ]),
  );
  const units = Object.fromEntries(
    kept.map(({ unit, text, type, properties }) => [
      unit,
      { text, properties: unusual(properties, usual[type] ?? {}) },
    ]),
  );
  const lines = Object.entries(units).map(([unit, one]) => `${JSON.stringify(unit)}: ${JSON.stringify(one)}`);
  writeFileSync(recordingPath, `{"usual": ${JSON.stringify(usual)},\n"units": {\n${lines.join(",\n")}\n}}\n`);
}

/** The units' texts and properties. */
export function readRecording(): ReadonlyMap<
  string,
  { readonly text: string; readonly properties: Properties }
> {
  const { usual, units } = JSON.parse(readFileSync(recordingPath, "utf8")) as Recording;
  return new Map(
    Object.entries(units).map(([unit, { text, properties }]) => [
      unit,
      { text, properties: { ...usual[typeOf(unit)], ...properties } },
    ]),
  );
}
