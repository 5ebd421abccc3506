/**
 * DynamicUser= (systemd.exec(5)): a user that exists only while the service runs. Here it is a number from systemd's
 * own range, derived from the name, so that what the service keeps on disk is its own after a restart too.
 */
import type { User } from "./accounts.ts";

const FIRST_UID = 61184;
const LAST_UID = 65519;

export function dynamicUser(name: string): User {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619) >>> 0;
  const uid = FIRST_UID + (hash % (LAST_UID - FIRST_UID + 1));
  return { name, uid, gid: uid, home: "/", shell: "/usr/sbin/nologin" };
}
