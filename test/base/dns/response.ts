/** Makes DNS responses for tests, byte by byte, so that the codec isn't tested against itself. */
import type { Question } from "../../../src/base/dns/message.ts";

export function word(value: number): string {
  return String.fromCharCode(value >> 8, value & 0xff);
}

/** A compression pointer. */
export function pointer(offset: number): string {
  return word(0xc000 | offset);
}

export function wireName(name: string): string {
  const labels = name.split(".").filter((label) => label !== "");
  return `${labels.map((label) => String.fromCharCode(label.length) + label).join("")}\0`;
}

/** A resource record of class Internet; `name` as it travels. */
export function record(name: string, type: number, data: string): string {
  return name + word(type) + word(1) + word(0) + word(60) + word(data.length) + data;
}

/** `question` starts at byte 12; answers follow it. */
export function encodeResponse(message: {
  readonly id?: number;
  readonly flags?: number;
  readonly question?: Question;
  readonly answers?: readonly string[];
}): string {
  const { id = 1, flags = 0x8180, question, answers = [] } = message;
  const header = [id, flags, question === undefined ? 0 : 1, answers.length, 0, 0].map(word).join("");
  const asked = question === undefined ? "" : wireName(question.name) + word(question.type) + word(1);
  return header + asked + answers.join("");
}
