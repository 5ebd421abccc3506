# Answers a line with its length and its beginning, on a Unix and a TCP socket.
import os, socket, threading
from systemd import daemon

if os.path.exists("/run/backend.sock"):
    os.unlink("/run/backend.sock")
unix = socket.socket(socket.AF_UNIX)
unix.bind("/run/backend.sock")
unix.listen(100)
tcp = socket.create_server(("127.0.0.1", 7203))


def answer(connection):
    with connection, connection.makefile("rwb") as stream:
        line = stream.readline()
        stream.write(b"got %d: %s\n" % (len(line), line[:5]))


def serve(listener):
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],)).start()


threading.Thread(target=serve, args=(unix,)).start()
threading.Thread(target=serve, args=(tcp,)).start()
daemon.notify("READY=1")
