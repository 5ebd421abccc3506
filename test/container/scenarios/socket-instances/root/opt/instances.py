import socket
import subprocess

from talk import ask, connect, masked, read, show, units, until

I4, I6, U = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX

print("== names and variables by kind of peer")
for how, own in [
    ((I4, ("127.0.0.1", 7501)), None),
    ((I6, ("::1", 7501)), None),
    ((U, socket.SOCK_SEQPACKET, "/run/many.seq"), None),
    ((U, socket.SOCK_SEQPACKET, "/run/many.seq"), "/run/many.peer"),
    ((U, "\0many"), "\0peer"),
]:
    connection = connect(*how, own=own)
    text = connection.recv(1000).decode() if socket.SOCK_SEQPACKET in how else read(connection)
    print(masked(text.strip(), None if how[0] == U else connection))

print("== inetd")
connection = connect(I4, ("127.0.0.1", 7503))
connection.sendall(b"a line\n")
print(read(connection).strip())
until(lambda: not units("inetd@*"))
print(open("/tmp/trace").read().strip())
print(ask(I4, ("127.0.0.1", 7504)).strip())

print("== the connection lasts until the instance is dead")
connection = connect(I4, ("127.0.0.1", 7505))
print(connection.recv(10))
connection.settimeout(0.3)
def ended():
    try:
        return connection.recv(10) == b""
    except TimeoutError:
        return False
print("while it runs:", ended())
open("/tmp/held-go", "w")
until(lambda: units("held@*") and units("held@*")[0][3] == "stop-post")
print("in ExecStopPost=:", ended(), show("held.socket", "NConnections"))
open("/tmp/held-post", "w")
connection.settimeout(10)
print("afterwards:", ended())
until(lambda: show("held.socket", "NConnections") == ["NConnections=0"])
print(show("held.socket", "NConnections", "NAccepted"))

print("== the socket stopped and started while instances run")
first = connect(I4, ("127.0.0.1", 7506))
def echo(connection):
    connection.sendall(b"hello")
    try:
        return connection.recv(10).decode() or "closed"
    except OSError as error:
        return error.strerror
print(echo(first))
def systemctl(*words):
    print(*words, subprocess.run(["systemctl", *words], capture_output=True).returncode)
systemctl("stop", "lives.socket")
print(echo(first), len(units("lives@*")), show("lives.socket", "NConnections", "NAccepted"))
systemctl("start", "lives.socket")
second = connect(I4, ("127.0.0.1", 7506))
print(echo(second), echo(first), show("lives.socket", "NConnections", "NAccepted"))
print(sorted(masked(masked(name, first), second) for name, *_ in units("lives@*")))
systemctl("restart", "lives.socket")
first.close()
until(lambda: len(units("lives@*")) == 1)
print(echo(second), show("lives.socket", "NConnections", "NAccepted"))
subprocess.run(["systemctl", "stop", units("lives@*")[0][0]])
print(second.recv(10), show("lives.socket", "NConnections"))

print("== an instance that can't be executed")
print(repr(ask(I4, ("127.0.0.1", 7507))))
until(lambda: show("fails.socket", "NConnections") == ["NConnections=0"])
print(show("fails.socket", "ActiveState", "SubState", "Result", "NConnections"))
until(lambda: units("fails@*") and units("fails@*")[0][2] == "failed")
print([words[1:4] for words in units("fails@*", "--all")])
subprocess.run(["systemctl", "reset-failed"])
print(units("fails@*", "--all"))

print("== an instance that stays")
connection = connect(I4, ("127.0.0.1", 7508))
print(read(connection).strip().isdigit())
until(lambda: units("oneshot@*")[0][3] == "exited")
print(show("oneshot.socket", "NConnections"), repr(ask(I4, ("127.0.0.1", 7508))))

print("== the template's own settings")
connection = connect(I4, ("127.0.0.1", 7509))
print(read(connection).strip())

print("== a condition that is not met")
print([repr(ask(I4, ("127.0.0.1", 7510))) for _ in range(3)])
print(show("unmet.socket", "ActiveState", "SubState", "NConnections", "NAccepted", "NRefused"))
