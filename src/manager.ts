/** The blob that runs units; main.ts loads it once the sockets listen. */
import type { openControl } from "./control.ts";
import { native } from "./host/native.ts";
import type { EarlyBoot } from "./runtime/early-boot.ts";
import { runInit } from "./runtime/init.ts";

/** Never returns: ends with the container. */
export function main(early: EarlyBoot): void {
  runInit(native, early, (runtime, parts) =>
    (native.loadBlob("control") as { openControl: typeof openControl }).openControl(runtime, parts),
  );
  native.exit(native.run());
}
