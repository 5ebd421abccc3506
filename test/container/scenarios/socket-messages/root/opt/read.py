"""Reads one message from descriptor 3, and writes down what it was."""

import ctypes
import socket
import struct
import sys

if sys.argv[1] == "queue":
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(64)
    length = libc.mq_receive(3, buffer, 64, None)
    text = buffer.raw[:length].decode()
else:
    RTM_NEWLINK = 16
    NLMSG_HEADER = struct.Struct("=IHHII")
    listening = socket.socket(fileno=3)
    message = listening.recv(65536)
    [_, kind, *_] = NLMSG_HEADER.unpack_from(message)
    text = "a new or changed link" if kind == RTM_NEWLINK else f"type {kind}"
    # What else the change made.
    listening.setblocking(False)
    try:
        while listening.recv(65536):
            pass
    except BlockingIOError:
        pass
with open("/tmp/trace", "a") as trace:
    trace.write(f"{sys.argv[1]}: {text}\n")
