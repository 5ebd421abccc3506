import { expect, test } from "vitest";
import { checkFile, importsOf, layerOf } from "../../tools/layers.ts";

test("a pure layer may import the layers below it and its own folders", () => {
  const text = `import { ok } from "../../base/result.ts";\nimport { lex } from "../lexer.ts";\n`;
  expect(checkFile("src/unit/value/size.ts", text)).toEqual([]);
});

test.each([
  ["src/unit/a.ts", `import { start } from "../engine/start.ts";`],
  ["src/unit/a.ts", `import type { Start } from "../engine/start.ts";`],
  ["src/unit/a.ts", `export { start } from "../engine/start.ts";`],
  ["src/unit/a.ts", `import "../engine/start.ts";`],
  ["src/unit/a.ts", `const m = await import("../engine/start.ts");`],
  ["src/unit/a.ts", `import {\n  start,\n  stop,\n} from "../engine/start.ts";`],
  ["src/engine/a.ts", `import fs from "node:fs";`],
  ["src/engine/a.ts", `import pino from "pino";`],
  ["src/base/a.ts", `import { main } from "../main.ts";`],
  ["src/base/a.ts", `import { x } from "../../tools/x.ts";`],
  ["src/host/a.ts", `import type { Unit } from "../unit/model.ts";`],
  ["src/control/protocol.ts", `import { spawn } from "../runtime/spawn.ts";`],
  ["src/control/client.ts", `import { serve } from "./server.ts";`],
  ["src/cli/status.ts", `import { serve } from "../control/server/accept.ts";`],
  ["src/elsewhere/a.ts", ``],
])("%s: %s is a violation", (file, text) => {
  expect(checkFile(file, text)).toHaveLength(1);
});

test("an import in a comment or a string is none", () => {
  expect(
    importsOf(`// import "../engine/a.ts"\n/* import "../engine/b.ts" */\nconst s = "import x";`),
  ).toEqual([]);
});

test("a violation names its line", () => {
  const text = `/* two\nlines */\nimport { a } from "./a.ts";\nimport { b } from "../host/b.ts";\n`;
  expect(checkFile("src/engine/x.ts", text)).toEqual([
    { file: "src/engine/x.ts", line: 4, message: "src/engine may not import src/host/b.ts" },
  ]);
});

test("files of a split folder belong to the narrower layer", () => {
  expect(layerOf("control/server.ts")).toBe("control/server");
  expect(layerOf("control/server-accept.ts")).toBe("control/server");
  expect(layerOf("control/client/connect.ts")).toBe("control/client");
  expect(layerOf("control/codec.ts")).toBe("control");
  expect(layerOf("main.ts")).toBeUndefined();
});
