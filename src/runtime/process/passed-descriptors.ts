/** The descriptors that a command gets from 3 on: sockets, then OpenFile= (sd_listen_fds(3), systemd.service(5)). */
import { err, ok, type Result } from "../../base/result.ts";
import { describe } from "../../host/errno.ts";
import {
  AF_UNIX,
  type FileKind,
  type Native,
  O_APPEND,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  SOCK_STREAM,
  type SpawnOpen,
} from "../../host/native.ts";
import type { OpenFile } from "../../unit/model.ts";
import { NULL_FD, type OpenedForChild, type SpawnFailure } from "./spawn-context.ts";
import type { PassedDescriptor, SpawnOrder } from "./spawn-order.ts";

const FIRST_PASSED = 3;
const EXIT_FDS = 202;

/** The sockets, then what OpenFile= adds. */
export function openPassed(
  host: Native,
  order: SpawnOrder,
  opened: OpenedForChild,
): Result<readonly PassedDescriptor[], SpawnFailure> {
  const passed = [...order.passed];
  for (const file of order.openFiles) {
    const flags = openFlags(file);
    const kind = kindAt(host, file.path);
    if (kind === "fifo" || kind === "char") {
      passed.push({ fd: NULL_FD, name: file.fdName, open: { path: file.path, flags, mode: 0o644 } });
      continue;
    }
    // A path that is a Unix socket is connected to, as systemd does.
    const fd = kind === "socket" ? connectUnix(host, file.path) : openAtOnce(host, file.path, flags);
    if (fd < 0 && file.graceful) continue;
    if (fd < 0)
      return err({ exitStatus: EXIT_FDS, message: `cannot open ${file.path} (OpenFile=): ${describe(fd)}` });
    opened.toClose.push(fd);
    passed.push({ fd, name: file.fdName });
  }
  return ok(passed);
}

/** What the child opens of the descriptors that are handed to it. */
export function opensOf(passed: readonly PassedDescriptor[], handed: number): SpawnOpen[] {
  return passed
    .slice(0, handed)
    .flatMap(({ open }, index) => (open === undefined ? [] : [{ ...open, slot: FIRST_PASSED + index }]));
}

function openFlags(file: OpenFile): number {
  return (
    (file.readOnly ? O_RDONLY : O_RDWR) |
    O_NOCTTY |
    (file.append ? O_APPEND : 0) |
    (file.truncate ? O_TRUNC : 0)
  );
}

function kindAt(host: Native, path: string): FileKind | null {
  const status = host.stat(path);
  return typeof status === "number" ? null : status.kind;
}

/** Nothing may keep PID 1 waiting, not even what has come there since it looked. */
function openAtOnce(host: Native, path: string, flags: number): number {
  const fd = host.open(path, flags | O_NONBLOCK, 0o644);
  if (fd >= 0) host.setNonblock(fd, false);
  return fd;
}

/** A listener with a full queue refuses (EAGAIN) instead of keeping PID 1 waiting. */
function connectUnix(host: Native, path: string): number {
  const fd = host.socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  host.setNonblock(fd, true);
  const code = host.connect(fd, { family: "unix", path });
  host.setNonblock(fd, false);
  if (code >= 0) return fd;
  host.close(fd);
  return code;
}
