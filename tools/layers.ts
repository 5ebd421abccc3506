/**
 * Which folder of `src/` may import which, and the check for it. Biome finds import cycles, but compares import
 * paths as text, so it cannot tell `../x.ts` inside a layer from one that leaves it; here paths are resolved.
 *
 * A layer is a folder, or a group of files in a folder (`control/server`). A file belongs to the layer with the
 * longest name that its path starts with.
 */

import { posix } from "node:path";

type Layer = {
  /** Layers that it may import, itself always among them. */
  readonly layers: readonly string[];
  /** npm packages that it may import. */
  readonly packages?: readonly string[];
  /** Whether it runs on Node and so may import `node:*`. */
  readonly node?: boolean;
};

/** The table of docs/architecture.md. A file directly in `src/` is a composition root and may import everything. */
export const layers: Readonly<Record<string, Layer>> = {
  base: { layers: [] },
  unit: { layers: ["base"] },
  engine: { layers: ["base", "unit"] },
  host: { layers: ["base"] },
  // The runtime offers the control server its backend and its transport; the server knows only their interfaces.
  runtime: { layers: ["base", "unit", "engine", "host", "control", "control/server"], packages: ["pino"] },
  control: { layers: ["base", "unit"] },
  "control/client": { layers: ["base", "unit", "control"] },
  "control/server": { layers: ["base", "unit", "control"] },
  cli: { layers: ["base", "unit", "control", "control/client"], packages: ["@pkgjs/parseargs"] },
  // The tools' one door to the C host; the rest of cli/ sees its System interface.
  "cli/system-native": { layers: ["base", "unit", "control", "control/client", "host", "cli"] },
  testing: { layers: ["base", "control"], packages: ["testcontainers", "dockerode"], node: true },
};

/** One import that the table does not allow. */
export type Violation = { readonly file: string; readonly line: number; readonly message: string };

/** The layer of a path below `src/`, or undefined for a composition root. */
export function layerOf(path: string): string | undefined {
  const names = Object.keys(layers).filter(
    (name) => path.startsWith(`${name}/`) || (name.includes("/") && new RegExp(`^${name}[-.]`).test(path)),
  );
  return names.sort((a, b) => b.length - a.length)[0];
}

const importPattern =
  /(?:^|[\n;])\s*(?:import|export)\s(?:[^"'`;]*?\sfrom\s*)?["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']/g;

/** Every module that a source text imports, types included, with its line (from 1). */
export function importsOf(text: string): { specifier: string; line: number }[] {
  // Comments are blanked, not cut, so that positions hold.
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) =>
    comment.replace(/[^\n]/g, " "),
  );
  return [...code.matchAll(importPattern)].map((match) => ({
    specifier: match[1] ?? match[2] ?? "",
    line: code.slice(0, match.index + match[0].length).split("\n").length,
  }));
}

/** Checks one file. `file` is relative to the repository: `src/unit/text/lexer.ts`. */
export function checkFile(file: string, text: string): Violation[] {
  const path = file.replace(/^src\//, "");
  const name = layerOf(path);
  if (name === undefined) {
    return path.includes("/") ? [{ file, line: 1, message: "belongs to no layer of tools/layers.ts" }] : [];
  }
  const layer = layers[name];
  if (layer === undefined) {
    throw new Error(`no layer ${name}`);
  }
  const violations: Violation[] = [];
  for (const { specifier, line } of importsOf(text)) {
    const reject = (message: string): void => {
      violations.push({ file, line, message: `src/${name} may not import ${message}` });
    };
    if (specifier.startsWith(".")) {
      const target = posix.normalize(posix.join(posix.dirname(path), specifier));
      const other = layerOf(target);
      if (other === undefined || (other !== name && !layer.layers.includes(other))) {
        reject(target.startsWith("..") ? target.replace(/^(\.\.\/)+/, "") : `src/${target}`);
      }
    } else if (specifier.startsWith("node:")) {
      if (layer.node !== true) {
        reject(`${specifier}: it does not run on Node`);
      }
    } else if (!(layer.packages ?? []).includes(specifier)) {
      reject(`package ${specifier}`);
    }
  }
  return violations;
}
