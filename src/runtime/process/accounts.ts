/**
 * Users and groups from /etc/passwd and /etc/group (passwd(5), group(5)), read by usher itself because a static
 * glibc has no NSS. Each look-up goes by what the files say at that moment: packages add accounts while the container
 * runs.
 */
import { err, ok, type Result } from "../../base/result.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** As the file has it: "" for sh. */
  readonly shell: string;
}

/** Reads one of the two account files; a file that isn't there reads as the empty text. */
export type ReadAccountFile = (path: "/etc/passwd" | "/etc/group") => string;

/** Reads a file again only when its stamp (`Native.fileStamp`) says that it has changed. */
export function createAccountReader(
  read: (path: string) => string,
  stamp: (path: string) => string,
): ReadAccountFile {
  const known = new Map<string, { readonly stamp: string; readonly text: string }>();
  return (path) => {
    const now = stamp(path);
    const before = known.get(path);
    if (before !== undefined && now !== "" && before.stamp === now) return before.text;
    const text = read(path);
    known.set(path, { stamp: now, text });
    return text;
  };
}

const MAX_ID = 0xfffffffe;

/** Without these files too (systemd's get_user_creds); Debian's name of nobody's group. */
const BUILTIN_USERS: readonly User[] = [
  { name: "root", uid: 0, gid: 0, home: "/root", shell: "/bin/sh" },
  { name: "nobody", uid: 65534, gid: 65534, home: "/nonexistent", shell: "/usr/sbin/nologin" },
];
const BUILTIN_GROUPS: Readonly<Record<string, number>> = { root: 0, nogroup: 65534 };

/** A user by name or number; a number needs its entry as well, as under systemd. */
export function findUser(read: ReadAccountFile, text: string): Result<User, string> {
  const number = parseId(text);
  const meant = (user: User): boolean => (number === null ? user.name === text : user.uid === number);
  for (const fields of rows(read("/etc/passwd"), 7)) {
    const user = userOf(fields);
    if (user !== null && meant(user)) return ok(user);
  }
  const builtin = BUILTIN_USERS.find(meant);
  if (builtin !== undefined) return ok(builtin);
  return err(
    number === null
      ? `user "${text}" is not in /etc/passwd`
      : `no user ${text} in /etc/passwd, where a number needs an entry too`,
  );
}

/** Who usher itself runs as: any number will do, as `docker run -u 12345` has it. */
export function accountOf(read: ReadAccountFile, uid: number, gid: number): User {
  const found = findUser(read, String(uid));
  return found.ok ? found.value : { name: String(uid), uid, gid, home: "/", shell: "/bin/sh" };
}

/** The same again and again: looked up anew when the file has changed. */
export function createOwnAccount(read: ReadAccountFile, uid: number, gid: number): () => User {
  let known: { readonly text: string; readonly user: User } | null = null;
  return () => {
    const text = read("/etc/passwd");
    if (known?.text !== text) known = { text, user: accountOf(() => text, uid, gid) };
    return known.user;
  };
}

/** A group's id by name or number; a number needs its entry as well. */
export function findGroup(read: ReadAccountFile, text: string): Result<number, string> {
  const number = parseId(text);
  for (const [name, , id] of rows(read("/etc/group"), 4)) {
    const gid = parseId(id ?? "");
    if (gid !== null && (number === null ? name === text : gid === number)) return ok(gid);
  }
  const builtin = number === null ? BUILTIN_GROUPS[text] : number;
  if (builtin !== undefined && Object.values(BUILTIN_GROUPS).includes(builtin)) return ok(builtin);
  return err(
    number === null
      ? `group "${text}" is not in /etc/group`
      : `no group ${text} in /etc/group, where a number needs an entry too`,
  );
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
  return { name, uid, gid, home: home === undefined || home === "" ? "/" : home, shell: shell ?? "" };
}

export function parseId(text: string): number | null {
  if (!/^[0-9]{1,10}$/.test(text)) return null;
  const number = Number(text);
  return number <= MAX_ID ? number : null;
}
