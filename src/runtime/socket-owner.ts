/** SocketUser= and SocketGroup= (systemd.socket(5)) as numbers; -1 leaves what the kernel gives. */
import { err, ok, type Result } from "../base/result.ts";
import type { SocketUnit } from "../unit/model.ts";
import { findGroup, findUser, type ReadAccountFile } from "./accounts.ts";
import type { SocketOwner } from "./socket-open.ts";

export function socketOwner(read: ReadAccountFile, unit: SocketUnit): Result<SocketOwner, string> {
  const { socketUser, socketGroup } = unit.socket;
  const user = socketUser === null ? null : findUser(read, socketUser);
  if (user !== null && !user.ok) return err(`SocketUser=${socketUser}: ${user.error}`);
  const group = socketGroup === null ? null : findGroup(read, socketGroup);
  if (group !== null && !group.ok) return err(`SocketGroup=${socketGroup}: ${group.error}`);
  return ok({ uid: user?.value.uid ?? -1, gid: group?.value ?? user?.value.gid ?? -1 });
}
