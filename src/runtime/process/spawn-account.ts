/** Whom a command runs as (systemd.exec(5), "User/Group Identity"). */
import { err, ok, type Result } from "../../base/result.ts";
import { unitPrefix } from "../../unit/unit-name.ts";
import { findGroup, findUser, memberGroups, type User } from "./accounts.ts";
import { dynamicUser } from "./dynamic-user.ts";
import type { SpawnContext, SpawnFailure } from "./spawn-context.ts";
import type { SpawnOrder } from "./spawn-order.ts";
import type { Credentials } from "./spawn-request.ts";

const EXIT_GROUP = 216;
const EXIT_USER = 217;

export function resolveCredentials(
  context: SpawnContext,
  order: SpawnOrder,
): Result<Credentials, SpawnFailure> {
  const { exec } = order.unit;
  const user = unitUser(context, order);
  if (user !== null && !user.ok)
    return err({ exitStatus: EXIT_USER, message: `User=${exec.user}: ${user.error}` });
  const group = unitGroup(context, order);
  if (group !== null && !group.ok)
    return err({ exitStatus: EXIT_GROUP, message: `Group=${exec.group}: ${group.error}` });
  const gid = group?.value ?? user?.value.gid ?? -1;
  const groups = user === null ? [] : memberGroups(context.readAccounts, user.value.name, gid);
  for (const name of exec.supplementaryGroups) {
    const extra = findGroup(context.readAccounts, name);
    if (!extra.ok)
      return err({ exitStatus: EXIT_GROUP, message: `SupplementaryGroups=${name}: ${extra.error}` });
    if (!groups.includes(extra.value)) groups.push(extra.value);
  }
  // Group= alone leaves the other groups as they are.
  const changes = user !== null || exec.supplementaryGroups.length > 0;
  return ok({
    user: user?.value ?? context.ownAccount(),
    uid: user?.value.uid ?? -1,
    gid,
    groups: changes ? groups : null,
  });
}

/** User=, or what DynamicUser= makes of the unit's name; null: usher's own. */
function unitUser(context: SpawnContext, order: SpawnOrder): Result<User, string> | null {
  const { name, exec } = order.unit;
  const wanted = exec.user ?? (exec.dynamicUser ? unitPrefix(name) : null);
  if (wanted === null) return null;
  // Nobody needs an entry to stay who they are.
  if (wanted === String(context.identity.euid)) return ok(context.ownAccount());
  const found = findUser(context.readAccounts, wanted);
  return !found.ok && exec.dynamicUser ? ok(dynamicUser(wanted)) : found;
}

/** Group=; with DynamicUser= a group that isn't there is the user's own. */
function unitGroup(context: SpawnContext, order: SpawnOrder): Result<number, string> | null {
  const { group, dynamicUser: isDynamic } = order.unit.exec;
  if (group === null) return null;
  const found = findGroup(context.readAccounts, group);
  return !found.ok && isDynamic ? ok(dynamicUser(group).gid) : found;
}
