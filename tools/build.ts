/**
 * Builds usher: TypeScript → one script a blob (esbuild) → bytecode and ELF file (Dockerfile) → dist/usher.
 *
 *     npm run build                the product: image usher:dev, binary dist/usher
 *     npm run build -- --asan      with ASan and UBSan: image usher:asan, binary dist/usher-asan
 *     npm run build -- --dynamic   for valgrind: image usher:dynamic, binary dist/usher-dynamic
 *     npm run build -- --test      the product with test hooks: image usher:test, binary dist/usher-test
 *     npm run build -- --bundle    only the scripts, into dist/blobs; with --sizes, what they are made of
 *
 * When nothing has changed since the last build nothing is done.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { readSections } from "./elf.ts";
import { ownTag } from "./image-tag.ts";
import { encodeLineMaps } from "./line-map.ts";

const root = join(import.meta.dirname, "..");
const out = join(root, "dist");
const blobDir = join(out, "blobs");

/**
 * Every blob: the file whose exports it gives, the blobs that are there before it is loaded, and the most bytes of
 * bytecode that it may have. Those that stay for good are `resident`: their bytecode is used where it lies in the file.
 */
interface Blob {
  readonly name: string;
  readonly entry: string;
  readonly after: readonly string[];
  readonly isResident: boolean;
  readonly budget: number;
}

const blobs: readonly Blob[] = [
  { name: "init", entry: "src/main.ts", after: [], isResident: true, budget: 200_000 },
  { name: "manager", entry: "src/manager.ts", after: ["init"], isResident: true, budget: 250_000 },
  ...(
    [
      ["activation", 32_000],
      ["control", 32_000],
      ["bus", 82_000],
    ] as const
  ).map(([name, budget]) => ({
    ...{ name, entry: `src/${name}.ts`, after: ["init", "manager"], isResident: false, budget },
  })),
  { name: "tools", entry: "src/tools.ts", after: [], isResident: false, budget: 280_000 },
];

const binaryBudget = 3_000_000;

type Flavour = "release" | "asan" | "dynamic" | "test";
const flavours: Readonly<
  Record<Flavour, { readonly image: string; readonly binary: string; readonly target: string }>
> = {
  release: { image: ownTag("usher:dev"), binary: "usher", target: "" },
  asan: { image: ownTag("usher:asan"), binary: "usher-asan", target: "debug" },
  dynamic: { image: ownTag("usher:dynamic"), binary: "usher-dynamic", target: "debug" },
  test: { image: ownTag("usher:test"), binary: "usher-test", target: "debug" },
};

/**
 * What pino, its packages and @pkgjs/parseargs import of Node. `as` names an export that takes the place of a
 * CommonJS module's own value, where the importer calls the module itself.
 */
const standIns: Readonly<Record<string, { readonly file: string; readonly as?: string }>> = {
  "node:os": { file: "node.ts" },
  "node:util": { file: "node.ts" },
  "node:diagnostics_channel": { file: "node.ts" },
  worker_threads: { file: "node.ts" },
  "node:events": { file: "events.ts" },
  "safe-stable-stringify": { file: "safe-stringify.ts" },
  "sonic-boom": { file: "absent.ts", as: "absent" },
  "on-exit-leak-free": { file: "absent.ts", as: "absent" },
  "@pinojs/redact": { file: "absent.ts", as: "absent" },
  "./transport": { file: "absent.ts", as: "absent" },
  "./lib/transport": { file: "absent.ts", as: "absent" },
  "./lib/multistream": { file: "absent.ts", as: "absent" },
  "./internal/primordials": { file: "primordials.ts" },
  "./primordials": { file: "primordials.ts" },
};

