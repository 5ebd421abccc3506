# ask.py ADDRESS TEXT [TIMES]: sends a line and prints what comes until the end of the connection. (No half-close: the
# real systemd-socket-proxyd takes one for the end of both directions.)
import socket, sys


def connect(address):
    if address.startswith("/"):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        client.connect(address)
        return client
    return socket.create_connection(("127.0.0.1", int(address)), 10)


if __name__ == "__main__":
    client = connect(sys.argv[1])
    client.sendall(sys.argv[2].encode() * int((sys.argv[3:] or ["1"])[0]) + b"\n")
    print(client.makefile().read().strip())
