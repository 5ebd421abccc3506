. /opt/scenario/lib.sh

ask() {
    nc -w 10 127.0.0.1 "$1" </dev/null
}

inode() {
    ss -Hlxne 'src /run/idle.sock' | grep -o 'ino:[0-9]*\|\* [0-9]*' | head -n 1
}

echo "== the socket restarted while nobody uses it"
verb start idle.socket
first=$(inode)
verb restart idle.socket
state idle.socket
[ "$(inode)" != "$first" ] && echo "another socket"
verb try-restart idle.socket
verb reload-or-restart idle.socket
verb reload idle.socket
facts idle.socket

echo "== and while its service runs"
one=$(ask 7601)
verb restart idle.socket
facts idle.socket idle.service
verb stop idle.service
verb start idle.socket
two=$(ask 7601)
[ -n "$two" ] && [ "$one" != "$two" ] && echo "another process"

echo "== the service restarted with somebody in the queue"
verb start busy.socket
ask 7602 >/dev/null
ask 7602 >/tmp/busy-answer &
await sh -c "ss -Hltn 'sport = :7602' | awk '{ print \$2 }' | grep -qx 1"
verb restart busy.service
wait
wc -l </tmp/busy-answer
state busy.socket

echo "== and stopped"
verb restart busy.service
ask 7602 >/dev/null
ask 7602 >/tmp/busy-answer &
await sh -c "ss -Hltn 'sport = :7602' | awk '{ print \$2 }' | grep -qx 1"
verb stop busy.service
wait
wc -l </tmp/busy-answer
facts busy.socket busy.service
verb stop busy.socket busy.service

echo "== bound together"
verb start bound.socket
ask 7603 >/dev/null
verb stop bound.socket
facts bound.socket bound.service
verb start bound.socket
ask 7603 >/dev/null
verb restart bound.socket
facts bound.socket bound.service
verb start part.socket
ask 7604 >/dev/null
verb restart part.service
facts part.socket part.service
verb stop part.service
facts part.socket part.service

echo "== FlushPending, datagrams and FIFOs"
verb start flush-datagrams.socket
python3 - <<'PYTHON'
import socket
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for _ in range(5):
    sender.sendto(b"x", "/run/flush.dgram")
PYTHON
echo "a line" >/run/flush.fifo
: >/tmp/flush-go
await is flush-datagrams.service inactive/dead
await is flush-datagrams.socket active/listening
wc -l </tmp/flush-datagrams

echo "== commands at the end, and at the begin"
for unit in stop-fails stop-post-fails stop-hangs; do
    verb start $unit.socket
    verb stop $unit.socket
    facts $unit.socket
    trace
done
ls /run/stop-fails.sock 2>/dev/null
verb start pre-hangs.socket
facts pre-hangs.socket
verb start user.socket
cat /tmp/who-b
stat -c '%a %U' /run/user.sock
verb stop user.socket
facts user.socket

echo "== what comes beside the data"
verb start told.socket
python3 - <<'PYTHON'
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", "/run/told.dgram")
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 7605))
PYTHON
await is told.socket active/listening
await test -s /tmp/told
cat /tmp/told
