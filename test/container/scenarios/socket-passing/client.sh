. /opt/scenario/lib.sh

for name in names bad-name order; do
    echo "== $name"
    verb start $name.socket
    verb start $name.service
    dumped /tmp/$name.json passed env:LISTEN_FDS,LISTEN_FDNAMES
done

echo "== several sockets"
verb start one.socket two.socket several.socket
verb start several.service
# In which order the units come is left open.
python3 - <<'PYTHON'
import json
dump = json.load(open("/tmp/several.json"))
env = dict(entry.split("=", 1) for entry in dump["environ"])
fds = [fd["socket"]["address"] for fd in dump["fds"] if fd["fd"] > 2]
print(env["LISTEN_FDS"], sorted(zip(env["LISTEN_FDNAMES"].split(":"), fds)))
PYTHON

echo "== Sockets="
verb start pq.service
state p.socket
state q.socket
python3 - <<'PYTHON'
import json
dump = json.load(open("/tmp/pq.json"))
env = dict(entry.split("=", 1) for entry in dump["environ"])
fds = [fd["socket"]["address"] for fd in dump["fds"] if fd["fd"] > 2]
print(env["LISTEN_FDS"], sorted(zip(env["LISTEN_FDNAMES"].split(":"), fds)))
PYTHON

echo "== a service started by hand without its socket"
verb start alone.service
state alone.socket
dumped /tmp/alone.json passed env:LISTEN_FDS,LISTEN_PID,LISTEN_FDNAMES

echo "== NonBlocking="
verb start nonblocking.socket nonblocking.service
dumped /tmp/nonblocking.json passed
verb start sets-flag.socket
systemctl start sets-flag.service
systemctl start sets-flag.service
cat /tmp/sets-flag.out

echo "== LISTEN_PID"
verb start shell.socket pid.socket
verb start shell.service pid.service
cat /tmp/shell.out /tmp/pid.out

echo "== nothing else is open"
verb start plain.service
dumped /tmp/plain.json passed
