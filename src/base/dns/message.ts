/**
 * DNS messages (RFC 1035, section 4; AAAA records: RFC 3596), as far as a stub resolver needs them: one question out,
 * the answers' names, addresses and aliases in. Pure; a message is a string of bytes (code units 0 to 255).
 *
 * What comes from the network is read with bounds everywhere: a malformed message is an error value, never a throw,
 * and a compression pointer must lead strictly backwards, so that no name can loop.
 */
import { formatIpv4, formatIpv6 } from "../ip-address.ts";
import { err, ok, type Result } from "../result.ts";

export const TYPE_A = 1;
export const TYPE_CNAME = 5;
export const TYPE_AAAA = 28;
const CLASS_INTERNET = 1;

export const RCODE_OK = 0;
export const RCODE_NO_SUCH_NAME = 3;

/** Bits of the header's second word. */
const RESPONSE = 0x8000;
const OPCODE_MASK = 0x7800;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;

const HEADER_LENGTH = 12;
const LONGEST_LABEL = 63;
/** In bytes as they travel, length bytes and the root's included. */
const LONGEST_NAME = 255;

export interface Question {
  readonly name: string;
  readonly type: number;
}

/** An address as text, or for CNAME the name that this one stands for. */
export interface Answer {
  readonly name: string;
  readonly type: typeof TYPE_A | typeof TYPE_AAAA | typeof TYPE_CNAME;
  readonly data: string;
}

export interface Response {
  readonly id: number;
  readonly truncated: boolean;
  readonly rcode: number;
  readonly questions: readonly Question[];
  /** Addresses and aliases of class Internet; other records are passed over. Empty where the message is truncated. */
  readonly answers: readonly Answer[];
}

/**
 * One recursive question. An error for what is no host name: an empty or overlong label, an overlong name, a character
 * that host names don't have. A dot at the end is allowed.
 */
export function encodeQuery(id: number, question: Question): Result<string, string> {
  const name = encodeName(question.name);
  if (!name.ok) return name;
  const header = [id, RECURSION_DESIRED, 1, 0, 0, 0].map(word).join("");
  return ok(header + name.value + word(question.type) + word(CLASS_INTERNET));
}

function word(value: number): string {
  return String.fromCharCode((value >> 8) & 0xff, value & 0xff);
}

function encodeName(text: string): Result<string, string> {
  const labels = (text.endsWith(".") ? text.slice(0, -1) : text).split(".");
  let encoded = "";
  for (const label of labels) {
    if (label === "") return err("a label is empty");
    if (label.length > LONGEST_LABEL)
      return err(`a label has ${label.length} characters, at most ${LONGEST_LABEL} are allowed`);
    if (!/^[\w-]+$/.test(label))
      return err("only letters, digits, - and _ are allowed (write an international name as xn--…)");
    encoded += String.fromCharCode(label.length) + label;
  }
  encoded += "\0";
  return encoded.length > LONGEST_NAME ? err(`it is longer than ${LONGEST_NAME} bytes`) : ok(encoded);
}

/** Where a read ended, with what it gave. */
interface Read<T> {
  readonly value: T;
  readonly next: number;
}

/** Reads a server's answer. The error says in words what is wrong with it. */
export function decodeResponse(bytes: string): Result<Response, string> {
  if (bytes.length < HEADER_LENGTH) return err("shorter than a header");
  const id = wordAt(bytes, 0);
  const flags = wordAt(bytes, 2);
  if ((flags & RESPONSE) === 0) return err("not a response");
  if ((flags & OPCODE_MASK) !== 0) return err("not the answer to a standard query");
  const questions = decodeQuestions(bytes, wordAt(bytes, 4));
  if (questions === null) return err("a question is malformed");
  const truncated = (flags & TRUNCATED) !== 0;
  const answers = truncated ? [] : decodeAnswers(bytes, questions.next, wordAt(bytes, 6));
  if (answers === null) return err("an answer is malformed");
  return ok({ id, truncated, rcode: flags & 0xf, questions: questions.value, answers });
}

/** The caller has checked that both bytes are there. */
function wordAt(bytes: string, at: number): number {
  return (bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1);
}

