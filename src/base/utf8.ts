/**
 * UTF-8 bytes inside text. A byte that an escape sequence such as `\xc3` names is carried as the lone surrogate
 * U+DC00 + byte until its neighbours are known (the trick of PEP 383), then joined to the character it is part of.
 */
const BYTE_BASE = 0xdc00;

/** The carrier of one byte, 0x80 to 0xff. */
export function carriedByte(byte: number): string {
  return String.fromCharCode(BYTE_BASE + byte);
}

/** Carried bytes that have the form of a character in UTF-8; the second half of a surrogate pair is none. */
const CHARACTER =
  /(?<![\ud800-\udbff])(?:[\udcc2-\udcdf][\udc80-\udcbf]|[\udce0-\udcef][\udc80-\udcbf]{2}|[\udcf0-\udcf4][\udc80-\udcbf]{3})/g;

function decode(carried: string): string {
  let escaped = "";
  for (let i = 0; i < carried.length; i++) escaped += `%${(carried.charCodeAt(i) - BYTE_BASE).toString(16)}`;
  try {
    return decodeURIComponent(escaped);
  } catch {
    // Overlong, beyond U+10FFFF, or half of a surrogate pair.
    return carried;
  }
}

/** Joins carried bytes to characters; bytes that are no UTF-8 stay carried. */
export function joinCarriedBytes(text: string): string {
  return text.replace(CHARACTER, decode);
}

/** The bytes of one code point. */
export function utf8Bytes(codePoint: number): readonly number[] {
  if (codePoint < 0x80) return [codePoint];
  const tail = (shift: number): number => 0x80 | ((codePoint >> shift) & 0x3f);
  if (codePoint < 0x800) return [0xc0 | (codePoint >> 6), tail(0)];
  if (codePoint < 0x10000) return [0xe0 | (codePoint >> 12), tail(6), tail(0)];
  return [0xf0 | (codePoint >> 18), tail(12), tail(6), tail(0)];
}

/** Length of the text's UTF-8 form in bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    // A surrogate pair is 4 bytes for 2 units, every other unit from U+0800 is 3.
    if (code < 0x800 || (code >= 0xd800 && code <= 0xdfff)) bytes += 1;
    else bytes += 2;
  }
  return bytes;
}

/** Is the text's UTF-8 form at most `max` bytes long? */
export function utf8Fits(text: string, max: number): boolean {
  // A UTF-16 unit becomes one to three bytes.
  return text.length * 3 <= max || (text.length <= max && utf8Length(text) <= max);
}

/** The text's UTF-8 bytes, each as the character of its number (Latin-1); carried bytes become themselves. */
export function byteText(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isCarried = code >= BYTE_BASE + 0x80 && code <= BYTE_BASE + 0xff;
    out += String.fromCharCode(...(isCarried ? [code - BYTE_BASE] : utf8Bytes(code)));
  }
  return out;
}
