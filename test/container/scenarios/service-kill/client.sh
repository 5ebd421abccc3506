. /opt/scenario/lib.sh

sleeping() {
    pgrep -f "dumper .*sleep $1" >/dev/null && echo "$1 lives" || echo "$1 is gone"
}

# trapping FILE COUNT: so many have all their handlers in place.
trapping() {
    count=0
    for pid in $(pgrep -f "dumper trap /tmp/$1"); do
        grep -qs '^SigCgt:.*8024a07$' "/proc/$pid/status" && count=$((count + 1))
    done
    [ "$count" -ge "$2" ]
}

ignoring_term() {
    grep -q '^SigIgn:.*[4-7][0-9a-f][0-9a-f][0-9a-f]$' "/proc/$(systemctl show -P MainPID "$1")/status"
}

# What was caught, without the CONT that comes with each TERM: it may come too late to be seen.
caught() {
    grep -v 'signal 18' "$1"
}

echo "== control-group: nothing stays"
verb start control-group.service
verb stop control-group.service
facts control-group.service
sleeping 1001
sleeping 1002

echo "== nor what has left session, group and parent"
verb start daemons.service
await test -e /tmp/daemons
await pgrep -f "sleep 1012" >/dev/null
verb stop daemons.service
facts daemons.service
pgrep -fa "sleep 101[0-3]"

echo "== process: the main process alone"
verb start process.service
verb stop process.service
facts process.service
sleeping 1003

echo "== mixed: TERM for the main process, KILL for the others"
verb start mixed.service
await trapping mixed 2
verb stop mixed.service
facts mixed.service
caught /tmp/mixed-main
[ -s /tmp/mixed-child ] || echo "the child got no TERM"
trapping mixed 1 || echo "it is gone"

echo "== none: nothing is killed"
verb start none.service
verb stop none.service
facts none.service
sleeping 1004
sleeping 1005

echo "== signals"
verb start signal.service
await trapping signal 1
verb stop signal.service
facts signal.service
caught /tmp/signal
verb start signal-ends.service
verb stop signal-ends.service
facts signal-ends.service
verb start hangup.service
await ignoring_term hangup.service
verb stop hangup.service
cat /tmp/hangup
facts hangup.service
verb start no-kill.service
await ignoring_term no-kill.service
verb stop no-kill.service
facts no-kill.service
sleeping 1006
verb start final.service
await ignoring_term final.service
verb stop final.service
facts final.service
cat /tmp/final
verb start restart-signal.service
await grep -qs started /tmp/restart-signal
verb restart restart-signal.service
await sh -c '[ $(grep -c started /tmp/restart-signal) = 2 ]'
verb stop restart-signal.service
cat /tmp/restart-signal

echo "== a stopped process gets CONT too"
verb start stopped-process.service
await grep -q "^State:.T" "/proc/$(systemctl show -P MainPID stopped-process.service)/status"
verb stop stopped-process.service
facts stopped-process.service

echo "== what the main process leaves behind"
verb start main-dies.service
: >/tmp/main-dies
await is main-dies.service inactive/dead
facts main-dies.service
sleeping 1008
sleeping 1009

echo "== systemctl kill"
for whom in main all; do
    verb start killed@$whom.service
    await trapping $whom- 2
    verb kill --signal=USR1 --kill-whom=$whom killed@$whom.service
    await grep -qs 10 /tmp/$whom-main
    # Before the TERM, whose handler would come first.
    [ $whom = main ] || await grep -qs 10 /tmp/$whom-child
    verb kill --signal=TERM --kill-whom=main killed@$whom.service
    await is killed@$whom.service inactive/dead
    caught /tmp/$whom-main
done
grep -c 10 /tmp/all-child
grep -c 10 /tmp/main-child
verb kill --signal=USR1 nothing.service
