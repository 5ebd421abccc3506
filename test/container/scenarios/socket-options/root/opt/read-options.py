"""Prints the options of the sockets that it was passed, as the kernel has them."""

import ctypes
import errno
import fcntl
import os
import socket
import stat

SOL = {"SOCKET": 1, "TCP": 6, "IP": 0, "IPV6": 41}
OPTIONS = [
    ("SOCKET", "DOMAIN", 39), ("SOCKET", "TYPE", 3), ("SOCKET", "PROTOCOL", 38),
    ("SOCKET", "KEEPALIVE", 9), ("SOCKET", "BROADCAST", 6), ("SOCKET", "PASSCRED", 16), ("SOCKET", "PASSSEC", 34),
    ("SOCKET", "TIMESTAMP", 29), ("SOCKET", "TIMESTAMPNS", 35), ("SOCKET", "PRIORITY", 12), ("SOCKET", "MARK", 36),
    ("SOCKET", "RCVBUF", 8), ("SOCKET", "SNDBUF", 7), ("SOCKET", "REUSEADDR", 2), ("SOCKET", "REUSEPORT", 15),
    ("SOCKET", "BINDTODEVICE", 25),
    ("TCP", "NODELAY", 1), ("TCP", "KEEPIDLE", 4), ("TCP", "KEEPINTVL", 5), ("TCP", "KEEPCNT", 6),
    ("TCP", "DEFER_ACCEPT", 9), ("TCP", "CONGESTION", 13),
    ("IP", "TOS", 1), ("IP", "TTL", 2), ("IP", "PKTINFO", 8), ("IP", "FREEBIND", 15), ("IP", "TRANSPARENT", 19),
    ("IPV6", "V6ONLY", 26), ("IPV6", "UNICAST_HOPS", 16), ("IPV6", "RECVPKTINFO", 49), ("IPV6", "TCLASS", 67),
    ("IPV6", "FREEBIND", 78), ("IPV6", "TRANSPARENT", 75),
]  # fmt: skip
TEXT = {"BINDTODEVICE", "CONGESTION"}


def queue(fd):
    attributes = (ctypes.c_long * 8)()
    ctypes.CDLL(None).mq_getattr(fd, attributes)
    return f"queue messages={attributes[1]} size={attributes[2]}"


def options(fd):
    words = []
    with socket.socket(fileno=os.dup(fd)) as own:
        for level, name, number in OPTIONS:
            if level == "TCP" and own.getsockopt(1, 38) != 6:
                continue
            try:
                value = (
                    own.getsockopt(SOL[level], number, 16).split(b"\0")[0].decode()
                    if name in TEXT
                    else own.getsockopt(SOL[level], number)
                )
            except OSError as error:
                value = errno.errorcode[error.errno]
            if value not in ("ENOTSUP", "EOPNOTSUPP", "ENOPROTOOPT"):
                words.append(f"{level}_{name}={value}")
    return words


for fd in range(3, 3 + int(os.environ["LISTEN_FDS"])):
    mode = os.fstat(fd).st_mode
    if stat.S_ISSOCK(mode):
        print("\n".join(options(fd)))
    elif stat.S_ISFIFO(mode):
        print(f"pipe size={fcntl.fcntl(fd, 1032)}")
    else:
        print(queue(fd))
