/** The container's own environment reaches the services; units have the last word. */

import { expect, test } from "vitest";
import type { Dump } from "./harness/dump.ts";
import { variable } from "./harness/dump.ts";
import { sharedUsher } from "./harness/usher.ts";

function dumps(name: string, lines: string): string {
  return `[Service]\nType=oneshot\n${lines}ExecStart=/opt/fixtures/dumper dump /tmp/${name}.json\n[Install]\nWantedBy=multi-user.target\n`;
}

const box = sharedUsher({
  env: { GREETING: "hello", PORT: "8080", EMPTY: "", SPACED: "two words" },
  files: { "/etc/own.env": "PORT=7070\n" },
  units: {
    "plain.service": dumps("plain", ""),
    "overrides.service": dumps("overrides", "Environment=PORT=9090\n"),
    "file.service": dumps("file", "EnvironmentFile=/etc/own.env\n"),
    "unset.service": dumps("unset", "UnsetEnvironment=GREETING PORT=1\n"),
    "clean.service": `${dumps("clean", "Environment=OWN=1\n")}[X-Usher]\nCleanEnvironment=yes\n`,
    "clean-pass.service": `${dumps("clean-pass", "PassEnvironment=GREETING\n")}[X-Usher]\nCleanEnvironment=yes\n`,
    "path.service":
      "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo $$PATH'\n[Install]\nWantedBy=multi-user.target\n",
  },
});

async function dump(name: string): Promise<Dump> {
  await box().booted();
  return box().readJson<Dump>(`/tmp/${name}.json`);
}

test("what docker run -e sets is set in a service", async () => {
  const plain = await dump("plain");
  expect(variable(plain, "GREETING")).toBe("hello");
  expect(variable(plain, "PORT")).toBe("8080");
  expect(variable(plain, "EMPTY")).toBe("");
  expect(variable(plain, "SPACED")).toBe("two words");
});

test("no variable is set twice, and none of usher's own", async () => {
  const names = (await dump("plain")).environ.map((entry) => entry.split("=", 1)[0]);
  expect(new Set(names).size).toBe(names.length);
  expect(names).not.toContain("USHER_LOG_FORMAT");
});

test("a unit's Environment= and EnvironmentFile= win", async () => {
  expect(variable(await dump("overrides"), "PORT")).toBe("9090");
  expect(variable(await dump("file"), "PORT")).toBe("7070");
});

test("UnsetEnvironment= takes a name, or a name with that very value, away", async () => {
  const unset = await dump("unset");
  expect(variable(unset, "GREETING")).toBeUndefined();
  expect(variable(unset, "PORT")).toBe("8080");
});

test("CleanEnvironment=yes takes all of it away but what PassEnvironment= names", async () => {
  const clean = await dump("clean");
  expect(variable(clean, "GREETING")).toBeUndefined();
  expect(variable(clean, "OWN")).toBe("1");
  expect(variable(clean, "PATH")).toBeDefined();
  const passed = await dump("clean-pass");
  expect(variable(passed, "GREETING")).toBe("hello");
  expect(variable(passed, "PORT")).toBeUndefined();
});
