import { describe, expect, it } from "vitest";
import { serviceWith } from "./read-files.ts";
import vectors from "./vectors/exec-parse.json" with { type: "json" };

function commandsOf(line: string): ReturnType<typeof serviceWith>["unit"]["service"]["execStartPost"] {
  return serviceWith(`ExecStartPost=${line}`).unit.service.execStartPost;
}

describe("command lines", () => {
  for (const { id, input, expect: expected } of vectors) {
    it(id, () => {
      const { unit } = serviceWith(`ExecStartPost=${input}`);
      expect(unit.loadState).toBe(expected.outcome === "unit_error" ? "bad-setting" : "loaded");
      if (expected.outcome === "unit_error") return;
      const wanted = (expected.commands ?? []).map(({ path, argv, flags }) => ({
        path,
        argv: argv.map((word) => word.replace("UNITNAME", "u.service")),
        ignoreFailure: flags.some((flag) => flag === "ignore-failure"),
        privileges: flags.some((flag) => flag === "no-setuid") ? "keep" : "normal",
      }));
      expect(unit.service.execStartPost).toMatchObject(wanted);
      expect(unit.service.execStartPost).toHaveLength(wanted.length);
    });
  }

  it("know every prefix once, in any order", () => {
    expect(commandsOf("-:@+|/bin/a zero one")).toEqual([
      {
        path: "/bin/a",
        argv: ["zero", "one"],
        ignoreFailure: true,
        noEnvExpand: true,
        privileges: "full",
        viaShell: true,
      },
    ]);
    expect(commandsOf("!!/bin/a")).toMatchObject([{ privileges: "normal" }]);
  });

  it("replace specifiers in the program and in arguments", () => {
    expect(commandsOf("/opt/%N/run --name=%n %%")).toMatchObject([
      { path: "/opt/u/run", argv: ["/opt/u/run", "--name=u.service", "%"] },
    ]);
  });

  it("add up over lines until an empty one clears them", () => {
    const { unit } = serviceWith(
      "ExecStartPost=/a",
      "ExecStartPost=",
      "ExecStartPost=/b",
      "ExecStartPost=/c",
    );
    expect(unit.service.execStartPost.map(({ path }) => path)).toEqual(["/b", "/c"]);
  });

  it("say where a quote was not closed, and refuse the unit", () => {
    const { unit, problems } = serviceWith("ExecStopPost=/bin/a 'b c");
    expect(unit).toMatchObject({
      loadState: "bad-setting",
      loadError: problems[0]?.replace("u.service", "/units/u.service"),
    });
    expect(problems).toEqual([
      "u.service:3:21: ExecStopPost=: the arguments can't be read; the unit is refused: found \"'b c\", expected a command line: [@-:+!]program arguments…",
    ]);
  });

  it("say so where - saves the unit", () => {
    const { unit, problems } = serviceWith("ExecStartPost=-not/absolute");
    expect(unit.loadState).toBe("loaded");
    expect(problems[0]).toMatch(/^u\.service:3:15: ExecStartPost=: .*ignored because of its -/);
  });
});
