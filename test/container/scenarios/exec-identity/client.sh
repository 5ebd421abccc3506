. /opt/scenario/lib.sh

ids() {
    echo "== $1"
    dumped /tmp/$1.json uid euid gid egid groups | paste -sd' '
}

verb start user.service user-number.service group.service groups.service groups-reset.service
for unit in user user-number group groups groups-reset; do ids $unit; done

verb start directory.service directory-home.service directory-optional.service root-directory.service
for unit in directory directory-home directory-optional; do
    echo "== $unit"
    dumped /tmp/$unit.json cwd umask
done
echo "== root-directory"
cat /opt/fixtures/root-directory.trace

echo "== limits"
verb start limits.service
dumped /tmp/limits.json limits | tr ']' '\n' | sed 's/^, //; /rtprio\|nice/d'

echo "== nothing asked for"
verb start plain.service
dumped /tmp/plain.json umask cwd blocked ignored nice passed fd:0
python3 - <<'PYTHON'
import json
dump = json.load(open("/tmp/plain.json"))
print("leads a session:", dump["sid"] == dump["pid"], "and a process group:", dump["pgid"] == dump["pid"])
print("child of", dump["ppid"])
PYTHON
echo "== signals"
verb start signals.service
dumped /tmp/signals.json blocked ignored nice

verb start prefixes.service
for prefix in plus bang bangbang colon at minus combined none; do
    ids $prefix
    dumped /tmp/$prefix.json cwd umask env:USER,HOME
done
dumped /tmp/colon.json args
dumped /tmp/at.json argv
dumped /tmp/combined.json argv
verb start permissions.service
ids permissions-pre
ids permissions
