/** Listen…= lines (systemd.socket(5)). An empty one of any kind clears those of every kind. */
import type { Listener } from "../model.ts";
import { words } from "../text/whitespace.ts";
import { parseInteger, UINT32_MAX } from "./number.ts";
import { isBelow, parseAbsolutePath, patchVarRun } from "./path.ts";
import { ADDRESS_FORMS, formatSocketAddress, parseSocketAddress } from "./socket-address.ts";
import type { Scope, ValueType } from "./value-type.ts";

/** NETLINK_… by number, see netlink(7); a blank name is one that systemd has no word for. */
const NETLINK_FAMILIES: readonly string[] =
  "route,,,firewall,inet-diag,nflog,xfrm,selinux,iscsi,audit,fib-lookup,connector,netfilter,ip6-fw,dnrtmsg,kobject-uevent,generic,,scsitransport,ecryptfs,rdma".split(
    ",",
  );

function listening(
  expected: string,
  one: (text: string, scope: Scope) => Listener | undefined,
): ValueType<readonly Listener[]> {
  return {
    expected,
    read: (text, scope, before) => {
      if (text === "") return [];
      const expanded = scope.expand(text);
      if (expanded === undefined) return before;
      const listener = one(expanded, scope);
      return listener === undefined ? undefined : [...before, listener];
    },
  };
}

function withoutVarRun(path: string, scope: Scope): string {
  const patched = patchVarRun(path);
  if (patched !== path) {
    scope.report("notice", `/var/run/ is a legacy path, ${patched} is used`, { found: path });
  }
  return patched;
}

/** ListenStream=, ListenDatagram=, ListenSequentialPacket= */
export function socketListener(kind: "stream" | "datagram" | "seqpacket"): ValueType<readonly Listener[]> {
  const unixOnly = kind === "seqpacket";
  return listening(unixOnly ? "/path or @abstract" : ADDRESS_FORMS, (text, scope) => {
    const patched = text.startsWith("/") ? withoutVarRun(text, scope) : text;
    const address = parseSocketAddress(patched);
    if (address === undefined) return undefined;
    if (unixOnly && address.family !== "unix" && address.family !== "unix-abstract") return undefined;
    return { kind, address, text: formatSocketAddress(address) };
  });
}

function isApiFileSystem(path: string): boolean {
  return isBelow(path, "/proc") || isBelow(path, "/sys") || isBelow(path, "/dev");
}

export const fifoListener: ValueType<readonly Listener[]> = listening("an absolute path", (text, scope) => {
  const path = parseAbsolutePath(text);
  if (path === undefined || isApiFileSystem(path)) return undefined;
  const patched = withoutVarRun(path, scope);
  return { kind: "fifo", path: patched, text: patched };
});

export const specialListener: ValueType<readonly Listener[]> = listening("an absolute path", (text) => {
  const path = parseAbsolutePath(text);
  return path === undefined ? undefined : { kind: "special", path, text: path };
});

export const messageQueueListener: ValueType<readonly Listener[]> = listening(
  "a queue's name: /name",
  (text) => {
    const name = parseAbsolutePath(text);
    return name === undefined || isApiFileSystem(name) ? undefined : { kind: "mqueue", name, text: name };
  },
);

export const netlinkListener: ValueType<readonly Listener[]> = listening(
  "a netlink family by name or number, and a group",
  (text) => {
    const [name = "", groupText = "0", ...rest] = words(text);
    const known = name === "" ? -1 : NETLINK_FAMILIES.indexOf(name);
    const netlinkFamily = known >= 0 ? known : parseInteger(name, 0, 0x7fffffff);
    const group = parseInteger(groupText, 0, UINT32_MAX);
    if (netlinkFamily === undefined || group === undefined || rest.length > 0) return undefined;
    const shown = `${NETLINK_FAMILIES[netlinkFamily] || netlinkFamily} ${group}`;
    return { kind: "netlink", netlinkFamily, group, text: shown };
  },
);
