/** Units and programs for tests of `[X-Usher] AdoptSockets=`. */

import type { LogRecord } from "./log.ts";

/** A socket unit with these lines, enabled. */
export const socketUnit = (...lines: string[]): string =>
  `[Socket]\n${lines.map((line) => `${line}\n`).join("")}[Install]\nWantedBy=sockets.target\n`;

/** A service that adopts: `usher` are lines of [X-Usher], `service` of [Service]. */
export const serviceUnit = (command: string, usher = "", service = "User=alice"): string =>
  `[Unit]\nStartLimitIntervalSec=0\n[Service]\n${service}\nExecStart=${command}\n[X-Usher]\nAdoptSockets=yes\n${usher}\n`;

/** Is it a record about this unit, usher's own or of its output, with this text? */
export const says =
  (unit: string, text: string) =>
  (record: LogRecord): boolean =>
    record.unit === unit && record.msg?.includes(text) === true;

/** A server as people write them: unlinks, binds, listens, and answers with its process id and what it was asked. */
const server = `#!/usr/bin/python3
import os, selectors, signal, socket, sys, threading, time
how, address = sys.argv[1], sys.argv[2]
unix = address.startswith("/")
def make():
    if how == "passed":
        return socket.socket(fileno=3)
    s = socket.socket(socket.AF_UNIX if unix else socket.AF_INET6 if "[" in address else socket.AF_INET,
                      socket.SOCK_DGRAM if how == "datagram" else socket.SOCK_STREAM)
    if how == "workers":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return s
def bind(s):
    if how == "passed":
        return
    if unix:
        if os.path.exists(address):
            os.unlink(address)
        s.bind(address)
    else:
        host, _, port = address.rpartition(":")
        s.bind((host.strip("[]"), int(port)))
def answer(c):
    c.sendall(b"%d " % os.getpid() + c.recv(100))
    c.close()
def leave(*_):
    if how == "lingers":
        print("leaving", flush=True)
        while not os.path.exists("/tmp/leave"):
            time.sleep(0.01)
    if unix:
        os.unlink(address)
    if how == "shuts":
        s.shutdown(socket.SHUT_RDWR)
    os._exit(0)
signal.signal(signal.SIGTERM, leave)
if how == "workers":
    os.fork()
if how == "peer":
    def answer(c):
        c.sendall(c.getpeername()[0].encode() + b"\\n")
        c.close()
if how in ("slow", "passed"):
    # Accepts from the first moment, and is of no use before that file is there.
    def answer(c):
        c.sendall(b"ready\\n" if os.path.exists("/tmp/ready") else b"starting up\\n")
        c.close()
s = make()
if how == "early":
    early = selectors.EpollSelector()
    early.register(s, selectors.EVENT_READ)
bind(s)
if how == "datagram":
    while True:
        data, peer = s.recvfrom(100)
        s.sendto(b"%d " % os.getpid() + data, peer)
s.listen(100)
print("listening", flush=True)
if how == "forking":
    os.fork()
while True:
    if how == "early":
        print("ready after", len(early.select(2)), flush=True)
    c, _ = s.accept()
    threading.Thread(target=answer, args=(c,)).start()
`;

/**
 * Binds one socket for each argument, "0.0.0.0:80", "[::]:80,v6only" or "udp/0.0.0.0:53", with those options before,
 * says "ADDRESS: bound" or what was the matter, then "ready"; answers each connection with the address that it had asked
 * for, and with what getsockopt() says of the options that were set.
 */
const binds = `#!/usr/bin/python3
import errno, os, selectors, socket, sys
OPTIONS = {
    "v6only": (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1),
    "dual": (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0),
    "deferred": (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1),
    "pktinfo": (socket.IPPROTO_IP, 8, 1),
    "keepalive": (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    "reuseaddr": (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1),
}
BACKLOG = int(os.environ.get("BACKLOG", "100"))
all = selectors.DefaultSelector()
def open_one(word):
    address, *options = word.split(",")
    options = [OPTIONS[name] for name in options]
    datagram = address.startswith("udp/")
    host, _, port = address.removeprefix("udp/").rpartition(":")
    family = socket.AF_INET6 if "[" in host else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM)
    for level, name, value in options:
        s.setsockopt(level, name, value)
    try:
        s.bind((host.strip("[]"), int(port)))
    except OSError as error:
        print(f"{address}: {errno.errorcode[error.errno]}", flush=True)
        return
    if not datagram:
        s.listen(BACKLOG)
    print(f"{address}: bound", flush=True)
    kept = "".join(" " + look(s, level, name) for level, name, _ in options)
    all.register(s, selectors.EVENT_READ, (datagram, (address + kept + "\\n").encode()))
def look(s, level, name):
    try:
        # The kernel rounds some values.
        return "1" if s.getsockopt(level, name) else "0"
    except OSError:
        return "-"
for word in sys.argv[1:]:
    open_one(word)
print("ready", flush=True)
while True:
    for key, _ in all.select():
        datagram, answer = key.data
        if datagram:
            _, peer = key.fileobj.recvfrom(100)
            key.fileobj.sendto(answer, peer)
        else:
            c, _ = key.fileobj.accept()
            c.recv(100)
            c.sendall(answer)
            c.close()
`;

/**
 * Writes a byte for every connection that it has accepted, and keeps each for a moment before it answers, so that a stop
 * always meets some. SIGTERM ends it between two accepts, never after one that it has not written down.
 */
const counts = `#!/usr/bin/python3
import os, select, signal, socket, sys, time
accepted = os.open("/tmp/accepted", os.O_WRONLY | os.O_APPEND)
s = socket.socket()
s.bind(("0.0.0.0", int(sys.argv[1])))
s.listen(200)
awake, wake = socket.socketpair()
wake.setblocking(False)
signal.set_wakeup_fd(wake.fileno())
signal.signal(signal.SIGTERM, lambda *_: None)
print("listening", flush=True)
kept = []
while True:
    ready, _, _ = select.select([s, awake], [], [], 0.005 if kept else None)
    if awake in ready:
        os._exit(0)
    if s in ready:
        c, _ = s.accept()
        os.write(accepted, b".")
        kept.append((time.monotonic(), c))
    while kept and (not ready or time.monotonic() - kept[0][0] > 0.005):
        _, c = kept.pop(0)
        c.sendall(b"%d\\n" % os.getpid())
        c.close()
`;

/** Programs for `StartOptions.files`. */
export const adoptPrograms: Readonly<Record<string, string>> = {
  "/opt/server": server,
  "/opt/binds": binds,
  "/opt/counts": counts,
};