const standInPlugin: Plugin = {
  name: "stand-ins",
  setup(esbuild) {
    const folder = join(root, "src/host/stand-in");
    esbuild.onResolve({ filter: /.*/ }, (args) => {
      const standIn = standIns[args.path];
      if (standIn === undefined || !args.importer.includes("/node_modules/")) return undefined;
      const path = join(folder, standIn.file);
      return standIn.as === undefined ? { path } : { path: args.path, namespace: "stand-in" };
    });
    esbuild.onLoad({ filter: /.*/, namespace: "stand-in" }, (args) => {
      const standIn = standIns[args.path];
      return {
        contents: `module.exports = require(${JSON.stringify(`./${standIn?.file}`)}).${standIn?.as}`,
        resolveDir: folder,
      };
    });
  },
};

function fail(message: string): never {
  process.stderr.write(`build: ${message}\n`);
  process.exit(1);
}

/** Files below a folder, sorted, relative to the repository. */
function filesBelow(folder: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [folder];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function contentHash(flavour: string): string {
  const hash = createHash("sha256").update(flavour);
  const inputs = [
    "src",
    "native",
    "package.json",
    "package-lock.json",
    "Dockerfile",
    "tools/build.ts",
    "tools/elf.ts",
    "tools/line-map.ts",
  ];
  for (const file of inputs.flatMap(filesBelow)) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

const scriptName = (path: string): string => basename(path, ".js");

/** For each entry: the scripts that it needs, itself first. */
function findNeeds(outputs: Metafile["outputs"]): ReadonlyMap<string, readonly string[]> {
  const imports = new Map(
    Object.entries(outputs).map(([path, output]) => [
      scriptName(path),
      output.imports.filter((item) => item.kind === "import-statement").map((item) => scriptName(item.path)),
    ]),
  );
  const needs = new Map<string, readonly string[]>();
  for (const { name } of blobs) {
    const found = new Set([name]);
    for (const script of found) for (const other of imports.get(script) ?? []) found.add(other);
    needs.set(name, [...found]);
  }
  return needs;
}

/** What is in each blob, as native/compiler reads it: a line "NAME HOW SCRIPT…". */
function listPacks(outputs: Metafile["outputs"]): string {
  const needs = findNeeds(outputs);
  const lines = blobs.map(({ name, after, isResident }) => {
    const there = new Set(after.flatMap((other) => needs.get(other) ?? []));
    const scripts = (needs.get(name) ?? []).filter((script) => !there.has(script));
    return `${name} ${isResident ? "resident" : "later"} ${scripts.join(" ")}\n`;
  });
  return lines.join("");
}

/**
 * Bundles the entries into dist/blobs. Code that several entries use becomes scripts of its own (`shared-…`). Files
 * that stay the same are left alone.
 */
async function bundle(): Promise<void> {
  mkdirSync(blobDir, { recursive: true });
  const result = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(blobs.map((blob) => [blob.name, blob.entry])),
    bundle: true,
    splitting: true,
    chunkNames: "shared-[hash]",
    write: false,
    outdir: blobDir,
    format: "esm",
    target: "es2023",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["import", "require"],
    minifySyntax: true,
    minifyIdentifiers: true,
    legalComments: "none",
    sourcemap: "external",
    sourcesContent: false,
    plugins: [standInPlugin],
    inject: [join(root, "src/host/stand-in/process.ts")],
    logLevel: "warning",
    treeShaking: true,
    metafile: true,
  });
  const files = new Map<string, string>([["packs", listPacks(result.metafile.outputs)]]);
  const maps = result.outputFiles.filter((file) => file.path.endsWith(".map"));
  const { sources, scripts } = encodeLineMaps(maps.map((file) => JSON.parse(file.text)));
  files.set("sources", sources);
  for (const [index, { path }] of maps.entries()) {
    files.set(basename(path).replace(/js\.map$/, "lines"), scripts[index] ?? "");
  }
  for (const file of result.outputFiles.filter((file) => file.path.endsWith(".js"))) {
    files.set(basename(file.path), file.text);
  }
  for (const [name, text] of files) writeFileSync(join(blobDir, name), text);
  for (const old of readdirSync(blobDir)) {
    if (!files.has(old)) rmSync(join(blobDir, old));
  }
  if (process.argv.includes("--sizes")) printContents(result.metafile.outputs);
}

