"""Answers twenty connections of both its sockets with its process id, and dies by SIGKILL, SIGSEGV or an exit status."""

import os
import select
import signal
import socket

listening = [socket.socket(fileno=fd) for fd in (3, 4)]
for answered in range(20):
    [first, *_], _, _ = select.select(listening, [], [])
    connection, _ = first.accept()
    connection.sendall(str(os.getpid()).encode())
    connection.close()
how = os.getpid() % 3
if how == 0:
    os._exit(7)
os.kill(os.getpid(), signal.SIGKILL if how == 1 else signal.SIGSEGV)
