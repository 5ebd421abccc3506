. /opt/scenario/lib.sh

status() {
    echo "status of $1: $(systemctl show -P StatusText "$1")"
}

has_status() {
    [ "$(systemctl show -P StatusText "$1")" = "$2" ]
}

ended() {
    case $(systemctl show -P ActiveState "$1") in failed | inactive) true ;; *) false ;; esac
}

echo "== READY, STATUS, ERRNO, STOPPING"
verb start full.service
status full.service
: >/tmp/step1
await has_status full.service ""
status full.service
: >/tmp/step2
await has_status full.service "last words"
systemctl show -P StatusErrno full.service
: >/tmp/step3
await is full.service deactivating/stop-sigterm
facts full.service
: >/tmp/step4
await ended full.service
facts full.service
trace

echo "== MAINPID"
verb start mainpid.service
[ "$(systemctl show -P MainPID mainpid.service)" = "$(cat /tmp/mainpid)" ] && echo "the one named"
facts mainpid.service
verb stop mainpid.service

echo "== NotifyAccess"
verb start access-none.service
dumped /tmp/access-none.json env:NOTIFY_SOCKET
verb start access-main.service
facts access-main.service
for unit in access-default access-exec access-all; do
    verb start $unit.service
    status $unit.service
done

echo "== systemd-notify"
verb start tool.service
status tool.service
verb start tool-pid.service
tr '\0' ' ' <"/proc/$(systemctl show -P MainPID tool-pid.service)/cmdline"
echo
verb start tool-booted.service
trace
systemd-notify --ready 2>/dev/null
echo "without NOTIFY_SOCKET: $?"

echo "== BARRIER"
verb start barrier.service
trace
status barrier.service

echo "== WATCHDOG"
verb start watchdog.service watchdog-usec.service watchdog-signal.service watchdog-kept.service
: >/tmp/bark
await ended watchdog.service
facts watchdog.service
: >/tmp/shorten
await ended watchdog-usec.service
facts watchdog-usec.service
await ended watchdog-signal.service
facts watchdog-signal.service
await test -e /tmp/kept
facts watchdog-kept.service
await ended watchdog-kept.service
facts watchdog-kept.service

echo "== RELOADING"
verb start reloading.service
: >/tmp/reload
await is reloading.service reloading/reload-notify
facts reloading.service
: >/tmp/reloaded
await is reloading.service active/running
facts reloading.service

echo "== odds and ends"
verb start several-lines.service
status several-lines.service
