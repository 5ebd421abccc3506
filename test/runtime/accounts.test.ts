import { describe, expect, it } from "vitest";
import {
  accountOf,
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
  it("finds a user by name, and no shell where none is named", () => {
    expect(findUser(read, "app")).toEqual({
      ok: true,
      value: { name: "app", uid: 1000, gid: 1001, home: "/home/app", shell: "" },
    });
  });
  it("finds the name behind a number", () => {
    expect(findUser(read, "65534")).toMatchObject({ ok: true, value: { name: "nobody" } });
  });
  it("takes no number without an entry, as systemd doesn't", () => {
    expect(findUser(read, "12345")).toEqual({
      ok: false,
      error: "no user 12345 in /etc/passwd, where a number needs an entry too",
    });
  });
  it("knows root and nobody without the file", () => {
    expect(findUser(readNothing, "root")).toMatchObject({ ok: true, value: { uid: 0, home: "/root" } });
    expect(findUser(readNothing, "0")).toMatchObject({ ok: true, value: { name: "root" } });
    expect(findUser(readNothing, "65534")).toMatchObject({ ok: true, value: { name: "nobody" } });
  });
  it("takes any number for what usher itself runs as, as a container runtime does", () => {
    expect(accountOf(readNothing, 12345, 54321)).toMatchObject({ uid: 12345, gid: 54321, home: "/" });
    expect(accountOf(read, 1000, 0)).toMatchObject({ name: "app", gid: 1001 });
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
    expect(findGroup(read, "44")).toEqual({ ok: true, value: 44 });
    expect(findGroup(read, "77")).toEqual({
      ok: false,
      error: "no group 77 in /etc/group, where a number needs an entry too",
    });
    expect(findGroup(readNothing, "0")).toEqual({ ok: true, value: 0 });
    expect(findGroup(readNothing, "nogroup")).toEqual({ ok: true, value: 65534 });
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
