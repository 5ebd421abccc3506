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
import { ownTag } from "./image-tag.ts";
import { encodeLineMap } from "./line-map.ts";

const root = join(import.meta.dirname, "..");
const out = join(root, "dist");
const blobDir = join(out, "blobs");

/**
 * Every blob: the file whose exports it gives, and the most bytes of bytecode that loading it may bring, with all it
 * shares. What is loaded `after` others doesn't bring again what they have.
 */
const blobs: readonly {
  readonly name: string;
  readonly entry: string;
  readonly budget: number;
  readonly after?: readonly string[];
}[] = [
  { name: "init", entry: "src/main.ts", budget: 190_000 },
  { name: "manager", entry: "src/manager.ts", budget: 450_000 },
  { name: "activation", entry: "src/activation.ts", budget: 32_000, after: ["init", "manager"] },
  { name: "control", entry: "src/control.ts", budget: 32_000, after: ["init", "manager"] },
  { name: "bus", entry: "src/bus.ts", budget: 82_000, after: ["init", "manager"] },
  { name: "tools", entry: "src/tools.ts", budget: 280_000 },
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
    "tools/line-map.ts",
  ];
  for (const file of inputs.flatMap(filesBelow)) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** For each entry: the blobs that it needs, itself and what it shares with others. */
type Needs = Readonly<Record<string, readonly string[]>>;

const blobName = (path: string): string => basename(path, ".js");

/** Follows imports between the files that esbuild wrote. */
function findNeeds(outputs: Metafile["outputs"]): Needs {
  const imports = new Map(
    Object.entries(outputs).map(([path, output]) => [
      blobName(path),
      output.imports.filter((item) => item.kind === "import-statement").map((item) => blobName(item.path)),
    ]),
  );
  const needs: Record<string, string[]> = {};
  for (const { name } of blobs.filter((blob) => imports.has(blob.name))) {
    const found = new Set([name]);
    for (const blob of found) for (const other of imports.get(blob) ?? []) found.add(other);
    needs[name] = [...found];
  }
  return needs;
}

/**
 * Bundles the entries into dist/blobs/NAME.js with its line map beside it. Code that several entries use becomes blobs
 * of its own (`shared-…`), so that it is in the binary once. Files that stay the same are left alone.
 */
async function bundle(): Promise<Needs> {
  mkdirSync(blobDir, { recursive: true });
  // Some parts of usher are still to come.
  const present = blobs.filter((blob) => existsSync(join(root, blob.entry)));
  if (present.length === 0) return fail("no blob's entry file is there");
  const result = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(present.map((blob) => [blob.name, blob.entry])),
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
  const names = new Set<string>();
  for (const file of result.outputFiles) {
    const isMap = file.path.endsWith(".map");
    const name = isMap ? basename(file.path).replace(/map$/, "lines") : basename(file.path);
    const content = isMap ? encodeLineMap(JSON.parse(file.text)) : file.contents;
    names.add(name);
    writeFileSync(join(blobDir, name), content);
  }
  for (const old of readdirSync(blobDir)) {
    if (!names.has(old)) rmSync(join(blobDir, old));
  }
  if (process.argv.includes("--sizes")) printContents(result.metafile.outputs);
  return findNeeds(result.metafile.outputs);
}

/** Where the bytes of each script come from, the largest files first. */
function printContents(outputs: Metafile["outputs"]): void {
  for (const [path, output] of Object.entries(outputs).filter(([path]) => path.endsWith(".js"))) {
    process.stdout.write(`${blobName(path)}: ${output.bytes} bytes\n`);
    const files = Object.entries(output.inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
    for (const [file, { bytesInOutput }] of files) {
      if (bytesInOutput > 0) process.stdout.write(`  ${String(bytesInOutput).padStart(7)}  ${file}\n`);
    }
  }
}

/** Runs docker with its output shown only where it fails. */
function docker(args: readonly string[], show = false): string {
  const result = spawnSync("docker", args, { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 });
  if (result.error !== undefined) return fail(`cannot run docker: ${result.error.message}`);
  if (result.status !== 0) {
    process.stderr.write(result.stdout + result.stderr);
    return fail(`docker ${args[0]} failed`);
  }
  if (show) process.stdout.write(result.stdout);
  return result.stdout;
}

function imageExists(tag: string): boolean {
  return spawnSync("docker", ["image", "inspect", tag], { stdio: "ignore" }).status === 0;
}

/** The sizes that the Dockerfile's last step printed; a cached step prints none, so they are kept beside the binary. */
function readSizes(log: string): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const match of log.matchAll(/^.*?\b(bytecode|binary) ([\w-]+) (\d+)$/gm)) {
    sizes[`${match[1]} ${match[2]}`] = Number(match[3]);
  }
  return sizes;
}

/** An entry's size is that of all that is loaded with it, and is not there already. */
function checkSizes(sizes: Readonly<Record<string, number>>, needs: Needs): void {
  const over: string[] = [];
  const check = (what: string, size: number, limit: number): void => {
    process.stdout.write(`build: ${what.padEnd(18)} ${size} of ${limit} bytes\n`);
    if (size > limit) over.push(`${what} has ${size} bytes, its budget is ${limit}`);
  };
  for (const blob of blobs) {
    const parts = needs[blob.name];
    if (parts === undefined) continue;
    const loaded = new Set((blob.after ?? []).flatMap((name) => needs[name] ?? []));
    const brought = parts.filter((part) => !loaded.has(part));
    const size = brought.reduce((sum, part) => sum + (sizes[`bytecode ${part}`] ?? 0), 0);
    check(`bytecode ${blob.name}`, size, blob.budget);
  }
  check("binary", sizes["binary usher"] ?? 0, binaryBudget);
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
  const needs = await bundle();
  if (bundleOnly) return;

  const version = String(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
  const log = docker([
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

  const sizeFile = join(out, `.${binary}.sizes`);
  const sizes = readSizes(log);
  if (Object.keys(sizes).length === 0 && existsSync(sizeFile))
    Object.assign(sizes, JSON.parse(readFileSync(sizeFile, "utf8")));
  writeFileSync(sizeFile, JSON.stringify(sizes));
  if (flavour === "release") checkSizes(sizes, needs);
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
