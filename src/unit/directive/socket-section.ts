/** Rows of [Socket] (systemd.socket(5)), but for those of execution and killing. */

import { serviceName } from "../dependency.ts";
import type { SocketSettings } from "../model.ts";
import { accountName } from "../value/account-name.ts";
import { parseBoolean } from "../value/boolean.ts";
import { execCommands } from "../value/exec-command.ts";
import {
  fifoListener,
  messageQueueListener,
  netlinkListener,
  socketListener,
  specialListener,
} from "../value/listener.ts";
import { INT32_MAX, parseInteger, UINT32_MAX } from "../value/number.ts";
import { rateBurst, rateInterval } from "../value/rate-limit.ts";
import { boolean, bytes, mode, paths, rawText, timeout, timespan } from "../value/scalar-types.ts";
import { integer } from "../value/scheduling.ts";
import { isInterfaceName, PROTOCOLS } from "../value/socket-address.ts";
import { isDescriptorName } from "../value/standard-stream.ts";
import { orDefault, plain, specified, type ValueType } from "../value/value-type.ts";
import { type Directives, fieldsOf } from "./directive.ts";

const bindIpv6Only: ValueType<"default" | "both" | "ipv6-only"> = plain(
  "default, both, ipv6-only or a boolean",
  (text) => {
    if (text === "default" || text === "both" || text === "ipv6-only") return text;
    const only = parseBoolean(text);
    return only === undefined ? undefined : only ? "ipv6-only" : "both";
  },
);

/** By name, or by number. */
const socketProtocol: ValueType<SocketSettings["socketProtocol"]> = orDefault(
  plain<SocketSettings["socketProtocol"]>("udplite, sctp or mptcp", (text) => {
    const number = parseInteger(text, 0, PROTOCOLS.mptcp);
    const found = Object.entries(PROTOCOLS).find(
      ([name, one]) => one === number || name === text.toLowerCase(),
    );
    return found?.[0] as keyof typeof PROTOCOLS | undefined;
  }),
);

const device: ValueType<string | null> = plain<string | null>("a network interface's name", (text) => {
  if (text === "" || text === "*") return null;
  return isInterfaceName(text, false) ? text : undefined;
});

const IP_TOS: Readonly<Record<string, number>> = {
  "low-delay": 0x10,
  throughput: 0x08,
  reliability: 0x04,
  "low-cost": 0x02,
};

const ipTos: ValueType<number> = orDefault(
  plain("low-delay, throughput, reliability, low-cost or 0 to 255", (text) =>
    Object.hasOwn(IP_TOS, text) ? IP_TOS[text] : parseInteger(text, 0, 255),
  ),
);

const timestamping: ValueType<"off" | "us" | "ns"> = plain(
  "off, us (or µs, usec) or ns (or nsec)",
  (text) => {
    switch (text) {
      case "us":
      case "usec":
      case "\u00b5s":
      case "\u03bcs":
        return "us";
      case "ns":
      case "nsec":
        return "ns";
      case "off":
        return "off";
      default: {
        const on = parseBoolean(text);
        return on === undefined ? undefined : on ? "ns" : "off";
      }
    }
  },
);

/** FileDescriptorName=, and the like for streams. */
export const descriptorName: ValueType<string | null> = orDefault(
  specified(
    plain<string | null>("up to 255 ASCII characters without colon", (text) =>
      isDescriptorName(text) ? text : undefined,
    ),
  ),
);

const deferTrigger: ValueType<"no" | "yes" | "patient"> = plain("yes, no or patient", (text) => {
  if (text === "patient") return text;
  const defer = parseBoolean(text);
  return defer === undefined ? undefined : defer ? "yes" : "no";
});