/** Where the bytes of each script come from, the largest files first. */
function printContents(outputs: Metafile["outputs"]): void {
  for (const [path, output] of Object.entries(outputs).filter(([path]) => path.endsWith(".js"))) {
    process.stdout.write(`${scriptName(path)}: ${output.bytes} bytes\n`);
    const files = Object.entries(output.inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
    for (const [file, { bytesInOutput }] of files) {
      if (bytesInOutput > 0) process.stdout.write(`  ${String(bytesInOutput).padStart(7)}  ${file}\n`);
    }
  }
}

/** Runs docker with its output shown only where it fails. */
function docker(args: readonly string[]): string {
  const result = spawnSync("docker", args, { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 });
  if (result.error !== undefined) return fail(`cannot run docker: ${result.error.message}`);
  if (result.status !== 0) {
    process.stderr.write(result.stdout + result.stderr);
    return fail(`docker ${args[0]} failed`);
  }
  return result.stdout;
}

function imageExists(tag: string): boolean {
  return spawnSync("docker", ["image", "inspect", tag], { stdio: "ignore" }).status === 0;
}

/** Each blob has a section of its own in the binary, `.bytecode.NAME`. */
function checkSizes(path: string): void {
  const file = readFileSync(path);
  const sections = new Map(readSections(file).map(({ name, size }) => [name, size]));
  const over: string[] = [];
  const check = (what: string, size: number, limit: number): void => {
    if (size === 0) fail(`${path} has no ${what}, so its size can't be checked`);
    process.stdout.write(`build: ${what.padEnd(20)} ${String(size).padStart(7)} of ${limit} bytes\n`);
    if (size > limit) over.push(`${what} has ${size} bytes, its budget is ${limit}`);
  };
  for (const { name, budget } of blobs)
    check(`bytecode ${name}`, sections.get(`.bytecode.${name}`) ?? 0, budget);
  check("binary", file.length, binaryBudget);
  if (over.length > 0) fail(over.join("; "));
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const flavour =
    (["asan", "dynamic", "test"] as const).find((name) => args.includes(`--${name}`)) ?? "release";
  const { image, binary, target } = flavours[flavour];
  const stamp = join(out, `.${binary}.stamp`);
  const hash = contentHash(flavour);
  const bundleOnly = args.includes("--bundle");
  if (!bundleOnly && existsSync(join(out, binary)) && existsSync(stamp)) {
    if (readFileSync(stamp, "utf8") === hash && imageExists(image)) {
      process.stdout.write(`build: dist/${binary} is current\n`);
      return;
    }
  }
  await bundle();
  if (bundleOnly) return;

  const version = String(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
  docker([
    "build",
    ...(target === "" ? [] : ["--target", target]),
    ...["--build-arg", `FLAVOUR=${flavour}`, "--build-arg", `VERSION=${version}`],
    ...["--tag", image, "."],
  ]);
  const container = docker(["create", image]).trim();
  const fresh = join(out, `${binary}.new`);
  docker(["cp", `${container}:/usr/bin/usher`, fresh]);
  docker(["rm", container]);
  // A running binary can't be written to, but its name can be given to another.
  renameSync(fresh, join(out, binary));

  if (flavour === "release") checkSizes(join(out, binary));
  if (flavour === "release") checkVersion(join(out, binary), version);
  writeFileSync(stamp, hash);
  process.stdout.write(`build: dist/${binary}, image ${image}\n`);
}

/** The binary must run here (it needs nothing) and know its version. */
function checkVersion(path: string, version: string): void {
  const said = execFileSync(path, ["--version"], { encoding: "utf8" });
  if (!said.includes(version)) fail(`${path} --version says "${said.trim()}", not ${version}`);
}

try {
  await main();
} catch (error) {
  // esbuild has printed what it found.
  if (!(error instanceof Error && "errors" in error)) throw error;
  fail("esbuild failed");
}
