/** Whole numbers as the C library's strtol with base 0 reads them, which is what systemd's directives take. */

/** Decimal, 0x hexadecimal, 0b binary, 0o or 0 octal; a sign is allowed; within [min, max], else undefined. */
export function parseInteger(text: string, min: number, max: number): number | undefined {
  const plain = Number(text);
  if (String(plain) === text && Number.isInteger(plain)) {
    return plain >= min && plain <= max ? plain : undefined;
  }
  const match = /^\s*([+-]?)(?:0x([0-9a-f]+)|0b([01]+)|0o?([0-7]+)|(\d+))$/i.exec(text);
  if (match === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  let number: number;
  if (hex !== undefined) number = Number.parseInt(hex, 16);
  else if (binary !== undefined) number = Number.parseInt(binary, 2);
  else if (octal !== undefined) number = Number.parseInt(octal, 8);
  else if (decimal !== undefined && (decimal === "0" || !decimal.startsWith("0"))) number = Number(decimal);
  else return undefined;
  if (sign === "-") number = number === 0 ? 0 : -number;
  return number >= min && number <= max ? number : undefined;
}

export const UINT32_MAX = 0xffffffff;
export const INT32_MAX = 0x7fffffff;

/** Octal, without sign, up to 07777. */
export function parseMode(text: string): number | undefined {
  if (!/^[0-7]+$/.test(text)) return undefined;
  const mode = Number.parseInt(text, 8);
  return mode <= 0o7777 ? mode : undefined;
}
