/** The composition root of the tools: usherctl, systemctl, systemd-notify and the others, by the name that was called. */
import { FACES } from "./cli/face/face-table.ts";
import { createNativeTool } from "./cli/system-native.ts";
import { native } from "./host/native.ts";
import { createProxyNetwork } from "./proxy-network.ts";
import { specifierFacts } from "./runtime/system-facts.ts";

const EXIT_BUG = 70;
const ACCOUNT_FILE_MAX = 4 * 1024 * 1024;

function readAccountFile(path: string): string {
  const text = native.readFile(path, ACCOUNT_FILE_MAX);
  return typeof text === "number" ? "" : text;
}

function main(): void {
  const { system, finish } = createNativeTool(native, {
    openNetwork: (after) => createProxyNetwork(native, after),
    specifierFacts: () => specifierFacts(native, readAccountFile),
  });
  const run = FACES[native.face] ?? FACES["usher"];
  native.onError((text) => {
    native.writeOut(2, `${native.face}: internal error: ${text}\n`);
    native.exit(EXIT_BUG);
  });
  run?.(system).then(finish, (cause: unknown) => {
    const text = cause instanceof Error ? `${cause.message}\n${cause.stack ?? ""}` : String(cause);
    native.writeOut(2, `${native.face}: internal error: ${native.explainStack(text)}\n`);
    native.exit(EXIT_BUG);
  });
  native.run();
}

main();
