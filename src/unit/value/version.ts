/**
 * Comparing versions (the UAPI group's version format, which systemd-analyze compare-versions follows), and the
 * comparisons that conditions are written with.
 */
import { globExpression } from "../text/glob.ts";

function sign(a: number | boolean, b: number | boolean): number {
  return Number(a) - Number(b);
}

function runLength(text: string, expression: RegExp): number {
  return expression.exec(text)?.[0].length ?? 0;
}

function compareDigits(a: string, b: string): number {
  const shortA = a.replace(/^0+/, "");
  const shortB = b.replace(/^0+/, "");
  if (a === "" || b === "") return sign(a !== "", b !== "");
  return sign(shortA.length, shortB.length) || sign(shortA > shortB, shortA < shortB);
}

/** Text order over what both have, then the longer one is newer. */
function compareLetters(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  const headA = a.slice(0, length);
  const headB = b.slice(0, length);
  return sign(headA > headB, headA < headB) || sign(a.length, b.length);
}

/** Less than 0 if `a` is older than `b`, 0 if neither is. */
export function compareVersions(a: string, b: string): number {
  let left = a;
  let right = b;
  for (;;) {
    left = left.replace(/^[^0-9A-Za-z~^.-]+/, "");
    right = right.replace(/^[^0-9A-Za-z~^.-]+/, "");
    // "~" comes before the end of a text, "-", "^" and "." after it, in this order.
    for (const separator of ["~", "", "-", "^", "."]) {
      if (separator === "") {
        if (left === "" || right === "") return sign(left !== "", right !== "");
        continue;
      }
      const inLeft = left.startsWith(separator);
      const inRight = right.startsWith(separator);
      if (inLeft !== inRight) return sign(!inLeft, !inRight);
      if (!inLeft) continue;
      left = left.slice(1);
      right = right.slice(1);
    }
    const digits = /^[0-9]/.test(left) || /^[0-9]/.test(right);
    const run = digits ? /^[0-9]+/ : /^[A-Za-z]+/;
    const leftRun = left.slice(0, runLength(left, run));
    const rightRun = right.slice(0, runLength(right, run));
    const order = digits ? compareDigits(leftRun, rightRun) : compareLetters(leftRun, rightRun);
    if (order !== 0) return order;
    left = left.slice(leftRun.length);
    right = right.slice(rightRun.length);
  }
}

export interface Comparison {
  readonly operator: string;
  readonly operand: string;
}

/** "<=5.4" → "<=" and "5.4"; an operator that isn't there is "". Longer operators first. */
export function splitComparison(text: string): Comparison {
  const operator = /^(?:!\$=|\$=|<>|<=|>=|==|!=|<|>|=)/.exec(text)?.[0] ?? "";
  return { operator, operand: text.slice(operator.length) };
}

/** Does an order (see `compareVersions`) fulfil the operator? undefined for one that isn't about order. */
export function orderFulfils(order: number, operator: string): boolean | undefined {
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "=":
    case "==":
      return order === 0;
    case "!=":
    case "<>":
      return order !== 0;
    case ">=":
      return order >= 0;
    case ">":
      return order > 0;
    default:
      return undefined;
  }
}

/** Versions by order, texts by "=" and "!=", patterns by "$=", "!$=" and by default. */
export function versionFulfils(version: string, { operator, operand }: Comparison): boolean {
  switch (operator) {
    case "":
    case "$=":
      return globExpression(operand).test(version);
    case "!$=":
      return !globExpression(operand).test(version);
    case "=":
      return version === operand;
    case "!=":
      return version !== operand;
    default:
      return orderFulfils(compareVersions(version, operand), operator) ?? false;
  }
}
