import { expect, test } from "vitest";
import { exitStatusName, exitStatusOfName } from "../../src/base/exit-status.ts";
import { describeExit as inStatus } from "../../src/cli/ctl/exit-words.ts";
import { describeExit as inLog } from "../../src/engine/unit/exit-status.ts";

/** As systemd 257's `systemctl status` printed them. */
const shown: readonly [number, string][] = [
  [1, "code=exited, status=1/FAILURE"],
  [2, "code=exited, status=2"],
  [7, "code=exited, status=7"],
  [64, "code=exited, status=64"],
  [200, "code=exited, status=200/CHDIR"],
  [231, "code=exited, status=231/APPARMOR"],
  [245, "code=exited, status=245/KSM"],
  [246, "code=exited, status=246"],
  [255, "code=exited, status=255/EXCEPTION"],
];

test.each(shown)("systemctl status of exit status %i", (status, text) => {
  expect(inStatus(1, status)).toBe(text);
});

test("the log names conventional statuses too", () => {
  expect(inLog({ code: "exited", status: 2 })).toBe("code=exited, status=2/INVALIDARGUMENT");
  expect(inLog({ code: "exited", status: 64 })).toBe("code=exited, status=64/USAGE");
  expect(inLog({ code: "exited", status: 100 })).toBe("code=exited, status=100/n/a");
  expect(inLog({ code: "killed", status: 37 })).toBe("code=killed, status=37/RTMIN+3");
});

test("names and numbers are each other's inverse", () => {
  const named = Array.from({ length: 256 }, (_, status) => status).filter((status) => exitStatusName(status));
  expect(named.map((status) => exitStatusOfName(exitStatusName(status) ?? ""))).toEqual(named);
  expect(exitStatusOfName("NOSUCH")).toBeUndefined();
});
