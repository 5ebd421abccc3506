/**
 * The versions in the tables of docs/activation.md are those that the tests try. Debian may have brought a patch since:
 * then a line says so, and the row still holds.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startUsher } from "../container/harness/usher.ts";

/** By the first word of a row in the table of programs, where the package has another name. */
const PACKAGES: Readonly<Record<string, string>> = {
  "C, libsystemd": "libsystemd0",
  "Python, systemd.daemon": "python3-systemd",
  "Go, coreos/go-systemd": "golang-github-coreos-go-systemd-dev",
  "Rust, listenfd": "librust-listenfd-dev",
  "Node.js": "nodejs",
  "PHP-FPM": "php8.4-fpm",
  uWSGI: "uwsgi-core",
};

/** First and second column of the tables below a heading. */
function rowsBelow(heading: string): (readonly [name: string, version: string])[] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/activation.md"), "utf8");
  const section = page.slice(page.indexOf(`\n## ${heading}\n`) + 1);
  const end = section.indexOf("\n## ", 1);
  const lines = (end < 0 ? section : section.slice(0, end))
    .split("\n")
    .filter((line) => line.startsWith("| "));
  return lines.slice(1).map((line) => {
    const [, name = "", version = ""] = line.split("|").map((cell) => cell.trim());
    return [name, version];
  });
}

/** "2:8.4.27-1~deb13u1" → "8.4.27" */
const upstream = (version: string): string => version.replace(/^\d+:/, "").replace(/[-+~].*$/, "");
/** "8.4.27" → "8.4": what stays while a Debian release lives. */
const branch = (version: string): string => version.replace(/\.[^.]*$/, "");

test.each([
  ["How a program takes its socket", ["usher-test:activated"]],
  ["Packages", ["usher-test:packages", "usher-test:debian"]],
])("%s", async (heading, images) => {
  const installed = new Map<string, string>();
  for (const image of images) {
    const box = await startUsher({ image });
    const list = await box.run(
      "dpkg-query -W -f '$''{Package} $''{Version}\\n'; cat /opt/listeners/versions 2>/dev/null || true",
    );
    for (const line of list.trim().split("\n")) {
      const [name = "", version = ""] = line.split(" ");
      installed.set(name, version);
    }
  }
  const rows = rowsBelow(heading);
  expect(rows.length).toBeGreaterThan(10);
  for (const [name, version] of rows) {
    const found = upstream(installed.get(PACKAGES[name] ?? name.toLowerCase()) ?? "");
    const holds = `${found}.`.startsWith(`${branch(version)}.`);
    expect(holds, `${name}: ${version} in the table, "${found}" here`).toBe(true);
    if (!found.startsWith(version)) console.log(`${name}: ${version} in the table, ${found} here`);
  }
});
