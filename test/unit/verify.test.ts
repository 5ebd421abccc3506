import { describe, expect, it } from "vitest";
import { readService, readSocket } from "./read-files.ts";

const REFUSED: readonly (readonly [string, string])[] = [
  ["", "service has no ExecStart=, ExecStop= or SuccessAction="],
  [
    "Type=simple\nExecStop=/bin/x",
    "service has no ExecStart=, which is only allowed for Type=oneshot services",
  ],
  ["ExecStop=/bin/x", "service has no ExecStart= and no SuccessAction= and not RemainAfterExit=yes"],
  [
    "ExecStart=/a\nExecStart=/b",
    "service has more than one ExecStart=, which is only allowed for Type=oneshot services",
  ],
  ["Type=oneshot\nExecStart=/a\nRestart=always", "Restart=always is not allowed for Type=oneshot services"],
  ["Type=oneshot\nExecStart=/a\nExitType=cgroup", "ExitType=cgroup is not allowed for Type=oneshot services"],
  ["Type=dbus\nExecStart=/a", "service is Type=dbus but has no BusName="],
];

const LOADED: readonly string[] = [
  "ExecStart=/a",
  "Type=oneshot\nExecStart=/a\nExecStart=/b",
  "ExecStop=/a\nRemainAfterExit=yes",
  "[Unit]\nSuccessAction=exit",
];

const SOCKETS: readonly (readonly [string, string])[] = [
  ["", "socket has no Listen…= (ListenStream=, ListenDatagram=, ListenFIFO=, …)"],
  ["ListenStream=1\nMaxConnections=0", "MaxConnections= is too small"],
  ["ListenDatagram=1\nAccept=yes", "Accept=yes, but not all listeners can accept connections"],
  ["ListenStream=1\nAccept=yes\nService=a.service", "Service= is not allowed with Accept=yes"],
  ["ListenStream=1\nSymlinks=/a", "Symlinks= needs exactly one listener in the file system"],
];

describe("a service as a whole", () => {
  for (const [lines, why] of REFUSED) {
    it(`is refused: ${why}`, () => {
      const { unit } = readService(`[Service]\n${lines}\n`);
      expect(unit).toMatchObject({ loadState: "bad-setting", loadError: `/units/u.service: ${why}` });
    });
  }

  for (const lines of LOADED) {
    it(`is loaded: ${lines.replaceAll("\n", "⏎")}`, () => {
      expect(readService(`[Service]\n${lines}\n`).unit.loadState).toBe("loaded");
    });
  }

  it("is warned about settings that have no effect", () => {
    const { problems } = readService(
      "[Service]\nType=oneshot\nExecStart=/a\nRuntimeMaxSec=1\nRestartSteps=2\n",
    );
    expect(problems).toEqual([
      "u.service: RuntimeMaxSec= has no effect with Type=oneshot",
      "u.service: RestartSteps= has no effect without RestartMaxDelaySec=",
    ]);
  });

  it("has the type that its settings imply", () => {
    const typeOf = (lines: string): string => readService(`[Service]\n${lines}\n`).unit.service.type;
    expect(typeOf("ExecStart=/a")).toBe("simple");
    expect(typeOf("ExecStop=/a\nRemainAfterExit=yes")).toBe("oneshot");
    expect(typeOf("ExecStart=/a\nBusName=a.b")).toBe("dbus");
    expect(typeOf("ExecStart=/a\nSetCredential=a:b")).toBe("exec");
  });
});

describe("a socket as a whole", () => {
  for (const [lines, why] of SOCKETS) {
    it(`is refused: ${why}`, () => {
      const { unit } = readSocket(`[Socket]\n${lines}\n`);
      expect(unit).toMatchObject({ loadState: "bad-setting", loadError: `/units/u.socket: ${why}` });
    });
  }
});

describe("dependencies that nobody writes", () => {
  it("of a service", () => {
    expect(readService("[Service]\nExecStart=/a\n").unit.dependencies).toEqual({
      Requires: ["sysinit.target"],
      After: ["sysinit.target", "basic.target"],
      Before: ["shutdown.target"],
      Conflicts: ["shutdown.target"],
    });
  });

  it("of a socket", () => {
    expect(readSocket("[Socket]\nListenStream=1\n").unit.dependencies).toEqual({
      Before: ["u.service", "sockets.target", "shutdown.target"],
      Triggers: ["u.service"],
      Requires: ["sysinit.target"],
      After: ["sysinit.target"],
      Conflicts: ["shutdown.target"],
    });
  });

  it("of a socket whose service is another one, or one for each connection", () => {
    const named = readSocket("[Socket]\nListenStream=1\nService=b.service\n[Unit]\nDefaultDependencies=no\n");
    expect(named.unit.dependencies).toEqual({ Before: ["b.service"], Triggers: ["b.service"] });
    const accepting = readSocket("[Socket]\nListenStream=1\nAccept=yes\n");
    expect(accepting.unit.dependencies.Triggers).toBeUndefined();
    expect(accepting.unit.dependencies.Before).toEqual(["sockets.target", "shutdown.target"]);
  });

  it("of a service with sockets, without defaults", () => {
    const text =
      "[Service]\nExecStart=/a\nSockets=a.socket\n[Unit]\nDefaultDependencies=no\nAfter=b.service\n";
    expect(readService(text).unit.dependencies).toEqual({
      Wants: ["a.socket"],
      TriggeredBy: ["a.socket"],
      After: ["b.service", "a.socket"],
    });
  });

  it("of a service on the bus", () => {
    const { dependencies } = readService("[Service]\nExecStart=/a\nBusName=a.b\n").unit;
    expect(dependencies).toMatchObject({
      Requires: ["dbus.socket", "sysinit.target"],
      After: ["dbus.socket", "sysinit.target", "basic.target"],
    });
  });

  it("are given to a unit that is refused as a whole, not to one that could not be read", () => {
    const refused = readService("[Service]\n[Unit]\nAfter=a.service\n").unit;
    expect(refused.loadState).toBe("bad-setting");
    expect(refused.dependencies).toMatchObject({ After: ["a.service", "sysinit.target", "basic.target"] });
    const unread = readService("[Unit]\nAfter=a.service\n[Service]\nExecStart=/\n").unit;
    expect(unread.loadState).toBe("bad-setting");
    expect(unread.dependencies).toEqual({ After: ["a.service"] });
  });
});
