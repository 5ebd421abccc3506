/** What README.md and docs/ point to is there. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** A heading's anchor as GitHub makes it. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(root, page), "utf8");

  test("links to files and headings that exist", () => {
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(root, page) : join(root, dirname(page), path);
      expect(existsSync(target), `${link}`).toBe(true);
      if (anchor !== undefined) expect(anchors(readFileSync(target, "utf8")), link).toContain(anchor);
    }
  });

  test("names source files that exist", () => {
    const bases = ["", "src", "docs"];
    for (const [, path = ""] of text.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|c|h|js|conf|yaml))`/g)) {
      if (path.startsWith("/") || relative(root, join(root, path)).startsWith("..")) continue;
      expect(
        bases.some((base) => existsSync(join(root, base, path))),
        path,
      ).toBe(true);
    }
  });
});
