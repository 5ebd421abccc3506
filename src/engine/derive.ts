/**
 * Numbers that must look random, derived from the seed that the runtime gave: the engine itself has no randomness,
 * so that the same events give the same run.
 */

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function seedWord(seed: string, index: number): number {
  const word = Number.parseInt(seed.slice(index * 8, index * 8 + 8), 16);
  return Number.isNaN(word) ? 0 : word;
}

/** 32 bits from the seed and a serial number. */
export function derivedWord(seed: string, serial: number, index: number): number {
  let word = mix(seedWord(seed, index) + Math.imul(serial, 0x9e3779b1) + index);
  for (let i = 0; i < 4; i++) word = mix(word ^ seedWord(seed, i));
  return word;
}

/** An INVOCATION_ID: 32 hexadecimal digits, with the version and variant bits of a random UUID as systemd sets them. */
export function derivedInvocationId(seed: string, serial: number): string {
  let id = "";
  for (let i = 0; i < 4; i++) id += derivedWord(seed, serial, i).toString(16).padStart(8, "0");
  const variant = ((Number.parseInt(id.charAt(16), 16) & 3) | 8).toString(16);
  return `${id.slice(0, 12)}4${id.slice(13, 16)}${variant}${id.slice(17)}`;
}
