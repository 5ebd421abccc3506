/** The names and globs that people type, and which units they mean (systemctl(1), "Parameter Syntax"). */
import { globExpression, isGlob } from "../../unit/text/glob.ts";
import { escapePath, escapeUnitName, isValidUnitName, unitType } from "../../unit/unit-name.ts";

export interface MangledName {
  readonly name: string;
  /** The name had to be escaped: worth a warning. */
  readonly escaped: boolean;
}

/** "myapp" → "myapp.service", "/var/lib" → "var-lib.mount", "a b" → "a\x20b.service". Globs keep their stars. */
export function mangleUnitName(text: string, type = "service"): MangledName {
  if (text.startsWith("/") && !isGlob(text)) return { name: manglePath(text), escaped: false };
  const complete = (name: string): string => (unitType(name) === undefined ? `${name}.${type}` : name);
  if (isGlob(text) || isValidUnitName(complete(text))) return { name: complete(text), escaped: false };
  return { name: complete(escapeUnitName(text)), escaped: true };
}

function manglePath(path: string): string {
  const escaped = escapePath(path) ?? "-";
  return `${escaped}.${path.startsWith("/dev/") || path.startsWith("/sys/") ? "device" : "mount"}`;
}

/** A name or a glob as a predicate. */
export function globMatcher(pattern: string): (text: string) => boolean {
  if (!isGlob(pattern)) return (text) => text === pattern;
  const expression = globExpression(pattern);
  return (text) => expression.test(text);
}

/** A predicate for a list of patterns as typed; no patterns let everything through. */
export function patternFilter(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => true;
  const matchers = patterns.map((pattern) =>
    globMatcher(isGlob(pattern) ? completeGlob(pattern) : mangleUnitName(pattern).name),
  );
  return (name) => matchers.some((matches) => matches(name));
}

/** A glob that doesn't say a type means services, unless its end could match a type. */
export function completeGlob(pattern: string): string {
  return unitType(pattern) !== undefined ||
    pattern.endsWith("*") ||
    pattern.endsWith("]") ||
    pattern.endsWith("?")
    ? pattern
    : `${pattern}.service`;
}
