. /opt/scenario/lib.sh

echo "== defaults"
for unit in defaults defaults-accept datagrams polled; do
    systemctl show -P TriggerLimitIntervalUSec -P TriggerLimitBurst -P PollLimitIntervalUSec -P PollLimitBurst \
        $unit.socket | paste -sd ' '
done

verb start killed.socket restarted.socket polled.socket unlimited.socket instances.socket datagrams.socket
python3 - <<'PYTHON'
import socket, subprocess, time

def ask(address):
    connection = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    connection.settimeout(20)
    connection.connect(address)
    return connection

def answer(connection):
    try:
        return connection.makefile().read().strip() or "nothing"
    except OSError as error:
        return error.strerror

# Whoever waits when the process dies is answered by the next one.
for name, address in ("killed", ("127.0.0.1", 7401)), ("restarted", "/run/restarted.sock"):
    answers = [answer(connection) for connection in [ask(address) for _ in range(100)]]
    print(f"{name}: {sum(text.isdigit() for text in answers)} of {len(answers)} answered, by {len(set(answers))} processes")

print("== the poll limit slows down, and loses nothing")
began = time.monotonic()
at = []
for connection in [ask(("127.0.0.1", 7402)) for _ in range(3)]:
    assert answer(connection).isdigit()
    at.append(time.monotonic() - began)
print("the third later:", at[2] >= 1)

print("== Accept=yes")
held = [ask(("127.0.0.1", 7404)) for _ in range(2)]
print([connection.recv(1).decode().isdigit() for connection in held])
print("over MaxConnections:", answer(ask(("127.0.0.1", 7404))))
print("over the trigger limit:", answer(ask(("127.0.0.1", 7404))))
PYTHON
await is instances.socket failed/failed
facts instances.socket
systemctl show -p NAccepted -p NRefused -p NConnections instances.socket
systemctl list-units --plain --no-legend 'instances@*' | awk '{ print $3, $4 }'

echo "== one datagram that nobody reads"
python3 - <<'PYTHON'
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", "/run/datagrams.sock")
PYTHON
await is datagrams.socket failed/failed
facts datagrams.socket
wc -l </tmp/datagrams
trace

echo "== who is told"
await grep -q datagrams /tmp/told
await grep -q instances /tmp/told
sort /tmp/told

echo "== no limit but the poll limit"
python3 - <<'PYTHON'
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 7403))
PYTHON
beyond_default() {
    [ "$(wc -l </tmp/unlimited)" -gt 25 ]
}
await test -s /tmp/unlimited
await beyond_default
systemctl show -P Result unlimited.socket