function decodeQuestions(bytes: string, count: number): Read<readonly Question[]> | null {
  const value: Question[] = [];
  let at = HEADER_LENGTH;
  for (let index = 0; index < count; index++) {
    const name = decodeName(bytes, at);
    if (name === null || name.next + 4 > bytes.length) return null;
    value.push({ name: name.value, type: wordAt(bytes, name.next) });
    at = name.next + 4;
  }
  return { value, next: at };
}

const FIXED_LENGTH = 10;

function decodeAnswers(bytes: string, start: number, count: number): readonly Answer[] | null {
  const answers: Answer[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const name = decodeName(bytes, at);
    if (name === null || name.next + FIXED_LENGTH > bytes.length) return null;
    const dataStart = name.next + FIXED_LENGTH;
    const next = dataStart + wordAt(bytes, name.next + 8);
    if (next > bytes.length) return null;
    const inInternet = wordAt(bytes, name.next + 2) === CLASS_INTERNET;
    const answer = inInternet ? decodeData(bytes, wordAt(bytes, name.next), dataStart, next) : undefined;
    if (answer === null) return null;
    if (answer !== undefined) answers.push({ name: name.value, ...answer });
    at = next;
  }
  return answers;
}

/** undefined for a type that is of no interest, null for one that is malformed. */
function decodeData(
  bytes: string,
  type: number,
  start: number,
  end: number,
): Omit<Answer, "name"> | undefined | null {
  switch (type) {
    case TYPE_A:
      return end - start === 4 ? { type, data: formatIpv4(bytesOf(bytes, start, end)) } : null;
    case TYPE_AAAA:
      return end - start === 16 ? { type, data: formatIpv6(bytesOf(bytes, start, end)) } : null;
    case TYPE_CNAME: {
      const name = decodeName(bytes, start);
      return name !== null && name.next === end ? { type, data: name.value } : null;
    }
    default:
      return undefined;
  }
}

function bytesOf(bytes: string, start: number, end: number): number[] {
  return Array.from(bytes.slice(start, end), (byte) => byte.charCodeAt(0));
}

/**
 * A name without the dot at its end, in lower case (names are equal whatever their case); the root is "". Bytes that
 * would make the text ambiguous are written as \DDD (RFC 4343, section 2.1). null where it is malformed.
 */
function decodeName(bytes: string, start: number): Read<string> | null {
  const labels: string[] = [];
  let at = start;
  let lowest = start;
  let next: number | null = null;
  let travelled = 1;
  for (;;) {
    if (at >= bytes.length) return null;
    const length = bytes.charCodeAt(at);
    if (length === 0) return { value: labels.join("."), next: next ?? at + 1 };
    if (length >= 0xc0) {
      if (at + 2 > bytes.length) return null;
      next ??= at + 2;
      at = wordAt(bytes, at) & 0x3fff;
      if (at >= lowest) return null;
      lowest = at;
      continue;
    }
    travelled += length + 1;
    if (length > LONGEST_LABEL || travelled > LONGEST_NAME || at + 1 + length > bytes.length) return null;
    labels.push(labelText(bytes.slice(at + 1, at + 1 + length)));
    at += 1 + length;
  }
}

function labelText(label: string): string {
  return label
    .replace(/[^!-~]|[.\\]/g, (byte) => `\\${String(byte.charCodeAt(0)).padStart(3, "0")}`)
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Aliases that are followed for one name; real chains have two or three. */
const LONGEST_CHAIN = 16;

/** The addresses of one type that a response gives for a name, through any aliases in it. */
export function addressesFor(answers: readonly Answer[], name: string, type: number): readonly string[] {
  let current = canonicalName(name);
  for (let step = 0; step <= LONGEST_CHAIN; step++) {
    const own = answers.filter((answer) => answer.name === current);
    const addresses = own.filter((answer) => answer.type === type).map((answer) => answer.data);
    if (addresses.length > 0) return addresses;
    const alias = own.find((answer) => answer.type === TYPE_CNAME);
    if (alias === undefined) return [];
    current = alias.data;
  }
  return [];
}

/** A host name as it stands in a decoded message. */
export function canonicalName(name: string): string {
  return (name.endsWith(".") ? name.slice(0, -1) : name).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
