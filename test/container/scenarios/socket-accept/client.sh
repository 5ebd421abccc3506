. /opt/scenario/lib.sh

echo "== echo, and the names of instances"
python3 - <<'PYTHON'
import re, socket, subprocess, time

def units(pattern):
    out = subprocess.run(
        ["systemctl", "list-units", "--plain", "--no-legend", pattern], capture_output=True, text=True
    ).stdout
    return [line.split()[0] for line in out.splitlines()]

def until(what):
    limit = time.monotonic() + 10
    while not what() and time.monotonic() < limit:
        time.sleep(0.02)

def state(unit):
    return subprocess.run(
        ["systemctl", "show", "-P", "ActiveState", "-P", "SubState", unit], capture_output=True, text=True
    ).stdout.split()

def counts(unit):
    return subprocess.run(
        ["systemctl", "show", "-p", "NConnections", "-p", "NAccepted", "-p", "NRefused", unit], capture_output=True, text=True
    ).stdout.split()

def echo(connection):
    connection.sendall(b"hello\n")
    return connection.recv(100).decode().strip() or "closed"

# One after the other, so that the numbers are known.
first = socket.create_connection(("127.0.0.1", 7010))
print(echo(first))
second = socket.create_connection(("127.0.0.1", 7010))
print(echo(second))
third = socket.socket(socket.AF_UNIX)
third.connect("/run/echo.sock")
print(echo(third))
until(lambda: len(units("echo@*")) == 3)
for name in sorted(units("echo@*")):
    for number, connection in enumerate((first, second)):
        name = name.replace(f":{connection.getsockname()[1]}.service", f":PORT{number}.service")
    print(re.sub(r"@2-\d+-\d+\.service", "@2-PID-UID.service", name))
print(state("echo.socket"), counts("echo.socket"))
for connection in (first, second, third):
    connection.close()
until(lambda: units("echo@*") == [])
print(units("echo@*"), state("echo.socket"), counts("echo.socket"))

print("== MaxConnections")
connections = []
for number in range(3):
    connection = socket.create_connection(("127.0.0.1", 7012))
    connections.append(connection)
    try:
        print(number, echo(connection))
    except OSError as error:
        print(number, "closed")
print(counts("max.socket"))
connections[0].close()
until(lambda: "NConnections=1" in counts("max.socket"))
connection = socket.create_connection(("127.0.0.1", 7012))
print("a place is free:", echo(connection))

print("== MaxConnectionsPerSource")
def tcp(source):
    connection = socket.create_connection(("127.0.0.1", 7013), source_address=(source, 0))
    connections.append(connection)
    try:
        return echo(connection)
    except OSError:
        return "closed"
def unix():
    connection = socket.socket(socket.AF_UNIX)
    connections.append(connection)
    connection.connect("/run/source.sock")
    try:
        return echo(connection)
    except OSError:
        return "closed"
print("127.0.0.1:", tcp("127.0.0.1"), "again:", tcp("127.0.0.1"), "127.0.0.2:", tcp("127.0.0.2"))
print("a user:", unix(), "again:", unix())

print("== REMOTE_ADDR and REMOTE_PORT")
def peer(name):
    connection = socket.socket(socket.AF_UNIX)
    if name is not None:
        connection.bind(name)
    connection.connect("/run/env.sock")
    return connection.makefile().read().strip()
print(peer(None))
print(peer("/run/peer"))
print(peer("\0peer"))

print("== no template")
connection = socket.create_connection(("127.0.0.1", 7014))
try:
    print("read", connection.recv(10))
except OSError as error:
    print(error.strerror)
until(lambda: state("no-template.socket")[0] == "failed")
print(state("no-template.socket"))
try:
    socket.create_connection(("127.0.0.1", 7014))
except OSError as error:
    print(error.strerror)

print("== an instance that fails")
connection = socket.create_connection(("127.0.0.1", 7015))
connection.sendall(b"hello\n")
print(connection.makefile().read().strip())
until(lambda: len(units("fails@*")) == 1 and state(units("fails@*")[0])[0] == "failed")
print([re.sub(r":\d+\.service", ":PORT.service", name) for name in units("fails@*")], state("fails.socket"))
PYTHON

echo "== a connection as descriptor 3"
python3 - <<'PYTHON'
import json, socket
for family, address in ((socket.AF_INET, ("127.0.0.1", 7011)), (socket.AF_UNIX, "/run/passed.sock")):
    connection = socket.socket(family)
    connection.connect(address)
    own = connection.getsockname()
    pid = connection.makefile().read().strip()
    dump = json.load(open("/tmp/passed.json"))
    env = dict(entry.split("=", 1) for entry in dump["environ"])
    print(pid == str(dump["pid"]), env["LISTEN_FDS"], env["LISTEN_FDNAMES"], env.get("REMOTE_ADDR"),
        "its port" if env.get("REMOTE_PORT") == str(own[1] if own else None) else env.get("REMOTE_PORT"))
    [fd] = [fd for fd in dump["fds"] if fd["fd"] > 2]
    print(fd["fd"], fd["nonblock"], fd["cloexec"], fd["socket"]["family"], fd["socket"]["listening"], fd["socket"]["address"])
PYTHON
systemctl show -P Result no-template.socket
