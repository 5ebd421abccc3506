"""What comes beside the data, by kind."""

import socket

kinds = {(1, 2): "credentials", (1, 35): "time", (0, 8): "packet info"}
with open("/tmp/told", "a") as out:
    for fd in 3, 4:
        listening = socket.socket(fileno=fd)
        listening.settimeout(10)
        _, ancillary, _, _ = listening.recvmsg(100, 1000)
        print(sorted(kinds.get((level, kind), (level, kind)) for level, kind, _ in ancillary), file=out)
