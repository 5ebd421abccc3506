/** The composition root of the tools: usherctl, systemctl, systemd-notify and the others, by the name that was called. */
import { FACES } from "./cli/face/face-table.ts";
import type { UnitReader } from "./cli/system.ts";
import { createNativeTool } from "./cli/system-native.ts";
import { native } from "./host/native.ts";
import { createProxyNetwork } from "./proxy-network.ts";

const EXIT_BUG = 70;

/** `reader` is what the init's blob lends where the tool is `usher` itself; other names load this blob alone. */
export function main(reader: UnitReader | null): void {
  const { system, finish } = createNativeTool(native, {
    openNetwork: (after) => createProxyNetwork(native, after),
    unitReader: reader,
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

if (native.face !== "usher") main(null);
