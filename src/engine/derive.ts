/**
 * Numbers that must look random, derived from the seed that the runtime gave: the engine itself has no randomness,
 * so that the same events give the same run.
 */

/** The seed's 128 bits. */
export type Seed = readonly [number, number, number, number];

const { imul } = Math;

function mix(value: number): number {
  let x = value | 0;
  x = imul(x ^ (x >>> 16), 0x85ebca6b);
  x = imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function wordAt(digits: string, index: number): number {
  const word = Number.parseInt(digits.slice(index * 8, index * 8 + 8), 16);
  return Number.isNaN(word) ? 0 : word;
}

/** From 32 hexadecimal digits. */
export function parseSeed(digits: string): Seed {
  return [wordAt(digits, 0), wordAt(digits, 1), wordAt(digits, 2), wordAt(digits, 3)];
}

/** 32 bits from the seed and a serial number. */
export function derivedWord(seed: Seed, serial: number, index: 0 | 1 | 2 | 3): number {
  return mix(mix(seed[index] + imul(serial, 0x9e3779b1)) ^ (seed[index ^ 1] ?? 0));
}

/** Small numbers are written a good deal faster. */
function digitsOf(word: number): string {
  return (0x10000 | (word >>> 16)).toString(16).slice(1) + (0x10000 | (word & 0xffff)).toString(16).slice(1);
}

/** An INVOCATION_ID: 32 hexadecimal digits, with the version and variant bits of a random UUID as systemd sets them. */
export function derivedInvocationId(seed: Seed, serial: number): string {
  const version = (derivedWord(seed, serial, 1) & ~0xf000) | 0x4000;
  const variant = (derivedWord(seed, serial, 2) & 0x3fffffff) | 0x80000000;
  return (
    digitsOf(derivedWord(seed, serial, 0)) +
    digitsOf(version) +
    digitsOf(variant) +
    digitsOf(derivedWord(seed, serial, 3))
  );
}
