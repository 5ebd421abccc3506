/** The blob that answers usherctl; loaded when the first client comes. */
import { type ControlServer, createControlServer } from "./control/server.ts";
import { type ControlParts, createControlBackend } from "./runtime/control/control-backend.ts";
import type { Runtime } from "./runtime/runtime.ts";

export function openControl(runtime: Runtime, parts: ControlParts): ControlServer {
  const { host } = runtime;
  const policy = { ownUid: host.identity().euid, version: host.versions.usher };
  return createControlServer(createControlBackend(runtime, parts), policy);
}
