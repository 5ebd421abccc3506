/** Which tool this process is: one row each, named as argv[0] is. The host knows the same names. */
import { runCtl } from "../ctl/ctl-face.ts";
import type { System } from "../system.ts";
import { runNotify } from "./notify.ts";
import { runSocketActivate } from "./socket-activate.ts";
import { runSocketProxyd } from "./socket-proxyd.ts";
import { SYSV_FACES } from "./sysv.ts";
import { runUsher } from "./usher.ts";

/** Resolves with the exit status. */
export type Face = (system: System) => Promise<number>;

export const FACES: Readonly<Record<string, Face>> = {
  usher: runUsher,
  usherctl: (system) => runCtl(system, "usherctl"),
  systemctl: (system) => runCtl(system, "systemctl"),
  "systemd-notify": runNotify,
  "systemd-socket-activate": runSocketActivate,
  "systemd-socket-proxyd": runSocketProxyd,
  ...SYSV_FACES,
};
