/**
 * RuntimeDirectory=, StateDirectory=, CacheDirectory=, LogsDirectory=, ConfigurationDirectory= (systemd.exec(5)):
 * made before a command runs, owned by the service's user, told to it in a variable, and — the runtime ones —
 * removed when the service has stopped. A configuration directory that is there already is left as it is.
 */
import { err, ok, type Result } from "../../base/result.ts";
import { describe } from "../../host/errno.ts";
import type { FileStatus, Native } from "../../host/native.ts";
import type { ExecDirectoryKind, ExecSettings } from "../../unit/model.ts";
import { makeParents } from "../socket/socket-open.ts";

const EEXIST = -17;
const ELOOP = -40;

interface KindRow {
  readonly kind: ExecDirectoryKind;
  readonly root: string;
  readonly variable: string;
  /** systemd's exit status where it can't be made. */
  readonly exitStatus: number;
  /** One that is there already is left alone. */
  readonly kept: boolean;
}

const KINDS: readonly KindRow[] = [
  { kind: "runtime", root: "/run", variable: "RUNTIME_DIRECTORY", exitStatus: 233, kept: false },
  { kind: "state", root: "/var/lib", variable: "STATE_DIRECTORY", exitStatus: 238, kept: false },
  { kind: "cache", root: "/var/cache", variable: "CACHE_DIRECTORY", exitStatus: 239, kept: false },
  { kind: "logs", root: "/var/log", variable: "LOGS_DIRECTORY", exitStatus: 240, kept: false },
  { kind: "configuration", root: "/etc", variable: "CONFIGURATION_DIRECTORY", exitStatus: 241, kept: true },
];

export interface DirectoryFailure {
  readonly exitStatus: number;
  readonly errno: number;
  readonly message: string;
}

const DONE = ok(null);

/** Makes all directories of a unit. An owner of -1 leaves it as it is. */
export function makeExecDirectories(
  host: Native,
  exec: ExecSettings,
  uid: number,
  gid: number,
): Result<null, DirectoryFailure> {
  for (const row of KINDS) {
    const { entries, mode } = exec.directories[row.kind];
    for (const entry of entries) {
      const path = `${row.root}/${entry.path}`;
      const code = makeOwned(host, path, mode, uid, gid, row.kept);
      if (code < 0) {
        return err({
          exitStatus: row.exitStatus,
          errno: -code,
          message: `cannot make directory ${path}: ${describe(code)}`,
        });
      }
      for (const link of entry.symlinks) linkTo(host, path, `${row.root}/${link}`);
    }
  }
  return DONE;
}

/** `RUNTIME_DIRECTORY=/run/a:/run/b`, sorted, one for each kind that the unit uses. */
export function directoryVariables(exec: ExecSettings): string[] {
  const variables: string[] = [];
  for (const row of KINDS) {
    const { entries } = exec.directories[row.kind];
    if (entries.length === 0) continue;
    const paths = entries.map((entry) => `${row.root}/${entry.path}`).sort();
    variables.push(`${row.variable}=${paths.join(":")}`);
  }
  return variables;
}

/** After the stop: what RuntimeDirectory= made goes, unless RuntimeDirectoryPreserve= keeps it. */
export function removeRuntimeDirectories(host: Native, exec: ExecSettings): void {
  for (const entry of exec.directories.runtime.entries) {
    host.removeTree(`/run/${entry.path}`);
    for (const link of entry.symlinks) host.unlink(`/run/${link}`);
  }
}

/** All that the unit's directories of these kinds are, with the links to them. */
export function directoryPaths(exec: ExecSettings, kinds: readonly string[]): string[] {
  return KINDS.filter(({ kind }) => kinds.includes(kind)).flatMap(({ kind, root }) =>
    exec.directories[kind].entries.flatMap(({ path, symlinks }) =>
      [path, ...symlinks].map((name) => `${root}/${name}`),
    ),
  );
}

function makeOwned(
  host: Native,
  path: string,
  mode: number,
  uid: number,
  gid: number,
  kept: boolean,
): number {
  makeParents(host, path, 0o755);
  const made = host.mkdir(path, mode);
  if (made < 0 && made !== EEXIST) return made;
  if (made === EEXIST && kept) return 0;
  const status = statOwn(host, path);
  if (typeof status === "number") return status;
  if (status.kind !== "directory") return EEXIST;
  if (status.mode !== mode) host.chmod(path, mode);
  const foreign = (uid >= 0 && status.uid !== uid) || (gid >= 0 && status.gid !== gid);
  return foreign ? host.chownTree(path, uid, gid, -1) : 0;
}

/** A link is followed where root has made it; a service's user could lead us anywhere by one. */
function statOwn(host: Native, path: string): FileStatus | number {
  const status = host.lstat(path);
  if (typeof status === "number" || status.kind !== "link") return status;
  return status.uid === 0 || status.uid === host.identity().euid ? host.stat(path) : ELOOP;
}

function linkTo(host: Native, target: string, link: string): void {
  makeParents(host, link, 0o755);
  if (host.readlink(link) !== target) host.symlink(target, link);
}
