/**
 * Builds the images that tests and the oracle run in. Each carries a label with a hash of all that went into it, so
 * that an image whose inputs did not change costs one inspection. `npm run images` builds all of them. The product,
 * usher:dev, is made by tools/build.ts.
 *
 *   usher-test:builder   a C compiler
 *   usher-test:fixtures  the compiled fixture programs alone
 *   usher-test:deps      Debian, what tests need from it, and the fixtures
 *   usher-test:base      deps and usher on top: most tests run here
 *   usher-test:scratch   the product and the static fixtures, nothing else
 *   usher-test:peers     usher-test:deps with usher and the inits whose place it takes
 *   usher-test:debian    usher-test:deps with a few packages that bring .socket units, and usher
 *   usher-test:few-servers  usher-test:deps with Redis, nginx and usher
 *   usher-test:programs  servers in compiled languages
 *   usher-test:servers   Debian's servers, these, and their clients
 *   usher-test:adopt     servers and usher
 *   usher-test:debian-packages  packages that bring .socket units, on top of deps
 *   usher-test:packages  these and usher
 *   usher-test:listeners programs that take sockets with the library of their language
 *   usher-test:activated-programs  Debian's own programs that take sockets, on top of deps
 *   usher-test:activated these, listeners and usher
 *   usher-demo:dev       the demo, as compose.yaml names it
 *   usher-oracle         deps and Debian's systemd as PID 1
 *   usher-bench          the inits and activators that usher is measured against, and what measures them
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { ownTag } from "./image-tag.ts";

const root = join(import.meta.dirname, "..");
const label = "io.github.usher.content";

type Image = {
  readonly dockerfile: string;
  /** The folder sent to the engine. */
  readonly context: string;
  /** Files and folders whose content decides whether the image is current. */
  readonly inputs: readonly string[];
  /** Images that it is built on or copies from. */
  readonly from: readonly string[];
};

/** What the product image is made of; another image (a sanitised build) may take its place in the tests. */
const product = process.env["USHER_PRODUCT_IMAGE"] ?? ownTag("usher:dev");

const images: Readonly<Record<string, Image>> = {
  "usher-test:builder": {
    dockerfile: "test/container/images/builder.Dockerfile",
    context: "test/container/images",
    inputs: [],
    from: ["debian:trixie-slim"],
  },
  "usher-test:fixtures": {
    dockerfile: "test/container/images/fixtures.Dockerfile",
    context: "test/container/fixtures",
    inputs: ["test/container/fixtures"],
    from: ["usher-test:builder"],
  },
  "usher-test:deps": {
    dockerfile: "test/container/images/deps.Dockerfile",
    context: "test/container/images",
    inputs: [],
    from: ["debian:trixie-slim", "usher-test:fixtures"],
  },
  "usher-test:base": {
    dockerfile: "test/container/images/base.Dockerfile",
    context: "test/container/images",
    inputs: [],
    from: ["usher-test:deps", product],
  },
  "usher-test:scratch": {
    dockerfile: "test/container/images/scratch.Dockerfile",
    context: "test/container/images",
    inputs: [],
    from: ["usher-test:fixtures", product],
  },
  "usher-test:peers": {
    dockerfile: "test/container/images/peers.Dockerfile",
    context: "test/container/images",
    inputs: [],
    from: ["usher-test:deps", product],
  },
  "usher-test:debian": {
    dockerfile: "test/container/images/debian.Dockerfile",
    context: "test/container/images",
    inputs: [],
    from: ["usher-test:deps", product],
  },
  "usher-test:few-servers": {
    dockerfile: "test/container/images/few-servers.Dockerfile",
    context: "test/container/images",
    inputs: [],
    from: ["usher-test:deps", product],
  },
  "usher-test:programs": {
    dockerfile: "test/packages/images/programs.Dockerfile",
    context: "test/packages/images",
    inputs: ["test/packages/images/programs"],
    from: ["debian:trixie-slim"],
  },
  "usher-test:servers": {
    dockerfile: "test/packages/images/servers.Dockerfile",
    context: "test/packages/images",
    inputs: [],
    from: ["debian:trixie-slim", "usher-test:programs"],
  },
  "usher-test:adopt": {
    dockerfile: "test/packages/images/adopt.Dockerfile",
    context: "test/packages/images",
    inputs: [],
    from: ["usher-test:servers", product],
  },
  "usher-test:debian-packages": {
    dockerfile: "test/packages/images/packages.Dockerfile",
    context: "test/packages/images",
    inputs: [],
    from: ["usher-test:deps"],
  },
  "usher-test:packages": {
    dockerfile: "test/packages/images/packages-usher.Dockerfile",
    context: "test/packages/images",
    inputs: [],
    from: ["usher-test:debian-packages", product],
  },
  "usher-test:listeners": {
    dockerfile: "test/packages/images/listeners.Dockerfile",
    context: "test/packages/images",
    inputs: ["test/packages/images/listeners"],
    from: ["debian:trixie-slim"],
  },
  "usher-test:activated-programs": {
    dockerfile: "test/packages/images/activated-programs.Dockerfile",
    context: "test/packages/images",
    inputs: [],
    from: ["usher-test:deps"],
  },
  "usher-test:activated": {
    dockerfile: "test/packages/images/activated.Dockerfile",
    context: "test/packages/images",
    inputs: [],
    from: ["usher-test:activated-programs", "usher-test:listeners", product],
  },
  "usher-demo:dev": {
    dockerfile: "demo/Dockerfile",
    context: ".",
    inputs: ["demo", "units"],
    from: ["debian:trixie-slim", product],
  },
  "usher-oracle": {
    dockerfile: "tools/oracle/Dockerfile",
    context: "tools/oracle",
    inputs: ["tools/oracle/boot"],
    from: ["usher-test:deps"],
  },
  "usher-bench": {
    dockerfile: "bench/Dockerfile",
    context: "bench",
    inputs: ["bench/driver", "bench/programs"],
    from: ["debian:trixie-slim", "usher-test:builder"],
  },
};

