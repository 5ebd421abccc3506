import { existsSync, readFileSync } from "node:fs";
import { product } from "../box.ts";
import type { Case } from "../case.ts";
import { readSections } from "../../tools/elf.ts";
import { type Figure, figure } from "../figures.ts";

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
    const sections = readSections(file).filter(({ name, size }) => size >= 16_384 || name.startsWith(".bytecode."));
    return [
      ...figures,
      sizeFigure("usher", file.length),
      ...sections.map(({ name, size }) => sizeFigure(`usher: section ${name}`, size)),
    ];
  },
};
