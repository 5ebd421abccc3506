import { describe, expect, it } from "vitest";
import { parseInvocation } from "../../src/runtime/boot/options.ts";

function parse(
  args: string[],
  variables: Record<string, string> = {},
): { result: ReturnType<typeof parseInvocation>; warnings: string[] } {
  const warnings: string[] = [];
  return {
    result: parseInvocation(
      args,
      (name) => variables[name] ?? null,
      (message) => warnings.push(message),
    ),
    warnings,
  };
}

describe("parseInvocation", () => {
  it("has defaults that suit Docker", () => {
    expect(parse([]).result).toEqual({
      ok: true,
      value: {
        kind: "init",
        options: {
          unitDirectories: [],
          stopBudgetUsec: 8_000_000,
          logLevel: "info",
          logFormat: null,
          bootUnit: "default.target",
          sdBooted: null,
          command: [],
        },
      },
    });
  });
  it("takes values with and without an equals sign, and lets options win over variables", () => {
    const { result } = parse(["--units", "/a:/b", "--stop-timeout=2.5", "--log-level=debug"], {
      USHER_STOP_TIMEOUT: "28",
      USHER_LOG_FORMAT: "pretty",
    });
    expect(result).toMatchObject({
      value: {
        options: {
          unitDirectories: ["/a", "/b"],
          stopBudgetUsec: 2_500_000,
          logLevel: "debug",
          logFormat: "pretty",
        },
      },
    });
  });
  it("leaves everything after -- to the command", () => {
    expect(parse(["--", "sh", "-c", "--help"]).result).toMatchObject({
      value: { options: { command: ["sh", "-c", "--help"] } },
    });
  });
  it("knows what belongs to the tools", () => {
    expect(parse(["--units", "/a", "--verify", "x"]).result).toEqual({ ok: true, value: { kind: "tool" } });
  });
  it("refuses a wrong option with finding and expectation", () => {
    expect(parse(["--stop-timeout", "soon"]).result).toEqual({
      ok: false,
      error: '--stop-timeout: found "soon", expected a number of seconds, for example "28" or "2.5"',
    });
    expect(parse(["--log-level"]).result).toMatchObject({
      error: "--log-level needs a value: trace, debug, info, warn, error, fatal or silent",
    });
    expect(parse(["redis-server"]).result).toMatchObject({
      error: expect.stringContaining("a command to run comes after --"),
    });
  });
  it("goes on after a wrong variable, since an image's environment must not stop PID 1", () => {
    const { result, warnings } = parse([], { USHER_LOG_LEVEL: "loud" });
    expect(result).toMatchObject({ ok: true, value: { options: { logLevel: "info" } } });
    expect(warnings).toEqual([
      'USHER_LOG_LEVEL: found "loud", expected trace, debug, info, warn, error, fatal or silent, ignoring',
    ]);
  });
});
