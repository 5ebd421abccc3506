/** The blob that speaks with the system bus; loaded when there is one. */
import type { Bus } from "./runtime/bus/bus.ts";
import { createBus } from "./runtime/bus/bus-link.ts";
import { containerKind } from "./runtime/condition-facts.ts";
import { type ControlParts, createControlBackend } from "./runtime/control/control-backend.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { createTransientBackend } from "./runtime/transient.ts";

export function openBus(runtime: Runtime, parts: ControlParts): Bus {
  const backend = { ...createControlBackend(runtime, parts), ...createTransientBackend(runtime) };
  return createBus(runtime, backend, containerKind(runtime.host, runtime.environment.assignments));
}
