/**
 * Users and groups from /etc/passwd and /etc/group (passwd(5), group(5)), read by usher itself because a static
 * glibc has no NSS. The files are read anew at each look-up: packages add accounts while the container runs, and a
 * look-up happens only when a unit names an account.
 */
import { err, ok, type Result } from "../../base/result.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** Reads one of the two account files; a file that isn't there reads as the empty text. */
export type ReadAccountFile = (path: "/etc/passwd" | "/etc/group") => string;

const MAX_ID = 0xfffffffe;

/** A user by name or number. A number without a passwd entry is a user too, as `docker run -u 12345` has it. */
export function findUser(read: ReadAccountFile, text: string): Result<User, string> {
  const number = parseId(text);
  for (const fields of rows(read("/etc/passwd"), 7)) {
    const user = userOf(fields);
    if (user !== null && (number === null ? user.name === text : user.uid === number)) return ok(user);
  }
  if (number !== null) return ok({ name: text, uid: number, gid: number, home: "/", shell: "/bin/sh" });
  return err(`user "${text}" is not in /etc/passwd`);
}

/** A group's id by name or number. */
export function findGroup(read: ReadAccountFile, text: string): Result<number, string> {
  const number = parseId(text);
  if (number !== null) return ok(number);
  for (const [name, , id] of rows(read("/etc/group"), 4)) {
    const gid = name === text ? parseId(id ?? "") : null;
    if (gid !== null) return ok(gid);
  }
  return err(`group "${text}" is not in /etc/group`);
}

/** The group's name, or its number as text where nobody named it. */
export function groupName(read: ReadAccountFile, gid: number): string {
  for (const [name, , id] of rows(read("/etc/group"), 4))
    if (parseId(id ?? "") === gid) return name ?? String(gid);
  return String(gid);
}

/** Ids of the groups that list the user as a member, with the primary one first (initgroups(3)). */
export function memberGroups(read: ReadAccountFile, name: string, primary: number): number[] {
  const found = [primary];
  for (const [, , id, members] of rows(read("/etc/group"), 4)) {
    const gid = parseId(id ?? "");
    if (gid !== null && !found.includes(gid) && (members ?? "").split(",").includes(name)) found.push(gid);
  }
  return found;
}

/** Line by line: most look-ups end at one of the first. */
function* rows(text: string, columns: number): Generator<string[]> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
    if (line === "" || line.startsWith("#")) continue;
    const fields = line.split(":");
    if (fields.length >= columns) yield fields;
  }
}

function userOf(fields: readonly string[]): User | null {
  const [name, , uidText, gidText, , home, shell] = fields;
  const uid = parseId(uidText ?? "");
  const gid = parseId(gidText ?? "");
  if (name === undefined || uid === null || gid === null) return null;
  return { name, uid, gid, home: home === undefined || home === "" ? "/" : home, shell: shell || "/bin/sh" };
}

function parseId(text: string): number | null {
  if (!/^[0-9]{1,10}$/.test(text)) return null;
  const number = Number(text);
  return number <= MAX_ID ? number : null;
}
