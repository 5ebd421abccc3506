import { describe, expect, it } from "vitest";
import { USEC_INFINITY } from "../../src/base/time.ts";
import { readSocket, socketWith } from "./read-files.ts";
import { type Row, testRows, testThatAllHaveRows } from "./section-rows.ts";

const SECOND = 1_000_000;

function socket(expected: object): object {
  return { socket: expected };
}

const FIRST = { kind: "stream", text: "/run/u.sock" };
const command = (path: string): object => ({ path, argv: [path] });

const ROWS: readonly Row[] = [
  ["ListenStream=80", socket({ listeners: [FIRST, { kind: "stream", text: "[::]:80" }] })],
  ["ListenDatagram=53", socket({ listeners: [FIRST, { kind: "datagram", text: "[::]:53" }] })],
  ["ListenSequentialPacket=@x", socket({ listeners: [FIRST, { kind: "seqpacket", text: "@x" }] })],
  ["ListenSequentialPacket=80", null],
  ["ListenFIFO=/run/f", socket({ listeners: [FIRST, { kind: "fifo", path: "/run/f" }] })],
  ["ListenSpecial=/dev/x", socket({ listeners: [FIRST, { kind: "special", path: "/dev/x" }] })],
  ["ListenNetlink=route 1", socket({ listeners: [FIRST, { kind: "netlink", netlinkFamily: 0, group: 1 }] })],
  ["ListenNetlink=15", socket({ listeners: [FIRST, { kind: "netlink", text: "kobject-uevent 0" }] })],
  ["ListenMessageQueue=/q", socket({ listeners: [FIRST, { kind: "mqueue", name: "/q" }] })],
  ["SocketProtocol=udplite", socket({ socketProtocol: "udplite" })],
  ["SocketProtocol=mptcp", socket({ socketProtocol: "mptcp" })],
  ["SocketProtocol=tcp", null],
  ["BindIPv6Only=ipv6-only", socket({ bindIpv6Only: "ipv6-only" })],
  ["BindIPv6Only=no", socket({ bindIpv6Only: "both" })],
  ["Backlog=128", socket({ backlog: 128 })],
  ["BindToDevice=eth0", socket({ bindToDevice: "eth0" })],
  ["BindToDevice=eth0\nBindToDevice=", socket({ bindToDevice: null })],
  ["SocketUser=app", socket({ socketUser: "app" })],
  ["SocketGroup=app", socket({ socketGroup: "app" })],
  ["SocketMode=0660", socket({ socketMode: 0o660 })],
  ["DirectoryMode=0700", socket({ directoryMode: 0o700 })],
  ["Accept=yes", socket({ accept: true, triggerLimit: { burst: 200 }, pollLimit: { burst: 150 } })],
  ["Writable=yes", socket({ writable: true })],
  ["FlushPending=yes", socket({ flushPending: true })],
  ["MaxConnections=5", socket({ maxConnections: 5 })],
  ["MaxConnectionsPerSource=2", socket({ maxConnectionsPerSource: 2 })],
  ["KeepAlive=yes", socket({ keepAlive: true })],
  ["KeepAliveTimeSec=1min", socket({ keepAliveTimeUsec: 60 * SECOND })],
  ["KeepAliveIntervalSec=5", socket({ keepAliveIntervalUsec: 5 * SECOND })],
  ["KeepAliveProbes=3", socket({ keepAliveProbes: 3 })],
  ["NoDelay=yes", socket({ noDelay: true })],
  ["Priority=6", socket({ priority: 6 })],
  ["DeferAcceptSec=2", socket({ deferAcceptUsec: 2 * SECOND })],
  ["ReceiveBuffer=64K", socket({ receiveBuffer: 65536 })],
  ["SendBuffer=1M", socket({ sendBuffer: 1 << 20 })],
  ["IPTOS=low-delay", socket({ ipTos: 16 })],
  ["IPTOS=300", null],
  ["IPTTL=9", socket({ ipTtl: 9 })],
  ["Mark=7", socket({ mark: 7 })],
  ["ReusePort=yes", socket({ reusePort: true })],
  ["FreeBind=yes", socket({ freeBind: true })],
  ["Transparent=yes", socket({ transparent: true })],
  ["Broadcast=yes", socket({ broadcast: true })],
  ["PassCredentials=yes", socket({ passCredentials: true })],
  ["PassPIDFD=yes", socket({ passPidfd: true })],
  ["PassSecurity=yes", socket({ passSecurity: true })],
  ["PassPacketInfo=yes", socket({ passPacketInfo: true })],
  ["AcceptFileDescriptors=no", socket({ acceptFileDescriptors: false })],
  ["Timestamping=us", socket({ timestamping: "us" })],
  ["Timestamping=yes", socket({ timestamping: "ns" })],
  ["TCPCongestion=reno", socket({ tcpCongestion: "reno" })],
  ["PipeSize=1M", socket({ pipeSize: 1 << 20 })],
  ["MessageQueueMaxMessages=8", socket({ messageQueueMaxMessages: 8 })],
  ["MessageQueueMessageSize=64", socket({ messageQueueMessageSize: 64 })],
  ["ExecStartPre=/bin/c", socket({ execStartPre: [command("/bin/c")] })],
  ["ExecStartPost=/bin/c", socket({ execStartPost: [command("/bin/c")] })],
  ["ExecStopPre=/bin/c", socket({ execStopPre: [command("/bin/c")] })],
  ["ExecStopPost=/bin/c", socket({ execStopPost: [command("/bin/c")] })],
  ["TimeoutSec=0", socket({ timeoutUsec: USEC_INFINITY })],
  [
    "Service=app.service",
    { socket: { service: "app.service" }, dependencies: { Triggers: ["app.service"] } },
  ],
  ["Service=app.socket", null],
  ["RemoveOnStop=yes", socket({ removeOnStop: true })],
  ["Symlinks=/run/a /run/b", socket({ symlinks: ["/run/a", "/run/b"] })],
  ["Symlinks=b", null],
  ["FileDescriptorName=web", socket({ fileDescriptorName: "web" })],
  ["FileDescriptorName=a:b", null],
  ["PassFileDescriptorsToExec=yes", socket({ passFileDescriptorsToExec: true })],
  ["TriggerLimitIntervalSec=5", socket({ triggerLimit: { intervalUsec: 5 * SECOND, burst: 20 } })],
  ["TriggerLimitIntervalSec=infinity", socket({ triggerLimit: { intervalUsec: 2 * SECOND, burst: 20 } })],
  ["TriggerLimitBurst=0", socket({ triggerLimit: { burst: 0 } })],
  ["PollLimitIntervalSec=5", socket({ pollLimit: { intervalUsec: 5 * SECOND, burst: 15 } })],
  ["PollLimitBurst=3", socket({ pollLimit: { burst: 3 } })],
  ["DeferTrigger=patient", socket({ deferTrigger: "patient" })],
  ["DeferTriggerMaxSec=3", socket({ deferTriggerMaxUsec: 3 * SECOND })],
];

describe("[Socket]", () => {
  testRows(ROWS, socketWith);
  testThatAllHaveRows("Socket", ["socket"], ROWS);

  it("clears every listener by an empty line of any kind", () => {
    const { unit } = readSocket(
      "[Socket]\nListenStream=80\nListenFIFO=/run/f\nListenDatagram=\nListenStream=81\n",
    );
    expect(unit.socket.listeners.map(({ text }) => text)).toEqual(["[::]:81"]);
  });
});
