/**
 * Carries DNS messages over the host's sockets: the imperative half of base/dns/resolve.ts. Every exchange has a
 * socket of its own, so the kernel picks a new port for each and lets in only what that server sends to it.
 */

import type { NameServer } from "../base/dns/resolv-conf.ts";
import type { DnsTransport, Exchange } from "../base/dns/resolve.ts";
import type { Usec } from "../base/time.ts";
import {
  AF_INET,
  AF_INET6,
  type InetAddress,
  type Native,
  POLL_IN,
  POLL_OUT,
  SOCK_DGRAM,
  SOCK_STREAM,
} from "./native.ts";

const DNS_PORT = 53;
const FILE_MAX = 1024 * 1024;
const MESSAGE_MAX = 65535;
const EINPROGRESS = -115;
const EAGAIN = -11;

/** Calls back after that time, unless the returned function is called before. */
export type After = (usec: Usec, callback: () => void) => () => void;

export function createDnsTransport(host: Native, after: After): DnsTransport {
  return {
    readFile(path) {
      const text = host.readFile(path, FILE_MAX);
      return typeof text === "number" ? "" : text;
    },
    randomId: () => Number.parseInt(host.randomHex(2), 16),
    exchange: (request) => exchange(host, after, request),
  };
}

function serverAddress(host: Native, { host: address, scope }: NameServer): InetAddress {
  if (!address.includes(":")) return { family: "inet", host: address, port: DNS_PORT };
  if (scope === null) return { family: "inet6", host: address, port: DNS_PORT };
  const index = /^\d+$/.test(scope) ? Number(scope) : Math.max(0, host.interfaceIndex(scope));
  return { family: "inet6", host: address, port: DNS_PORT, scope: index };
}

function exchange(host: Native, after: After, request: Exchange): Promise<boolean> {
  const address = serverAddress(host, request.server);
  const domain = address.family === "inet" ? AF_INET : AF_INET6;
  const fd = host.socket(domain, request.protocol === "udp" ? SOCK_DGRAM : SOCK_STREAM, 0);
  if (fd < 0) return Promise.resolve(false);
  host.setNonblock(fd, true);
  return new Promise((resolve) => {
    const finish = (accepted: boolean): void => {
      cancelTimer();
      host.unwatch(fd);
      host.close(fd);
      resolve(accepted);
    };
    const cancelTimer = after(request.timeoutUsec, () => finish(false));
    const connected = host.connect(fd, address);
    if (connected < 0 && connected !== EINPROGRESS) finish(false);
    else if (request.protocol === "udp") talkUdp(host, fd, request, finish);
    else talkTcp(host, fd, request, finish);
  });
}

type Finish = (accepted: boolean) => void;

function talkUdp(host: Native, fd: number, request: Exchange, finish: Finish): void {
  if (host.sendBytes(fd, request.message) < 0) {
    finish(false);
    return;
  }
  host.watch(fd, POLL_IN, () => {
    const bytes = host.receiveBytes(fd, MESSAGE_MAX);
    if (typeof bytes !== "number") {
      if (request.accept(bytes)) finish(true);
    } else if (bytes !== EAGAIN) {
      // An ICMP error arrives here as ECONNREFUSED: nobody listens, no need to wait for the time to pass.
      finish(false);
    }
  });
}

/** Each message is preceded by its length in two bytes (RFC 1035, section 4.2.2). */
function talkTcp(host: Native, fd: number, request: Exchange, finish: Finish): void {
  const { length } = request.message;
  let toSend = String.fromCharCode(length >> 8, length & 0xff) + request.message;
  let received = "";
  const send = (): void => {
    const sent = host.sendBytes(fd, toSend);
    if (sent >= 0) toSend = toSend.slice(sent);
    else if (sent !== EAGAIN) finish(false);
    if (toSend === "") host.rewatch(fd, POLL_IN);
  };
  const receive = (): void => {
    const bytes = host.receiveBytes(fd, MESSAGE_MAX);
    if (bytes === EAGAIN) return;
    if (typeof bytes === "number" || bytes === "") {
      finish(false);
      return;
    }
    received += bytes;
    const expected = (received.charCodeAt(0) << 8) + received.charCodeAt(1);
    if (received.length >= 2 + expected) finish(request.accept(received.slice(2, 2 + expected)));
  };
  host.watch(fd, POLL_OUT, () => (toSend === "" ? receive() : send()));
}
