. /opt/scenario/lib.sh

echo "== what the end of a start means"
for type in simple exec oneshot oneshot-remain notify forking; do
    verb start $type.service
    [ $type = simple ] && await test -s /tmp/trace
    facts $type.service
    trace
done
verb start idle.service
facts idle.service
verb start oneshot-several.service
trace

echo "== main process"
[ "$(systemctl show -P MainPID forking.service)" = "$(cat /run/forking.pid)" ] && echo "the one in the file"
verb start forking-guess.service forking-noguess.service forking-late.service forking-relative.service
[ "$(systemctl show -P MainPID forking-guess.service)" != 0 ] && echo "guessed"
systemctl show -P MainPID forking-noguess.service
[ "$(systemctl show -P MainPID forking-late.service)" = "$(cat /run/forking-late.pid)" ] && echo "a late file"
[ "$(systemctl show -P MainPID forking-relative.service)" = "$(cat /run/forking-relative.pid)" ] && echo "below /run"
facts forking-guess.service forking-noguess.service forking-relative.service
verb stop forking.service forking-guess.service forking-noguess.service forking-late.service forking-relative.service
facts forking.service forking-guess.service
pgrep -f 'dumper.*daemonize'
ls /run/forking.pid 2>/dev/null

echo "== each type's failures"
for unit in exec-missing forking-nothing forking-fails forking-no-file notify-never notify-exits notify-fails; do
    verb start $unit.service
    facts $unit.service
done
verb start simple-missing.service
await is simple-missing.service failed/failed
facts simple-missing.service

echo "== notify-reload"
verb start notify-reload.service
verb reload notify-reload.service
trace
facts notify-reload.service
