/** Command lines of everybody who is measured. Absolute, because the driver executes them itself. */

import type { Contender } from "./box.ts";

/** `X -- command` for every wrapper, and nothing at all as the floor. */
export function wrappers(command: string, floor: boolean): Contender[] {
  return [
    ...(floor ? [{ subject: "no-init", command }] : []),
    { subject: "tini", command: `/usr/bin/tini -- ${command}` },
    { subject: "dumb-init", command: `/usr/bin/dumb-init -- ${command}` },
    { subject: "catatonit", command: `/usr/bin/catatonit -- ${command}` },
    { subject: "usher", command: `/usr/bin/usher -- ${command}` },
  ];
}

/** usher as PID 1 over a folder of the fixtures. */
export function usher(folder: string, subject = "usher"): Contender {
  return { subject, command: `/usr/bin/usher --units /bench/units/${folder}` };
}

/** systemd as PID 1 over the same unit files. */
export function systemd(folder: string, subject = "systemd"): Contender {
  const path = [`/bench/units/${folder}`, `/bench/systemd/${folder}`, "/bench/systemd/base"].join(":");
  const env = `ROOM_CGROUPS=rw container=docker SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 SYSTEMD_UNIT_PATH=${path}`;
  return {
    subject,
    command: `${env} /lib/systemd/systemd --unit=multi-user.target --log-target=console --log-level=err --show-status=0`,
  };
}

/** A program that is no init runs below tini, which costs nothing once it runs. */
export function belowTini(subject: string, command: string): Contender {
  return { subject, command: `/usr/bin/tini -- ${command}` };
}
