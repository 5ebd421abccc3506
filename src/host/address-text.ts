/** How an address is shown to people. */
import type { Address } from "./native.ts";

const VMADDR_CID_ANY = 0xffffffff;

/** "127.0.0.1:80", "[::1]:80", "/run/app.sock", "@abstract", "vsock:2:80"; a netlink socket has no more than its name. */
export function addressText(address: Address): string {
  switch (address.family) {
    case "inet":
      return `${address.host}:${address.port}`;
    case "inet6":
      return `[${address.host}]:${address.port}`;
    case "unix":
      return address.path;
    case "vsock":
      return `vsock:${address.cid === VMADDR_CID_ANY ? "" : address.cid}:${address.port}`;
    case "netlink":
      return "netlink";
  }
}
