import os
import socket
import systemd.daemon

(descriptor,) = systemd.daemon.listen_fds()
listener = socket.socket(fileno=descriptor)
systemd.daemon.notify("READY=1")
while True:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nsystemd.daemon %s\n" % os.environb[b"LISTEN_FDNAMES"])
