/**
 * D-Bus values as bytes (D-Bus Specification, "Type System" and "Marshaling"), little-endian when written. Bytes are
 * strings with one character for each, as everywhere in usher.
 *
 * Arrays and structs are arrays; a dictionary is an array of pairs. A 64-bit number that a number can't hold is a
 * bigint. A descriptor is its place among those that came with the message. Floating point numbers are read, for nothing takes one, as 0, and
 * can't be written.
 */
import { err, ok, type Result } from "../result.ts";
import { byteText } from "../utf8.ts";

export interface Variant {
  readonly signature: string;
  readonly value: BusValue;
}

export type BusValue = number | bigint | boolean | string | Variant | readonly BusValue[];

export function variant(signature: string, value: BusValue): Variant {
  return { signature, value };
}

const ALIGNMENT: Readonly<Record<string, number>> = {
  y: 1,
  g: 1,
  v: 1,
  n: 2,
  q: 2,
  b: 4,
  i: 4,
  u: 4,
  h: 4,
  s: 4,
  o: 4,
  a: 4,
  x: 8,
  t: 8,
  d: 8,
  "(": 8,
  "{": 8,
};

const TWO_TO_32 = 2 ** 32;
const DEEPEST = 32;

/** Where the single complete type that begins at `at` ends; -1 where there is none. */
export function typeEnd(signature: string, at: number, depth = 0): number {
  const first = signature[at] ?? "";
  // As many arrays as structs may be within each other.
  if (depth > 2 * DEEPEST || !Object.hasOwn(ALIGNMENT, first)) return -1;
  if (first === "a") return typeEnd(signature, at + 1, depth + 1);
  const close = { "(": ")", "{": "}" }[first];
  if (close === undefined) return at + 1;
  let end = at + 1;
  while (signature[end] !== close) {
    end = typeEnd(signature, end, depth + 1);
    if (end < 0) return -1;
  }
  return end === at + 1 ? -1 : end + 1;
}

