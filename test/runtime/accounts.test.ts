import { describe, expect, it } from "vitest";
import {
  findGroup,
  findUser,
  groupName,
  memberGroups,
  type ReadAccountFile,
} from "../../src/runtime/process/accounts.ts";

const FILES = {
  "/etc/passwd": [
    "# a comment",
    "root:x:0:0:root:/root:/bin/bash",
    "broken line",
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
    "app:x:1000:1001::/home/app:",
  ].join("\n"),
  "/etc/group": ["root:x:0:", "app:x:1001:", "video:x:44:app,other", "audio:x:29:apple,app", "short"].join(
    "\n",
  ),
};
const read: ReadAccountFile = (path) => FILES[path];
const readNothing: ReadAccountFile = () => "";

describe("findUser", () => {
  it("finds a user by name, with a default shell", () => {
    expect(findUser(read, "app")).toEqual({
      ok: true,
      value: { name: "app", uid: 1000, gid: 1001, home: "/home/app", shell: "/bin/sh" },
    });
  });
  it("finds the name behind a number", () => {
    expect(findUser(read, "65534")).toMatchObject({ ok: true, value: { name: "nobody" } });
  });
  it("takes any number, as a container runtime does", () => {
    expect(findUser(readNothing, "12345")).toMatchObject({
      ok: true,
      value: { uid: 12345, gid: 12345, home: "/" },
    });
  });
  it("says which file lacks the name", () => {
    expect(findUser(read, "ghost")).toEqual({ ok: false, error: 'user "ghost" is not in /etc/passwd' });
  });
  it("takes no number outside the kernel's range for one", () => {
    expect(findUser(read, "4294967295").ok).toBe(false);
  });
});

describe("groups", () => {
  it("finds a group by name and by number", () => {
    expect(findGroup(read, "video")).toEqual({ ok: true, value: 44 });
    expect(findGroup(read, "77")).toEqual({ ok: true, value: 77 });
    expect(findGroup(read, "ghost").ok).toBe(false);
  });
  it("lists a member's groups with the primary one first, by whole names", () => {
    expect(memberGroups(read, "app", 1001)).toEqual([1001, 44, 29]);
    expect(memberGroups(read, "app", 44)).toEqual([44, 29]);
  });
  it("names a group, or shows its number", () => {
    expect(groupName(read, 44)).toBe("video");
    expect(groupName(read, 4711)).toBe("4711");
  });
});
