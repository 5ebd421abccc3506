/**
 * Runs the pure layers' unit tests inside usher's own engine: the same files that vitest runs on Node, bundled with
 * a small adapter in vitest's place, executed by the test build of the binary.
 *
 *     node tools/inside.ts [--bundle] [--report FILE]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const bundle = join(root, "dist/inside/tests.js");
const folders = ["test/base", "test/unit", "test/engine"];

function testFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

async function bundleTests(): Promise<void> {
  const files = folders.flatMap(testFiles).sort();
  const imports = files.map((file) => `import ${JSON.stringify(`./${file}`)};`);
  const run = [
    `import { report } from "./test/inside/adapter.ts";`,
    "const native = globalThis.usherNative;",
    "native.setScriptLimits(0, 4 << 20, 0);",
    "report((text) => native.writeOut(1, text)).then((failed) => native.exit(failed === 0 ? 0 : 1));",
    "native.run();",
  ];
  mkdirSync(join(root, "dist/inside"), { recursive: true });
  await build({
    stdin: { contents: [...imports, ...run].join("\n"), resolveDir: root, loader: "ts" },
    outfile: bundle,
    bundle: true,
    format: "iife",
    target: "es2023",
    platform: "neutral",
    mainFields: ["module", "main"],
    alias: {
      vitest: join(root, "test/inside/adapter.ts"),
      "fast-check": join(root, "test/inside/fast-check.js"),
      "fast-check-itself": join(root, "node_modules/fast-check"),
    },
    // fast-check looks these up when it is loaded, and calls them only for asynchronous properties.
    banner: { js: "globalThis.setTimeout ??= () => 0; globalThis.clearTimeout ??= () => {};" },
    logLevel: "warning",
  });
}

/** The counts as vitest's JSON reporter would have them, for tools/summary.ts. */
function writeReport(file: string, output: string): void {
  const [, passed = "0", failed = "1"] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  const results = (status: string, count: string): object[] =>
    Array.from({ length: Number(count) }, () => ({ status }));
  const assertionResults = [...results("passed", passed), ...results("failed", failed)];
  writeFileSync(
    file,
    JSON.stringify({ testResults: [{ status: failed === "0" ? "passed" : "failed", assertionResults }] }),
  );
}

await bundleTests();
if (!process.argv.includes("--bundle")) {
  const result = spawnSync(join(root, "dist/usher-test"), ["--script", bundle], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  process.stdout.write(result.stdout);
  const report = process.argv[process.argv.indexOf("--report") + 1];
  if (process.argv.includes("--report") && report !== undefined) writeReport(report, result.stdout);
  process.exitCode = result.status ?? 1;
}
