/**
 * Who is at the other end of an accepted connection, in systemd's words: the instance's name ("local:port-remote:port",
 * "PID-UID" on Unix sockets), whom MaxConnectionsPerSource= counts, and REMOTE_ADDR/REMOTE_PORT for the service.
 * IPv4 peers of a dual-stack socket are shown as IPv4.
 */
import type { Address, Native } from "../../host/native.ts";

export interface ConnectionIdentity {
  /** "127.0.0.1:7010-127.0.0.1:40002", or "PID-UID" */
  readonly instance: string;
  readonly source: string | null;
  /** REMOTE_ADDR=…, REMOTE_PORT=… */
  readonly environment: readonly string[];
}

export function connectionIdentity(host: Native, fd: number): ConnectionIdentity {
  const peer = host.peerAddress(fd);
  const local = host.localAddress(fd);
  if (typeof peer === "number" || typeof local === "number")
    return { instance: "unknown", source: null, environment: [] };
  if (peer.family === "unix") return unixIdentity(host, fd, peer.path);
  const remote = endpoint(peer);
  return {
    // Of vsock the numbers alone.
    instance: `${joined(endpoint(local))}-${joined(remote)}`.replaceAll("vsock:", ""),
    source: remote.host,
    environment: remote.host === null ? [] : [`REMOTE_ADDR=${remote.host}`, `REMOTE_PORT=${remote.port}`],
  };
}

interface Endpoint {
  readonly host: string | null;
  readonly port: number;
}

function endpoint(address: Address): Endpoint {
  switch (address.family) {
    case "inet":
      return { host: address.host, port: address.port };
    case "inet6":
      return {
        host:
          address.host.startsWith("::ffff:") && address.host.includes(".")
            ? address.host.slice(7)
            : address.host,
        port: address.port,
      };
    case "vsock":
      return { host: `vsock:${address.cid}`, port: address.port };
    case "unix":
    case "netlink":
      return { host: null, port: 0 };
  }
}

function joined({ host, port }: Endpoint): string {
  return `${host ?? ""}:${port}`;
}

function unixIdentity(host: Native, fd: number, path: string): ConnectionIdentity {
  const credentials = host.peerCredentials(fd);
  const environment = path === "" ? [] : [`REMOTE_ADDR=${path}`];
  if (typeof credentials === "number") return { instance: "unknown", source: null, environment };
  return { instance: `${credentials.pid}-${credentials.uid}`, source: `uid:${credentials.uid}`, environment };
}
