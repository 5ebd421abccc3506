import { expect, it } from "vitest";
import { pairWith, parseRounds, summarise } from "../../bench/figures.ts";

it("a figure is compared round by round, whatever became of the machine between rounds", () => {
  const samples = parseRounds(
    [
      "0 direct rate 100",
      "0 adopted rate 99",
      "1 adopted rate 51",
      "1 direct rate 50",
      "2 direct rate 10",
      "2 adopted rate 10",
      "0 haproxy rate 40",
      "a line of another kind",
    ].join("\n"),
  );
  const figures = pairWith("direct", samples, summarise("m", samples, { rate: "per-second" }));
  const paired = Object.fromEntries(figures.map((one) => [one.subject, one.paired?.median]));
  expect(paired).toEqual({ direct: undefined, adopted: 1, haproxy: 0.4 });
  expect(figures.find(({ subject }) => subject === "adopted")).toMatchObject({ median: 51, samples: 3 });
});
