/**
 * /run/systemd/system, by which programs and packages' scripts tell that systemd is there to be asked (sd_booted(3)).
 *
 * usher makes it only where the `systemctl` that such a script finds is usher: the scripts then start, stop and reload
 * what they install through usher. Without the directory they start daemons themselves, or nothing; with it and
 * systemd's own systemctl every one of their calls would fail.
 */
import { describe } from "../../host/errno.ts";
import type { Native } from "../../host/native.ts";
import type { Log } from "../log/log.ts";
import { makeParents } from "../socket/socket-open.ts";

const MARK = "/run/systemd/system";

/** What apt sets as PATH for packages' scripts, whatever the container's is. */
const SCRIPT_PATH: readonly string[] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Is it there now? Then root's programs expect systemd's private socket too. */
export function markBooted(host: Native, wanted: boolean | null, log: Pick<Log, "write">): boolean {
  if (!(wanted ?? (host.identity().euid === 0 && isSystemctl(host)))) return false;
  makeParents(host, `${MARK}/x`, 0o755);
  const status = host.stat(MARK);
  if (typeof status === "number")
    log.write("warn", null, `cannot make ${MARK}: ${describe(status)}, ignoring`);
  return typeof status !== "number";
}

function isSystemctl(host: Native): boolean {
  const own = host.stat("/proc/self/exe");
  for (const directory of SCRIPT_PATH) {
    const found = host.stat(`${directory}/systemctl`);
    if (typeof found === "number") continue;
    return typeof own !== "number" && found.inode === own.inode && found.device === own.device;
  }
  return false;
}
