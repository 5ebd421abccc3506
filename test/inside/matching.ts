/** Deep comparison and printing for the adapter. */

interface Asymmetric {
  readonly accepts: (actual: unknown) => boolean;
  readonly shown: string;
}

function isAsymmetric(value: unknown): value is Asymmetric {
  return typeof value === "object" && value !== null && "accepts" in value && "shown" in value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** "equal": the same fields (undefined counts as absent). "contains": at least the expected ones. */
export function matches(actual: unknown, expected: unknown, how: "equal" | "contains"): boolean {
  if (isAsymmetric(expected)) return expected.accepts(actual);
  if (Object.is(actual, expected)) return true;
  if (!isRecord(actual) || !isRecord(expected)) return false;
  if (Array.isArray(actual) !== Array.isArray(expected)) return false;
  if (actual instanceof Map || actual instanceof Set) return matchesCollection(actual, expected, how);
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length !== expected.length) return false;
  const keys = Object.keys(expected).filter((key) => expected[key] !== undefined);
  if (
    how === "equal" &&
    Object.keys(actual).filter((key) => actual[key] !== undefined).length !== keys.length
  )
    return false;
  return keys.every((key) => matches(actual[key], expected[key], how));
}

function matchesCollection(
  actual: Map<unknown, unknown> | Set<unknown>,
  expected: object,
  how: "equal" | "contains",
): boolean {
  const other = expected instanceof Map || expected instanceof Set ? [...expected] : null;
  return other !== null && actual.size === other.length && matches([...actual], other, how);
}

/** JSON has no word for the long numbers of a bus. */
function bigAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

/** JSON where that says it, cut to a readable length. */
export function show(value: unknown): string {
  if (isAsymmetric(value)) return value.shown;
  const text = JSON.stringify(value, bigAsText) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