export function socketDirectives(): Directives {
  const inSocket = fieldsOf("socket");
  const number = integer(0, UINT32_MAX);
  const long = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const signed = integer(-INT32_MAX - 1, INT32_MAX);
  return {
    ListenStream: inSocket("listeners", socketListener("stream")),
    ListenDatagram: inSocket("listeners", socketListener("datagram")),
    ListenSequentialPacket: inSocket("listeners", socketListener("seqpacket")),
    ListenFIFO: inSocket("listeners", fifoListener),
    ListenSpecial: inSocket("listeners", specialListener),
    ListenNetlink: inSocket("listeners", netlinkListener),
    ListenMessageQueue: inSocket("listeners", messageQueueListener),
    SocketProtocol: inSocket("socketProtocol", socketProtocol),
    BindIPv6Only: inSocket("bindIpv6Only", bindIpv6Only),
    Backlog: inSocket("backlog", number),
    BindToDevice: inSocket("bindToDevice", device),
    SocketUser: inSocket("socketUser", accountName),
    SocketGroup: inSocket("socketGroup", accountName),
    SocketMode: inSocket("socketMode", mode),
    DirectoryMode: inSocket("directoryMode", mode),
    Accept: inSocket("accept", boolean),
    Writable: inSocket("writable", boolean),
    FlushPending: inSocket("flushPending", boolean),
    MaxConnections: inSocket("maxConnections", number),
    MaxConnectionsPerSource: inSocket("maxConnectionsPerSource", number),
    KeepAlive: inSocket("keepAlive", boolean),
    KeepAliveTimeSec: inSocket("keepAliveTimeUsec", timespan),
    KeepAliveIntervalSec: inSocket("keepAliveIntervalUsec", timespan),
    KeepAliveProbes: inSocket("keepAliveProbes", number),
    NoDelay: inSocket("noDelay", boolean),
    Priority: inSocket("priority", signed),
    DeferAcceptSec: inSocket("deferAcceptUsec", timespan),
    ReceiveBuffer: inSocket("receiveBuffer", bytes),
    SendBuffer: inSocket("sendBuffer", bytes),
    IPTOS: inSocket("ipTos", ipTos),
    IPTTL: inSocket("ipTtl", signed),
    Mark: inSocket("mark", signed),
    ReusePort: inSocket("reusePort", boolean),
    FreeBind: inSocket("freeBind", boolean),
    Transparent: inSocket("transparent", boolean),
    Broadcast: inSocket("broadcast", boolean),
    PassCredentials: inSocket("passCredentials", boolean),
    PassPIDFD: inSocket("passPidfd", boolean),
    PassSecurity: inSocket("passSecurity", boolean),
    PassPacketInfo: inSocket("passPacketInfo", boolean),
    AcceptFileDescriptors: inSocket("acceptFileDescriptors", boolean),
    Timestamping: inSocket("timestamping", timestamping),
    TCPCongestion: inSocket("tcpCongestion", rawText),
    PipeSize: inSocket("pipeSize", bytes),
    MessageQueueMaxMessages: inSocket("messageQueueMaxMessages", long),
    MessageQueueMessageSize: inSocket("messageQueueMessageSize", long),
    ExecStartPre: inSocket("execStartPre", execCommands),
    ExecStartPost: inSocket("execStartPost", execCommands),
    ExecStopPre: inSocket("execStopPre", execCommands),
    ExecStopPost: inSocket("execStopPost", execCommands),
    TimeoutSec: inSocket("timeoutUsec", timeout),
    Service: inSocket("service", serviceName),
    RemoveOnStop: inSocket("removeOnStop", boolean),
    Symlinks: inSocket("symlinks", paths),
    FileDescriptorName: inSocket("fileDescriptorName", descriptorName),
    PassFileDescriptorsToExec: inSocket("passFileDescriptorsToExec", boolean),
    TriggerLimitIntervalSec: inSocket("triggerLimit", rateInterval),
    TriggerLimitBurst: inSocket("triggerLimit", rateBurst),
    PollLimitIntervalSec: inSocket("pollLimit", rateInterval),
    PollLimitBurst: inSocket("pollLimit", rateBurst),
    DeferTrigger: inSocket("deferTrigger", deferTrigger),
    DeferTriggerMaxSec: inSocket("deferTriggerMaxUsec", timespan),
  };
}