/** The name of an image that this file knows how to build. */
export type ImageName = keyof typeof images;

/** The tag of an image of this table; one that holds usher has this checkout's. */
export function imageTag(name: ImageName): string {
  const image = images[name];
  return image?.from.includes(product) === true ? ownTag(name) : name;
}

/** The images that container tests use. */
export const testImages: readonly ImageName[] = [
  "usher-test:base",
  "usher-test:scratch",
  "usher-test:peers",
  "usher-test:debian",
  "usher-test:few-servers",
];

type Output = { readonly exitCode: number; readonly text: string };

function docker(args: readonly string[], onText?: (text: string) => void): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn("docker", args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        onText?.(chunk.toString());
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ exitCode: code ?? 1, text: Buffer.concat(chunks).toString() }));
  });
}

/** Milliseconds after which a step is worth a line. */
const longStep = 1000;

/** Says which step of a build is under way, where it takes long: "Step 2/9 : RUN …" or BuildKit's "#7 [2/9] RUN …". */
function stepTeller(tag: string): { readonly hear: (text: string) => void; readonly end: () => void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    hear(text) {
      const found = text.matchAll(/^(?:Step |#\d+ \[(?:\S+ )*)(\d+)\/(\d+)(?: :|\]) (.*)$/gm);
      for (const [, step, steps, instruction = ""] of found) {
        clearTimeout(timer);
        const line = `image ${tag}: ${step}/${steps} ${instruction}`.replace(/\s+/g, " ");
        timer = setTimeout(() => process.stdout.write(`${line.slice(0, 78)}\n`), longStep);
      }
    },
    end: () => clearTimeout(timer),
  };
}

function hashPath(hash: ReturnType<typeof createHash>, path: string): void {
  const status = statSync(path);
  const name = relative(root, path);
  if (status.isDirectory()) {
    for (const entry of readdirSync(path).sort()) {
      hashPath(hash, join(path, entry));
    }
  } else {
    hash.update(`${name}\0${status.mode & 0o111}\0${status.size}\0`).update(readFileSync(path));
  }
}

async function inspect(tag: string): Promise<{ id: string; content: string } | undefined> {
  const format = `{{.Id}} {{with .Config}}{{with .Labels}}{{index . "${label}"}}{{end}}{{end}}`;
  const { exitCode, text } = await docker(["image", "inspect", "--format", format, tag]);
  const [id = "", content = ""] = text.trim().split(" ");
  return exitCode === 0 ? { id, content } : undefined;
}

const done = new Map<string, Promise<string>>();

/**
 * Makes sure that an image is there and current, and those below it; answers with its id. An image not named in
 * the table (the base image, one given from outside) is only looked up.
 */
export function ensureImage(name: string): Promise<string> {
  let made = done.get(name);
  if (made === undefined) {
    made = makeImage(name);
    done.set(name, made);
  }
  return made;
}

async function makeImage(name: string): Promise<string> {
  const image = images[name];
  if (image === undefined) {
    const present = await inspect(name);
    if (present === undefined) {
      throw new Error(
        `cannot use image ${name}: the engine does not have it (npm run setup makes the base image, npm run build the product)`,
      );
    }
    return present.id;
  }
  const hash = createHash("sha256");
  for (const below of image.from) {
    // One after the other: two cores, and what they share is then built once.
    hash.update(await ensureImage(below));
  }
  for (const input of [image.dockerfile, ...image.inputs]) {
    const path = join(root, input);
    if (!existsSync(path)) {
      throw new Error(`cannot build image ${name}: ${input} is missing (npm run build makes dist/usher)`);
    }
    hashPath(hash, path);
  }
  const content = hash.digest("hex").slice(0, 32);
  const tag = imageTag(name);
  const present = await inspect(tag);
  if (present?.content === content) {
    return present.id;
  }
  const started = performance.now();
  process.stdout.write(`image ${tag}: building …\n`);
  const labels = ["--label", `${label}=${content}`];
  const args = image.from.includes(product) ? ["--build-arg", `PRODUCT=${product}`] : [];
  const command = ["build", "-t", tag, "-f", image.dockerfile, ...labels, ...args, image.context];
  const teller = stepTeller(tag);
  const { exitCode, text } = await docker(command, teller.hear);
  teller.end();
  if (exitCode !== 0) {
    throw new Error(`cannot build image ${tag}: docker ${command.join(" ")}\n${text}`);
  }
  process.stdout.write(`image ${tag}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  const built = await inspect(tag);
  if (built === undefined) {
    throw new Error(`image ${tag} was built but can't be inspected`);
  }
  return built.id;
}

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  for (const name of wanted.length > 0 ? wanted : Object.keys(images)) {
    await ensureImage(name);
  }
}
