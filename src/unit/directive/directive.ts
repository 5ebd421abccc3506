/** One row of the directive table: which field of which group of settings a directive's value goes to. */
import type { DependencyKind } from "../model.ts";
import {
  DEFAULTS,
  type Draft,
  type GroupName,
  group,
  type Mutable,
  type Settings,
  writable,
  writableDependencies,
} from "../settings.ts";
import type { Scope, ValueType } from "../value/value-type.ts";

export interface Directive {
  readonly group: GroupName | "dependencies";
  /** The field that `show` and the reference name; a few directives set others beside it. */
  readonly field: string;
  readonly expected: string;
  /** Reads a value into the draft; false: it is not what is expected, and nothing has been complained about yet. */
  readonly apply: (draft: Draft, text: string, scope: Scope) => boolean;
}

export type Directives = Readonly<Record<string, Directive>>;

/** Rows of one group: `field(name, type)`, the type checked against the field's. */
export function fieldsOf<Group extends GroupName>(
  groupName: Group,
): <Field extends keyof Settings[Group] & string>(
  field: Field,
  type: ValueType<Settings[Group][Field]>,
) => Directive {
  return (field, type) => ({
    group: groupName,
    field,
    expected: type.expected,
    apply: (draft, text, scope) => {
      const settings = writable(draft, groupName);
      const value = type.read(text, scope, settings[field], DEFAULTS[groupName][field]);
      if (value === undefined) return false;
      settings[field] = value;
      return true;
    },
  });
}

/** A row whose value sets several fields. */
export function severalFields<Group extends GroupName, T>(
  groupName: Group,
  field: keyof Settings[Group] & string,
  expected: string,
  read: (text: string, scope: Scope, before: Settings[Group]) => T | undefined,
  assign: (settings: Mutable<Settings[Group]>, value: T) => void,
): Directive {
  return {
    group: groupName,
    field,
    expected,
    apply: (draft, text, scope) => {
      const value = read(text, scope, group(draft, groupName));
      if (value === undefined) return false;
      assign(writable(draft, groupName), value);
      return true;
    },
  };
}

/** A row of names that a unit has a dependency of this kind on. */
export function dependencyOf(kind: DependencyKind, type: ValueType<readonly string[]>): Directive {
  return {
    group: "dependencies",
    field: kind,
    expected: type.expected,
    apply: (draft, text, scope) => {
      const dependencies = writableDependencies(draft);
      const names = type.read(text, scope, dependencies[kind] ?? NO_NAMES, NO_NAMES);
      if (names === undefined) return false;
      if (names.length > 0) dependencies[kind] = names;
      return true;
    },
  };
}

const NO_NAMES: readonly string[] = [];
