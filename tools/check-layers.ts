/** Fails when a file of `src/` imports what its layer may not: `npm run layers`. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkFile } from "./layers.ts";

const root = join(import.meta.dirname, "..");
const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => `src/${path}`);
const violations = files.flatMap((file) => checkFile(file, readFileSync(join(root, file), "utf8")));
for (const { file, line, message } of violations) {
  console.error(`${file}:${line}: ${message}`);
}
console.log(`layers: ${files.length} files, ${violations.length} violations`);
process.exitCode = violations.length > 0 || files.length === 0 ? 1 : 0;
