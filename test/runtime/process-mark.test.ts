import { expect, test } from "vitest";
import { isOfInvocation, markLimits } from "../../src/runtime/process/process-mark.ts";
import { readUnit } from "../cli/support/fake-backend.ts";

const ID = "0123456789abcdef0123456789abcdef";
const OTHER = "ffff456789abcdef0123456789abcdef";
const EACCES = -13;

const forking = readUnit("d.service", "[Service]\nType=forking\nExecStart=/bin/d\n");

/** A process that hides its environment and has these limits. */
function hidden(locks: string) {
  const limits = `Limit    Soft Limit    Hard Limit    Units\nMax file locks    ${locks}    unlimited    locks\n`;
  return { processHasEnv: () => EACCES, readFile: () => limits };
}

test("a daemon that hides its environment is known by its limit", () => {
  const [[resource, soft, hard] = []] = markLimits(forking, ID);
  expect([resource, hard]).toEqual([10, -1]);
  expect(Number.isSafeInteger(soft)).toBe(true);
  expect(isOfInvocation(hidden(String(soft)), 7, ID)).toBe(true);
  expect(isOfInvocation(hidden(String(soft)), 7, OTHER)).toBe(false);
  expect(isOfInvocation(hidden("unlimited"), 7, ID)).toBe(false);
});

test("what the environment says counts where it can be read", () => {
  expect(isOfInvocation({ ...hidden("unlimited"), processHasEnv: () => 1 }, 7, ID)).toBe(true);
  const [[, soft] = []] = markLimits(forking, ID);
  expect(isOfInvocation({ ...hidden(String(soft)), processHasEnv: () => 0 }, 7, ID)).toBe(false);
});

test("only forking services need it, and their own limit is left alone", () => {
  expect(markLimits(readUnit("d.service", "[Service]\nExecStart=/bin/d\n"), ID)).toEqual([]);
  const own = "[Service]\nType=forking\nExecStart=/bin/d\nLimitLOCKS=7\n";
  expect(markLimits(readUnit("d.service", own), ID)).toEqual([]);
});
