/**
 * What a directive's value can be. The directive table pairs names with these; everything that reads, checks,
 * documents or shows a directive goes through them.
 */
import type { Severity } from "../text/diagnostic.ts";

/** Where a value stands while it is read: what it may ask, and where its complaints go. */
export interface Scope {
  readonly unitName: string;
  /** Replaces specifiers; undefined after a complaint about one that can't be. `inName`: for a unit's name. */
  readonly expand: (text: string, inName?: boolean) => string | undefined;
  /** A complaint at `offset` in the value; without an offset, at the value's beginning. */
  readonly report: (severity: Severity, message: string, details?: ReportDetails) => void;
  /** Refuses the unit (LoadState "bad-setting"), as systemd does for a bad ExecStart= or User=. */
  readonly refuse: (message: string, details?: ReportDetails) => void;
}

export interface ReportDetails {
  readonly found?: string;
  readonly expected?: string;
  readonly offset?: number;
}

export interface ValueType<T> {
  /** Follows "expected" in a complaint: "a boolean (yes or no)". */
  readonly expected: string;
  /**
   * Reads a value. `before` is what earlier lines made of the field, `initial` its default. undefined: not a value
   * of this type; the field stays as it was, and the caller complains. A type that has already complained itself
   * returns `before`.
   */
  readonly read: (text: string, scope: Scope, before: T, initial: T) => T | undefined;
}

/** A type whose text is read without regard to anything else. */
export function plain<T>(expected: string, parse: (text: string) => T | undefined): ValueType<T> {
  return { expected, read: parse };
}

/** As `type`, but specifiers are replaced first. */
export function specified<T>(type: ValueType<T>): ValueType<T> {
  return {
    expected: type.expected,
    read: (text, scope, before, initial) => {
      const expanded = scope.expand(text);
      return expanded === undefined ? before : type.read(expanded, scope, before, initial);
    },
  };
}

/** As `type`, but an empty value restores the default. */
export function orDefault<T>(type: ValueType<T>): ValueType<T> {
  return {
    expected: type.expected,
    read: (text, scope, before, initial) => (text === "" ? initial : type.read(text, scope, before, initial)),
  };
}

/** One of a few words. For a field that can also be unset, name the type: `oneOf<"a" | "b" | null>("a", "b")`. */
export function oneOf<T extends string | null>(...names: readonly (T & string)[]): ValueType<T> {
  const known: readonly string[] = names;
  return { expected: `one of ${names.join(", ")}`, read: (text) => names[known.indexOf(text)] };
}

/** Lines add to a list, an empty one clears it. `item` yields what one line adds. */
export function list<T>(
  expected: string,
  items: (text: string, scope: Scope) => readonly T[] | undefined,
): ValueType<readonly T[]> {
  return {
    expected,
    read: (text, scope, before) => {
      if (text === "") return [];
      const added = items(text, scope);
      return added === undefined ? undefined : before.concat(added);
    },
  };
}
