"""answer.py COUNT HOW: answers that many connections with its process id, then ends: exit or kill."""

import os
import signal
import socket
import sys

listening = socket.socket(fileno=3)
for _ in range(int(sys.argv[1])):
    connection, _ = listening.accept()
    connection.sendall(f"{os.getpid()}\n".encode())
    connection.close()
if sys.argv[2] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
