. /opt/scenario/lib.sh

run() {
    verb start "$1"
    facts "$1"
    trace
}

echo "== order"
run order.service
verb reload order.service
trace
verb stop order.service
facts order.service
trace

echo "== failures"
for unit in pre-fails pre-ignored start-fails post-fails condition-skips condition-fails; do run $unit.service; done

echo "== at the stop"
verb start stop-fails.service stop-post-fails.service
verb stop stop-fails.service
trace
verb stop stop-post-fails.service
trace
facts stop-fails.service stop-post-fails.service
run only-stop.service
verb stop only-stop.service
trace
run stop-kills.service
await grep -q '^SigCgt:.*8024a07$' "/proc/$(systemctl show -P MainPID stop-kills.service)/status"
verb stop stop-kills.service
trace
grep -v 'signal 18' /tmp/signals

echo "== an end by itself"
run main-ends.service
: >/tmp/end
await is main-ends.service inactive/dead
facts main-ends.service
trace
verb start remain.service
await is remain.service active/exited
facts remain.service
verb stop remain.service
facts remain.service
trace

echo "== reload"
verb start reload-fails.service no-reload.service
verb reload reload-fails.service
verb reload no-reload.service
verb reload-or-restart no-reload.service
verb reload order.service
facts reload-fails.service no-reload.service
trace
