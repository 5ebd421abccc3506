/** Messages of D-Bus (D-Bus Specification, "Message Format"). */
import { err, ok, type Result } from "../result.ts";
import { type BusValue, marshal, padding, take, unmarshal, type Variant, variant } from "./marshal.ts";

export const METHOD_CALL = 1;
export const METHOD_RETURN = 2;
export const ERROR = 3;
export const SIGNAL = 4;

/** Flag: the caller wants no answer. */
export const NO_REPLY = 1;

export interface BusMessage {
  readonly type: number;
  readonly flags?: number;
  readonly serial: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly error?: string;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly signature?: string;
  readonly body?: readonly BusValue[];
  /** How many descriptors come with it. */
  readonly unixFds?: number;
}

/** Header fields by their code. */
const FIELDS = [
  ["path", "o"],
  ["interface", "s"],
  ["member", "s"],
  ["error", "s"],
  ["replySerial", "u"],
  ["destination", "s"],
  ["sender", "s"],
  ["signature", "g"],
  ["unixFds", "u"],
] as const;

const LITTLE_ENDIAN = 0x6c;
const VERSION = 1;
const FIXED_HEADER = 16;
/** The specification allows 128 MiB. */
const LONGEST = 128 * 1024 * 1024;
/** Of the header's fields, which hold names. */
const LONGEST_HEADER = 64 * 1024;

export function encodeMessage(message: BusMessage): string {
  const body = marshal(message.signature ?? "", message.body ?? []);
  const fields = FIELDS.flatMap(([name, type], index): BusValue[] => {
    const value = message[name];
    return value === undefined || value === "" ? [] : [[index + 1, variant(type, value)]];
  });
  const start = [LITTLE_ENDIAN, message.type, message.flags ?? 0, VERSION, body.length, message.serial];
  const header = marshal("yyyyuua(yv)", [...start, fields]);
  return header + padding(header.length, 8) + body;
}

/** How many bytes the message that begins there has; 0 while that can't be told; -1: what is there is no message. */
export function messageLength(bytes: string): number {
  return messageSize(bytes).whole;
}

/** Bytes of the whole message, and of its header alone; as `messageLength` says where that can't be told. */
export function messageSize(bytes: string): { readonly whole: number; readonly header: number } {
  if (bytes.length < FIXED_HEADER) return { whole: 0, header: 0 };
  const littleEndian = bytes[0] === "l";
  if (!littleEndian && bytes[0] !== "B") return NO_MESSAGE;
  const reader = { bytes, at: 4, littleEndian, broken: false };
  const body = take(reader, "u", 0) as number;
  take(reader, "u", 0);
  const fields = take(reader, "u", 0) as number;
  const header = FIXED_HEADER + Math.ceil(fields / 8) * 8;
  const whole = header + body;
  return header > LONGEST_HEADER || whole > LONGEST ? NO_MESSAGE : { whole, header };
}

const NO_MESSAGE = { whole: -1, header: -1 };

/** All of a message but its body, and where that begins. */
export interface BusHeader {
  readonly message: BusMessage;
  readonly bodyAt: number;
}

/** Reads the header, for which the body need not be there yet. */
export function decodeHeader(bytes: string): Result<BusHeader, string> {
  const littleEndian = bytes[0] === "l";
  const reader = { bytes, at: 0, littleEndian, broken: false };
  const values = [..."yyyyuu", "a(yv)"].map((type) => take(reader, type, 0));
  const [, type = 0, flags = 0, , , serial = 0, fields = []] = values;
  if (reader.broken) return err("a broken header");
  const message: Record<string, BusValue> = { type, flags, serial };
  for (const [code, { signature, value }] of fields as readonly (readonly [number, Variant])[]) {
    const field = FIELDS[code - 1];
    if (field !== undefined && field[1] === signature) message[field[0]] = value;
  }
  const bodyAt = reader.at + padding(reader.at, 8).length;
  return ok({ message: message as unknown as BusMessage, bodyAt });
}

/** The values of a whole message, whose header was read before. */
export function decodeBody(bytes: string, { message, bodyAt }: BusHeader): Result<BusValue[], string> {
  return unmarshal(message.signature ?? "", bytes.slice(bodyAt), bytes[0] === "l");
}

/** Reads one whole message. */
export function decodeMessage(bytes: string): Result<BusMessage, string> {
  const header = decodeHeader(bytes);
  if (!header.ok) return header;
  const body = decodeBody(bytes, header.value);
  return body.ok ? ok({ ...header.value.message, body: body.value }) : body;
}
