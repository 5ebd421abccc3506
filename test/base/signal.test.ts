import { describe, expect, it } from "vitest";
import { parseSignal, SIGCHLD, SIGHUP, SIGKILL, SIGTERM, signalName } from "../../src/base/signal.ts";

describe("signals", () => {
  it("have names and numbers", () => {
    expect([1, 9, 15, 17, 31].map(signalName)).toEqual(["SIGHUP", "SIGKILL", "SIGTERM", "SIGCHLD", "SIGSYS"]);
    expect([SIGHUP, SIGKILL, SIGTERM, SIGCHLD].map(signalName).map(parseSignal)).toEqual([1, 9, 15, 17]);
  });

  it("of real time count from both ends", () => {
    expect(["RTMIN", "SIGRTMIN+3", "RTMAX", "SIGRTMAX-1"].map(parseSignal)).toEqual([34, 37, 64, 63]);
    expect([34, 37, 64].map(signalName)).toEqual(["SIGRTMIN", "SIGRTMIN+3", "SIGRTMIN+30"]);
  });

  it("may be written without SIG, and as numbers", () => {
    expect(["TERM", "15", "IO"].map(parseSignal)).toEqual([15, 15, 29]);
  });

  it("are nothing else", () => {
    const others = [
      "",
      "SIG",
      "POLL",
      "term",
      "0",
      "65",
      "-1",
      "RTMIN+31",
      "RTMAX-31",
      "RTMIN-1",
      "SIGSIGTERM",
    ];
    expect(others.map(parseSignal)).toEqual(others.map(() => undefined));
    expect([0, 33, 65].map(signalName)).toEqual(["0", "33", "65"]);
  });

  it("read back what they are called", () => {
    const numbers = Array.from({ length: 64 }, (_, i) => i + 1).filter((n) => n !== 32 && n !== 33);
    expect(numbers.map(signalName).map(parseSignal)).toEqual(numbers);
  });
});
