/**
 * Reads the parameters of a call: each function takes one field, and the reader remembers the first that was wrong, so
 * that a decoder is a plain list of fields and the caller checks once.
 */
import type { JsonObject } from "./protocol.ts";

export interface ParameterReader {
  /** Name of the first field that was missing or of a wrong kind; null while all is well. */
  wrong(): string | null;
  text(name: string): string;
  textOrNull(name: string): string | null;
  texts(name: string): readonly string[];
  /** A whole number within bounds. `fallback` where the field is left out. */
  integer(name: string, least: number, most: number, fallback?: number): number;
  integerOrNull(name: string, least: number, most: number): number | null;
  flag(name: string): boolean;
  choice<T extends string>(name: string, among: readonly T[], fallback?: T): T;
  choices<T extends string>(name: string, among: readonly T[]): readonly T[];
}

export function readParameters(parameters: JsonObject): ParameterReader {
  let bad: string | null = null;
  const fail = <T>(name: string, stand: T): T => {
    bad ??= name;
    return stand;
  };
  const absent = (name: string): boolean => parameters[name] === undefined || parameters[name] === null;

  const text = (name: string): string => {
    const value = parameters[name];
    return typeof value === "string" ? value : fail(name, "");
  };
  const texts = (name: string): readonly string[] => {
    const value = parameters[name] ?? [];
    const all = Array.isArray(value) && value.every((item) => typeof item === "string");
    return all ? (value as readonly string[]) : fail(name, []);
  };
  const integer = (name: string, least: number, most: number, fallback?: number): number => {
    if (fallback !== undefined && absent(name)) return fallback;
    const value = parameters[name];
    const fits = typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
    return fits ? value : fail(name, least);
  };
  const flag = (name: string): boolean => {
    const value = parameters[name] ?? false;
    return typeof value === "boolean" ? value : fail(name, false);
  };
  const choice = <T extends string>(name: string, among: readonly T[], fallback?: T): T => {
    if (fallback !== undefined && absent(name)) return fallback;
    const found = among.find((one) => one === parameters[name]);
    return found ?? fail(name, among[0] as T);
  };

  const choices = <T extends string>(name: string, among: readonly T[]): readonly T[] => {
    const words = texts(name);
    const found = among.filter((one) => words.includes(one));
    return words.every((word) => found.some((one) => one === word)) ? found : fail(name, []);
  };

  return {
    wrong: () => bad,
    text,
    textOrNull: (name) => (absent(name) ? null : text(name)),
    texts,
    integer,
    integerOrNull: (name, least, most) => (absent(name) ? null : integer(name, least, most)),
    flag,
    choice,
    choices,
  };
}
