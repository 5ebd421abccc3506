. /opt/scenario/lib.sh

ask() {
    nc -w 10 127.0.0.1 "$1" </dev/null
}

echo "== it listens again when its service has ended"
inode=$(ss -Hlxne 'src /run/once.sock' | grep -o 'ino:[0-9]*\|\* [0-9]*' | head -n 1)
python3 - <<'PYTHON'
import socket
def ask():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect("/run/once.sock")
    return s
one = ask().makefile().read()
two = ask().makefile().read()
print("another process:", one != two)
# Five at once: each is answered by a process of its own, none is lost.
waiting = [ask() for _ in range(5)]
print("answers:", len({connection.makefile().read() for connection in waiting}))
PYTHON
[ "$(ss -Hlxne 'src /run/once.sock' | grep -o 'ino:[0-9]*\|\* [0-9]*' | head -n 1)" = "$inode" ] && echo "the same socket"
await is once.socket active/listening
facts once.socket

echo "== the service's start limit"
ask 7030
await is crash.socket failed/failed
await is crash.service failed/failed
facts crash.socket crash.service
grep -c run /tmp/crash
await test -s /tmp/report
cat /tmp/report
nc 127.0.0.1 7030 </dev/null || echo "refused"
verb reset-failed crash.socket crash.service
verb start crash.socket
facts crash.socket
systemctl stop crash.socket

echo "== a condition that is not met"
ask 7031
await is unmet.socket failed/failed
facts unmet.socket unmet.service

echo "== the trigger limit"
ask 7032
await is limit.socket failed/failed
facts limit.socket limit.service
wc -l </tmp/limit

echo "== one side stopped while the other runs"
first=$(ask 7033)
state stays.socket
verb start stays.socket
verb stop stays.service
await is stays.socket active/listening
second=$(ask 7033)
[ -n "$second" ] && [ "$first" != "$second" ] && echo "started again"
verb stop stays.socket
state stays.service
nc -w 1 127.0.0.1 7033 </dev/null | grep -c .
verb start stays.socket
state stays.socket
verb stop stays.service
verb start stays.socket
ask 7034 >/dev/null
verb stop required.socket
state required.service

echo "== while the service waits to be restarted"
ask 7035 >/dev/null
await is waits.service activating/auto-restart
state waits.socket
nc 127.0.0.1 7035 </dev/null >/dev/null &
await is waits.socket active/running
state waits.service
wc -l </tmp/waits
systemctl stop waits.socket waits.service
wait

echo "== no service, no socket"
verb start missing.socket
facts missing.socket
verb start masked.socket
facts masked.socket
nc 127.0.0.1 7036 </dev/null || echo "refused"

echo "== a socket that comes after its service"
verb start by-hand.service
verb start by-hand.socket
facts by-hand.socket

echo "== while the socket waits to be stopped"
verb start blocker.service
systemctl stop --no-block blocker.service pending.socket
await is blocker.service deactivating/stop
state pending.socket
nc -w 10 127.0.0.1 7041 </dev/null | grep -c .
state pending.service
: >/tmp/pending-go
await is pending.socket inactive/dead
ls /tmp/pending 2>/dev/null

echo "== FlushPending"
python3 - <<'PYTHON'
import socket, subprocess, time
connections = [socket.create_connection(("127.0.0.1", 7039)) for _ in range(4)]
open("/tmp/flush-go", "w")
answers = []
for connection in connections:
    connection.settimeout(10)
    try:
        answers.append(bool(connection.makefile().read()))
    except ConnectionResetError:
        answers.append(False)
print("answered:", sum(answers))
PYTHON
await is flush.socket active/listening
wc -l </tmp/flush

echo "== a service that fails after its work"
ask 7040 >/dev/null
await is fails.socket active/listening
state fails.service
ask 7040 >/dev/null
await is fails.socket active/listening
wc -l </tmp/fails

echo "== a taken port"
verb start taken.socket
facts taken.socket
