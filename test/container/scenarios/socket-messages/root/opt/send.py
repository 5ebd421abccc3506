"""send.py TEXT…: to the message queue; without a text the loopback device's MTU is changed."""

import ctypes
import fcntl
import os
import socket
import struct
import sys

if sys.argv[1:]:
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.mq_open(b"/messages", os.O_WRONLY)
    for text in sys.argv[1:]:
        libc.mq_send(queue, text.encode(), len(text), 0)
else:
    SIOCGIFMTU, SIOCSIFMTU = 0x8921, 0x8922
    with socket.socket() as any_socket:
        [mtu] = struct.unpack_from("=i", fcntl.ioctl(any_socket, SIOCGIFMTU, struct.pack("=16si12x", b"lo", 0)), 16)
        fcntl.ioctl(any_socket, SIOCSIFMTU, struct.pack("=16si12x", b"lo", mtu - 1))
