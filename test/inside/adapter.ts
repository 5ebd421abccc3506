/**
 * As much of vitest as the pure layers' tests use, so that the very same files run inside usher's own engine, where
 * vitest can't. `tools/inside.ts` puts this in vitest's place; `report` runs what was declared.
 */
import { matches, show } from "./matching.ts";

interface Declared {
  readonly name: string;
  readonly body: () => unknown;
}

const declared: Declared[] = [];
const path: string[] = [];

export function describe(name: string, body: () => void): void {
  path.push(name);
  body();
  path.pop();
}

interface It {
  (name: string, body: () => unknown, timeout?: number): void;
  each<T>(rows: readonly T[]): (name: string, body: (...args: never[]) => unknown) => void;
}

const declare = (name: string, body: () => unknown): void => {
  declared.push({ name: [...path, name].join(" > "), body });
};

export const it: It = Object.assign(declare, {
  each: <T>(rows: readonly T[]) => {
    return (name: string, body: (...args: never[]) => unknown): void => {
      for (const row of rows) {
        const args = (Array.isArray(row) ? row : [row]) as never[];
        declare(`${name} ${show(args)}`, () => body(...args));
      }
    };
  },
});

export const test: It = it;

export interface Expectation {
  readonly not: Expectation;
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toStrictEqual(expected: unknown): void;
  toMatchObject(expected: unknown): void;
  toContain(expected: unknown): void;
  toContainEqual(expected: unknown): void;
  toHaveLength(expected: number): void;
  toMatch(expected: RegExp | string): void;
  toBeNull(): void;
  toBeUndefined(): void;
  toBeDefined(): void;
  toBeLessThan(expected: number): void;
  toBeLessThanOrEqual(expected: number): void;
  toBeGreaterThan(expected: number): void;
  toBeGreaterThanOrEqual(expected: number): void;
  toThrow(expected?: RegExp | string): void;
}

function expectation(actual: unknown, message: string | undefined, wanted: boolean): Expectation {
  const check = (holds: boolean, what: string, expected?: unknown): void => {
    if (holds === wanted) return;
    const not = wanted ? "" : "not ";
    throw new Error(
      `${message ?? ""} expected ${show(actual)} ${not}${what} ${expected === undefined ? "" : show(expected)}`,
    );
  };
  const list = actual as readonly unknown[];
  const number = actual as number;
  return {
    get not() {
      return expectation(actual, message, !wanted);
    },
    toBe: (expected) => check(Object.is(actual, expected), "to be", expected),
    toEqual: (expected) => check(matches(actual, expected, "equal"), "to equal", expected),
    toStrictEqual: (expected) => check(matches(actual, expected, "equal"), "to equal", expected),
    toMatchObject: (expected) => check(matches(actual, expected, "contains"), "to match", expected),
    toContain: (expected) => check(list.includes(expected), "to contain", expected),
    toContainEqual: (expected) =>
      check(
        list.some((item) => matches(item, expected, "equal")),
        "to contain",
        expected,
      ),
    toHaveLength: (expected) => check(list.length === expected, "to have length", expected),
    toMatch: (expected) =>
      check(
        typeof expected === "string" ? String(actual).includes(expected) : expected.test(String(actual)),
        "to match",
        String(expected),
      ),
    toBeNull: () => check(actual === null, "to be null"),
    toBeUndefined: () => check(actual === undefined, "to be undefined"),
    toBeDefined: () => check(actual !== undefined, "to be defined"),
    toBeLessThan: (expected) => check(number < expected, "<", expected),
    toBeLessThanOrEqual: (expected) => check(number <= expected, "<=", expected),
    toBeGreaterThan: (expected) => check(number > expected, ">", expected),
    toBeGreaterThanOrEqual: (expected) => check(number >= expected, ">=", expected),
    toThrow: (expected) =>
      check(throws(actual as () => unknown, expected), "to throw", String(expected ?? "")),
  };
}

function throws(body: () => unknown, expected: RegExp | string | undefined): boolean {
  try {
    body();
    return false;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (expected === undefined) return true;
    return typeof expected === "string" ? text.includes(expected) : expected.test(text);
  }
}

interface Expect {
  (actual: unknown, message?: string): Expectation;
  arrayContaining(items: readonly unknown[]): unknown;
  objectContaining(fields: object): unknown;
  stringContaining(text: string): unknown;
  stringMatching(pattern: RegExp): unknown;
  any(kind: unknown): unknown;
}

const asymmetric = (accepts: (actual: unknown) => boolean, shown: string): unknown => ({ accepts, shown });

export const expect: Expect = Object.assign(
  (actual: unknown, message?: string) => expectation(actual, message, true),
  {
    arrayContaining: (items: readonly unknown[]) =>
      asymmetric(
        (actual) =>
          Array.isArray(actual) && items.every((item) => actual.some((one) => matches(one, item, "equal"))),
        "array containing",
      ),
    objectContaining: (fields: object) =>
      asymmetric((actual) => matches(actual, fields, "contains"), "object containing"),
    stringContaining: (text: string) =>
      asymmetric((actual) => String(actual).includes(text), `text with ${text}`),
    stringMatching: (pattern: RegExp) =>
      asymmetric((actual) => pattern.test(String(actual)), `text like ${pattern}`),
    any: (kind: unknown) =>
      asymmetric((actual) => typeof actual === (kind as { name: string }).name.toLowerCase(), "any"),
  },
);

/** Runs everything, one after the other. Prints what fails, and the closing line. Returns the number of failures. */
export async function report(print: (text: string) => void): Promise<number> {
  let failed = 0;
  for (const { name, body } of declared) {
    try {
      await body();
    } catch (error) {
      failed++;
      const text = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
      print(`FAIL ${name}\n  ${text}\n`);
    }
  }
  print(`${declared.length - failed} passed, ${failed} failed\n`);
  return failed;
}
