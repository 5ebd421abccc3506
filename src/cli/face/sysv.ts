/**
 * What System V's init had, and systemd keeps as links to systemctl (runlevel(8), shutdown(8), telinit(8)): where
 * usher is systemctl, these links lead to usher too, and packages' scripts call some of them.
 */
import { runCtl } from "../ctl/ctl-face.ts";
import type { System } from "../system.ts";

type Face = (system: System) => Promise<number>;

const ctl = (system: System, args: readonly string[]): Promise<number> =>
  runCtl({ ...system, args }, "systemctl");

const ending =
  (verb: string): Face =>
  (system) =>
    ctl(system, [verb, ...system.args]);

/** A container has no runlevels; this is what Debian's systemd says of a machine that is up. */
function runlevel({ output }: System): Promise<number> {
  output.write("N 5\n");
  return Promise.resolve(0);
}

/** Options that end the container some other way than `poweroff`; the last one counts. */
const SHUTDOWN_VERB: Readonly<Record<string, string>> = {
  "-r": "reboot",
  "--reboot": "reboot",
  "-H": "halt",
};

/** "now" and no time at all are now; everything after the time is a message to users, of whom there are none. */
async function shutdown(system: System): Promise<number> {
  const [time = "now"] = system.args.filter((arg) => !arg.startsWith("-"));
  if (system.args.includes("-c")) return 0;
  if (time !== "now" && time !== "+0") {
    system.output.writeError(`usher stops at once or not at all: "shutdown now" instead of "${time}"\n`);
    return 1;
  }
  const verbs = system.args.flatMap((arg) => SHUTDOWN_VERB[arg] ?? []);
  return ctl(system, [verbs.at(-1) ?? "poweroff"]);
}

const TELINIT_VERB: Readonly<Record<string, string>> = {
  "0": "poweroff",
  "6": "reboot",
  q: "daemon-reload",
  Q: "daemon-reload",
  u: "daemon-reexec",
  U: "daemon-reexec",
};

async function telinit(system: System): Promise<number> {
  const verb = TELINIT_VERB[system.args[0] ?? ""];
  if (verb !== undefined) return ctl(system, [verb]);
  system.output.writeError("telinit: a container has no runlevels; 0, 6, q and u are known\n");
  return 1;
}

export const SYSV_FACES: Readonly<Record<string, Face>> = {
  runlevel,
  shutdown,
  telinit,
  halt: ending("halt"),
  poweroff: ending("poweroff"),
  reboot: ending("reboot"),
};
