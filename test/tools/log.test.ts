import { expect, test } from "vitest";
import { Log } from "../container/harness/log.ts";

test("lines cut anywhere are put together, for each stream on its own", () => {
  const log = new Log();
  log.push("stdout", '{"msg":"a');
  log.push("stderr", "oops\n");
  log.push("stdout", '"}\nplain\r\nrest');
  log.end();
  expect(log.lines.map((line) => line.text)).toEqual(["oops", '{"msg":"a"}', "plain", "rest"]);
  expect(log.records()).toEqual([{ msg: "a" }]);
});

test("a record that has already been written is found, unless it lies before `from`", async () => {
  const log = new Log();
  log.push("stdout", '{"msg":"a"}\n');
  const from = log.position();
  await expect(log.record(({ msg }) => msg === "a")).resolves.toEqual({ msg: "a" });
  const later = log.record(({ msg }) => msg === "a", { from });
  log.push("stdout", '{"msg":"a","n":2}\n');
  await expect(later).resolves.toEqual({ msg: "a", n: 2 });
});

test("waiting ends when the time is up or the output has ended, and says for what it waited", async () => {
  const log = new Log();
  await expect(log.record(({ msg }) => msg === "never", { timeout: 1 })).rejects.toThrow(
    /within 1 ms.*never/,
  );
  const waiting = log.record(({ msg }) => msg === "never");
  log.end();
  await expect(waiting).rejects.toThrow(/never.*the container ended/);
  await expect(log.record(({ msg }) => msg === "never")).rejects.toThrow(/the container ended.*never/);
});
