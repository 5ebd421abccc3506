/** SocketUser= and SocketGroup= (systemd.socket(5)) as numbers; -1 leaves what the kernel gives. */
import { err, ok, type Result } from "../../base/result.ts";
import type { SocketUnit } from "../../unit/model.ts";
import { findGroup, findUser, type ReadAccountFile } from "../process/accounts.ts";
import { dynamicUser } from "../process/dynamic-user.ts";
import type { SocketOwner } from "./socket-open.ts";

/** `isDynamic`: does a service with DynamicUser= bring the name? */
export function socketOwner(
  read: ReadAccountFile,
  unit: SocketUnit,
  isDynamic: (name: string) => boolean = () => false,
): Result<SocketOwner, string> {
  const { socketUser, socketGroup } = unit.socket;
  const user = socketUser === null ? null : findUser(read, socketUser);
  const group = socketGroup === null ? null : findGroup(read, socketGroup);
  const made = (name: string | null): number =>
    name !== null && isDynamic(name) ? dynamicUser(name).uid : NOBODY;
  const uid = user === null ? NOBODY : user.ok ? user.value.uid : made(socketUser);
  const primary = user?.ok === true ? user.value.gid : uid;
  const gid = group === null ? primary : group.ok ? group.value : made(socketGroup);
  if (user?.ok === false && uid === NOBODY) return err(`SocketUser=${socketUser}: ${user.error}`);
  if (group?.ok === false && gid === NOBODY) return err(`SocketGroup=${socketGroup}: ${group.error}`);
  return ok({ uid, gid });
}

/** Leaves what the kernel gives. */
const NOBODY = -1;
