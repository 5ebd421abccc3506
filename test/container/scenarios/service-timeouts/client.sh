. /opt/scenario/lib.sh

# Without the CONT that comes with each TERM: it may come too late to be seen.
caught() {
    trace | grep -v 'signal 18'
}

run() {
    verb start "$1"
    facts "$1"
    caught
}

ended() {
    case $(systemctl show -P ActiveState "$1") in failed | inactive) true ;; *) false ;; esac
}

echo "== start"
for unit in start start-pre start-abort start-kill start-post oneshot-none timeout; do run $unit.service; done

echo "== stop"
for unit in stop stop-command stop-post stop-abort; do
    verb start $unit.service
    verb stop $unit.service
    facts $unit.service
    trace
done

echo "== reload"
verb start reload.service
verb reload reload.service
facts reload.service

echo "== runtime"
verb start runtime.service
await ended runtime.service
facts runtime.service
caught

echo "== EXTEND_TIMEOUT_USEC"
run extend-start.service
run extend-start-late.service
verb start extend-stop.service
verb stop extend-stop.service
facts extend-stop.service
trace
verb start extend-runtime.service
await ended extend-runtime.service
facts extend-runtime.service
trace
