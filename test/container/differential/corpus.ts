/**
 * Unit files to be read by two inits: each value of each directive by itself, and random mixtures. The same seed makes
 * the same files.
 */
import { TRIALS, type Trial } from "./values.ts";

export type UnitKind = keyof typeof TRIALS;

/** One unit: its own name, and its files by name. */
export interface Case {
  readonly unit: string;
  readonly files: Readonly<Record<string, string>>;
}

const OWN_SECTION = { socket: "Socket", service: "Service" } as const;

function unitText(kind: UnitKind, unit: string, lines: ReadonlyMap<string, readonly string[]>): string {
  const own = OWN_SECTION[kind];
  const base = kind === "socket" ? [`ListenStream=/run/${unit}.sock`] : ["ExecStart=/bin/true"];
  const sections = new Map([[own, base], ...[...lines].map(([name, all]) => [name, all] as const)]);
  const mine = lines.get(own) ?? [];
  // A unit that listens already has no need of what makes it loadable, so that its own lines are looked at alone.
  const has = (pattern: RegExp): boolean => mine.some((line) => pattern.test(line));
  const needs = kind === "socket" ? !has(/^Listen\w+=./) : !has(/^ExecStart=/);
  sections.set(own, [...(needs ? base : []), ...mine]);
  return [...sections].map(([name, all]) => `[${name}]\n${all.join("\n")}\n`).join("\n");
}

function makeCase(kind: UnitKind, name: string, lines: ReadonlyMap<string, readonly string[]>): Case {
  const unit = `${name}.${kind}`;
  const files: Record<string, string> = { [unit]: unitText(kind, unit, lines) };
  // What a socket starts: a service of its name, or the template of one.
  if (kind === "socket") {
    files[`${name}.service`] = "[Service]\nExecStart=/bin/true\n";
    files[`${name}@.service`] = "[Service]\nExecStart=/bin/true\n";
  }
  return { unit, files };
}

/** Every value of every directive in a unit of its own. */
export function sweep(kind: UnitKind): readonly Case[] {
  const cases: Case[] = [];
  for (const [section, trials] of Object.entries(TRIALS[kind])) {
    for (const [name, values] of trials) {
      for (const [index, value] of values.entries()) {
        const lines = new Map([[section, [`${name}=${value}`]]]);
        cases.push(makeCase(kind, `${section}-${name}-${index}`.toLowerCase(), lines));
      }
    }
  }
  return cases;
}

/** 0 ≤ x < 1, again and again the same for a seed (xorshift32). */
function randomNumbers(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
}

function pick<T>(random: () => number, all: readonly T[]): T {
  const found = all[Math.floor(random() * all.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}

/** Up to ten lines a unit; a directive may come again, as it may in a file with drop-ins. */
function randomLines(random: () => number, kind: UnitKind): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  const count = 1 + Math.floor(random() * 10);
  for (let line = 0; line < count; line++) {
    const own = OWN_SECTION[kind];
    const section = random() < 0.15 ? "Unit" : own;
    const all: readonly Trial[] = TRIALS[kind][section] ?? [];
    // Directives of the type itself are fewer than those of execution, and matter more here.
    const [name, values] = random() < 0.6 ? pick(random, all.slice(0, 70)) : pick(random, all);
    const list = lines.get(section) ?? [];
    list.push(`${name}=${pick(random, values)}`);
    lines.set(section, list);
  }
  return lines;
}

/** `count` units with random lines. */
export function mixtures(kind: UnitKind, seed: number, count: number): readonly Case[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, (_, index) =>
    makeCase(kind, `${kind}-mix-${index}`, randomLines(random, kind)),
  );
}

/** What is recorded, and read by usher in every run of the tests. */
export function recordedCases(): readonly Case[] {
  return [...mixtures("socket", 257, 80), ...mixtures("service", 257, 120)];
}