/** The single complete types of a signature; null where it is none. */
export function splitSignature(signature: string): string[] | null {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = typeEnd(signature, at);
    if (end < 0) return null;
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

// --------------------------------------------------------------------------------------------------------- writing

interface Writer {
  bytes: string;
}

export function padding(length: number, alignment: number): string {
  return "\0".repeat((alignment - (length % alignment)) % alignment);
}

export function uint32(value: number): string {
  return String.fromCharCode(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255);
}

/** The values of a signature. A value of another kind than its type is a bug, and throws. */
export function marshal(signature: string, values: readonly BusValue[]): string {
  const types = splitSignature(signature);
  if (types === null || types.length !== values.length) throw new TypeError(`bad signature "${signature}"`);
  const writer = { bytes: "" };
  types.forEach((type, index) => {
    put(writer, type, values[index] ?? "");
  });
  return writer.bytes;
}

function put(writer: Writer, type: string, value: BusValue): void {
  const kind = type[0] ?? "";
  writer.bytes += padding(writer.bytes.length, ALIGNMENT[kind] ?? 1);
  if (typeof value === "boolean") writer.bytes += uint32(value ? 1 : 0);
  else if (typeof value === "number") writer.bytes += numberBytes(kind, value);
  else if (typeof value === "bigint") writer.bytes += longBytes(value);
  else if (typeof value === "string") putText(writer, kind, value);
  else if ("signature" in value) {
    putText(writer, "g", value.signature);
    put(writer, value.signature, value.value);
  } else if (kind === "a") putArray(writer, type.slice(1), value);
  else {
    const members = splitSignature(type.slice(1, -1)) ?? [];
    members.forEach((member, index) => {
      put(writer, member, value[index] ?? "");
    });
  }
}

function numberBytes(kind: string, value: number): string {
  switch (kind) {
    case "y":
      return String.fromCharCode(value & 255);
    case "n":
    case "q":
      return String.fromCharCode(value & 255, (value >>> 8) & 255);
    case "x":
    case "t":
      return uint32(value % TWO_TO_32) + uint32(Math.floor(value / TWO_TO_32));
    default:
      return uint32(value);
  }
}

function longBytes(value: bigint): string {
  const bits = BigInt.asUintN(64, value);
  return uint32(Number(bits & 0xffffffffn)) + uint32(Number(bits >> 32n));
}

function putText(writer: Writer, kind: string, text: string): void {
  const bytes = byteText(text);
  writer.bytes += `${kind === "g" ? String.fromCharCode(bytes.length) : uint32(bytes.length)}${bytes}\0`;
}

function putArray(writer: Writer, type: string, values: readonly BusValue[]): void {
  const before = writer.bytes;
  const start = `${before}\0\0\0\0`;
  // The padding to the first member is there in an empty array too, and is not counted.
  const first = start.length + padding(start.length, ALIGNMENT[type[0] ?? ""] ?? 1).length;
  writer.bytes = start + "\0".repeat(first - start.length);
  for (const value of values) put(writer, type, value);
  const content = writer.bytes.slice(before.length + 4);
  writer.bytes = before + uint32(writer.bytes.length - first) + content;
}

// --------------------------------------------------------------------------------------------------------- reading

export interface Reader {
  readonly bytes: string;
  at: number;
  readonly littleEndian: boolean;
  /** Set by whatever doesn't fit; what was read from then on is worth nothing. */
  broken: boolean;
}

/** The values of a signature; the error says what is wrong. */
export function unmarshal(
  signature: string,
  bytes: string,
  littleEndian: boolean,
): Result<BusValue[], string> {
  const types = splitSignature(signature);
  if (types === null) return err(`bad signature "${signature}"`);
  const reader: Reader = { bytes, at: 0, littleEndian, broken: false };
  const values = types.map((type) => take(reader, type, 0));
  return reader.broken ? err(`no values of "${signature}"`) : ok(values);
}

export function take(reader: Reader, type: string, depth: number): BusValue {
  const kind = type[0] ?? "";
  const alignment = ALIGNMENT[kind];
  if (alignment === undefined || depth > 2 * DEEPEST) reader.broken = true;
  if (reader.broken) return 0;
  align(reader, alignment ?? 1);
  switch (kind) {
    case "s":
    case "o":
      return takeText(reader, takeInteger(reader, 4));
    case "g":
      return takeText(reader, takeInteger(reader, 1));
    case "b":
      return takeInteger(reader, 4) !== 0;
    case "v":
      return takeVariant(reader, depth);
    case "a":
      return takeArray(reader, type.slice(1), depth);
    case "(":
    case "{":
      return (splitSignature(type.slice(1, -1)) ?? []).map((member) => take(reader, member, depth + 1));
    default:
      return takeNumber(reader, kind);
  }
}

function align(reader: Reader, alignment: number): void {
  reader.at += (alignment - (reader.at % alignment)) % alignment;
}

function takeInteger(reader: Reader, size: number): number {
  const { bytes, at, littleEndian } = reader;
  reader.at += size;
  if (reader.at > bytes.length) reader.broken = true;
  let value = 0;
  for (let i = 0; i < size; i++) {
    value = value * 256 + (bytes.charCodeAt(littleEndian ? at + size - 1 - i : at + i) || 0);
  }
  return value;
}

const SIZE: Readonly<Record<string, number>> = { y: 1, n: 2, q: 2, i: 4, u: 4, h: 4 };

function takeNumber(reader: Reader, kind: string): number | bigint {
  if (kind === "x" || kind === "t") return takeLong(reader, kind === "x");
  if (kind === "d") {
    takeLong(reader, false);
    return 0;
  }
  const size = SIZE[kind] ?? 1;
  const value = takeInteger(reader, size);
  const range = 2 ** (8 * size);
  return (kind === "n" || kind === "i") && value >= range / 2 ? value - range : value;
}

/** In halves, so that a small negative number keeps its low bits. */
function takeLong(reader: Reader, signed: boolean): number | bigint {
  const halves = [takeInteger(reader, 4), takeInteger(reader, 4)];
  const [low = 0, unsigned = 0] = reader.littleEndian ? halves : halves.reverse();
  const high = signed && unsigned >= TWO_TO_32 / 2 ? unsigned - TWO_TO_32 : unsigned;
  const value = high * TWO_TO_32 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
}

function takeText(reader: Reader, length: number): string {
  const end = reader.at + length;
  if (end >= reader.bytes.length || reader.bytes[end] !== "\0") {
    reader.broken = true;
    return "";
  }
  const bytes = reader.bytes.slice(reader.at, end);
  reader.at = end + 1;
  return fromUtf8(bytes);
}

/** Text that is no UTF-8 may not be on a bus; it stays as its bytes. */
function fromUtf8(bytes: string): string {
  if (!/[^\0-\x7f]/.test(bytes)) return bytes;
  try {
    return decodeURIComponent(bytes.replace(/[^\0-\x7f]|%/g, (one) => `%${one.charCodeAt(0).toString(16)}`));
  } catch {
    return bytes;
  }
}

function takeVariant(reader: Reader, depth: number): Variant {
  const signature = takeText(reader, takeInteger(reader, 1));
  if (typeEnd(signature, 0) !== signature.length) reader.broken = true;
  return { signature, value: take(reader, signature, depth + 1) };
}

function takeArray(reader: Reader, type: string, depth: number): BusValue[] {
  const length = takeInteger(reader, 4);
  align(reader, ALIGNMENT[type[0] ?? ""] ?? 1);
  const end = reader.at + length;
  if (end > reader.bytes.length) reader.broken = true;
  const values: BusValue[] = [];
  while (!reader.broken && reader.at < end) values.push(take(reader, type, depth + 1));
  if (reader.at !== end) reader.broken = true;
  return values;
}
