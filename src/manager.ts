/** The blob that runs units; main.ts loads it once the sockets listen. */
import type { createActivation } from "./activation.ts";
import type { openBus } from "./bus.ts";
import type { openControl } from "./control.ts";
import { native } from "./host/native.ts";
import type { EarlyBoot } from "./runtime/boot/early-boot.ts";
import { runInit } from "./runtime/boot/init.ts";

/** Never returns: ends with the container. */
export function main(early: EarlyBoot): void {
  runInit(native, early, {
    openControl: (runtime, parts) =>
      (native.loadBlob("control") as { openControl: typeof openControl }).openControl(runtime, parts),
    openBus: (runtime, parts) =>
      (native.loadBlob("bus") as { openBus: typeof openBus }).openBus(runtime, parts),
    createActivation: (runtime, run) =>
      (native.loadBlob("activation") as { createActivation: typeof createActivation }).createActivation(
        runtime,
        run,
      ),
  });
  native.exit(native.run());
}
