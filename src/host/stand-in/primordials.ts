/**
 * @pkgjs/parseargs' "primordials" (the language's functions as they were before anybody changed them): the ones that it
 * uses. Its own file copies every built-in object of Node, half of which this engine is not given.
 */

export const ArrayIsArray = (value: unknown): boolean => Array.isArray(value);
export const ArrayPrototypeFind = <T>(list: readonly T[], test: (item: T) => boolean): T | undefined =>
  list.find(test);
export const ArrayPrototypeForEach = <T>(list: readonly T[], visit: (item: T) => void): void => {
  for (const item of list) visit(item);
};
export const ArrayPrototypeIncludes = <T>(list: readonly T[], item: T): boolean => list.includes(item);
export const ArrayPrototypeJoin = (list: readonly unknown[], by: string): string => list.join(by);
export const ArrayPrototypeMap = <T, U>(list: readonly T[], change: (item: T) => U): U[] =>
  list.map((item) => change(item));
export const ArrayPrototypePush = <T>(list: T[], item: T): number => list.push(item);
export const ArrayPrototypePushApply = <T>(list: T[], items: readonly T[]): number => list.push(...items);
export const ArrayPrototypeShift = <T>(list: T[]): T | undefined => list.shift();
export const ArrayPrototypeSlice = <T>(list: readonly T[], from?: number): T[] => list.slice(from);
export const ArrayPrototypeUnshiftApply = <T>(list: T[], items: readonly T[]): number =>
  list.unshift(...items);
export const ObjectCreate = (prototype: object | null): unknown => Object.create(prototype);
export const ObjectEntries = <T>(object: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(object);
export const ObjectFreeze = <T>(value: T): T => Object.freeze(value);
export const ObjectPrototypeHasOwnProperty = (object: object, key: string): boolean =>
  Object.hasOwn(object, key);
export const StringPrototypeCharAt = (text: string, at: number): string => text.charAt(at);
export const StringPrototypeIncludes = (text: string, part: string, from?: number): boolean =>
  text.includes(part, from);
export const StringPrototypeIndexOf = (text: string, part: string): number => text.indexOf(part);
export const StringPrototypeSlice = (text: string, from: number, to?: number): string => text.slice(from, to);
export const StringPrototypeStartsWith = (text: string, start: string): boolean => text.startsWith(start);
