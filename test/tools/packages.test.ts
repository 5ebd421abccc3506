import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

function readJson(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(root, name), "utf8")) as Record<string, unknown>;
}

test("the lock file names no registry, so that everybody's own is used", () => {
  expect(readFileSync(join(root, "package-lock.json"), "utf8")).not.toContain('"resolved"');
});

test("every package in the lock file has a version and a checksum", () => {
  const packages = readJson("package-lock.json")["packages"] as Record<string, Record<string, unknown>>;
  const incomplete = Object.entries(packages)
    .filter(
      ([path, entry]) => path !== "" && (entry["version"] === undefined || entry["integrity"] === undefined),
    )
    .map(([path]) => path);
  expect(incomplete).toEqual([]);
});

test("dependencies are pinned exactly", () => {
  const manifest = readJson("package.json");
  const versions = { ...(manifest["dependencies"] ?? {}), ...(manifest["devDependencies"] ?? {}) };
  expect(Object.entries(versions).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual(
    [],
  );
});
