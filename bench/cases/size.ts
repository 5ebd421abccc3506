import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { product, root } from "../box.ts";
import type { Case } from "../case.ts";
import { readSections } from "../elf.ts";
import { type Figure, figure } from "../figures.ts";

/** Sizes of the blobs' bytecode, as the build notes them ("bytecode init": 123456). */
function blobSizes(): (readonly [string, number])[] {
  const path = join(root, "dist/.usher.sizes");
  if (!existsSync(path)) return [];
  const sizes: Readonly<Record<string, number>> = JSON.parse(readFileSync(path, "utf8"));
  const sums = new Map<string, number>();
  for (const [name, bytes] of Object.entries(sizes)) {
    // What several blobs share is in files that are named for their content.
    const what = name.startsWith("bytecode shared") ? "bytecode shared" : name;
    if (what.startsWith("bytecode ")) sums.set(what, (sums.get(what) ?? 0) + bytes);
  }
  return [...sums];
}

/** systemd's program is small because it is in two libraries of its own. */
const measurePeers = `
for name in tini dumb-init catatonit; do echo "$name $(stat --dereference --format=%s /usr/bin/$name)"; done
echo systemd $(cat /lib/systemd/systemd /usr/lib/*/systemd/libsystemd-core-*.so /usr/lib/*/systemd/libsystemd-shared-*.so | wc -c)
`;

function sizeFigure(subject: string, size: number): Figure {
  return figure({ measurement: "size", subject, metric: "size", unit: "bytes" }, [size]);
}

export const size: Case = {
  name: "size",
  title: "Size on disk",
  method:
    "The file alone: usher and catatonit are static, the others need a C library beside them; systemd is with its own two libraries. The rows below usher say what is in it.",
  columns: [{ metric: "size", heading: "size" }],
  async run(box) {
    const { stdout } = await box.exec(["sh", "-c", measurePeers]);
    const figures = [...stdout.matchAll(/^(\S+) (\d+)$/gm)].map(([, name = "", bytes = ""]) =>
      sizeFigure(name, Number(bytes)),
    );
    if (!existsSync(product)) return figures;
    const file = readFileSync(product);
    const sections = readSections(file)
      .filter((section) => section.size >= 16_384)
      .map((section) => [`section ${section.name}`, section.size] as const);
    return [
      ...figures,
      sizeFigure("usher", file.length),
      ...[...blobSizes(), ...sections].map(([what, bytes]) => sizeFigure(`usher: ${what}`, bytes)),
    ];
  },
};
