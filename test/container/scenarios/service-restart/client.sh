. /opt/scenario/lib.sh

# A unit that has come to rest: restarted, or ended for good.
rests() {
    for unit; do
        case $(state "$unit") in
        active/exited | inactive/dead | failed/failed) ;;
        active/running) [ "$(systemctl show -P NRestarts "$unit")" -gt 0 ] || return 1 ;;
        *) return 1 ;;
        esac
    done
}
settled() {
    await rests "$@"
    for unit; do
        echo "$unit $(state "$unit") restarts=$(systemctl show -P NRestarts "$unit")"
    done
}

echo "== which end restarts"
for how in always on-success on-failure on-abnormal on-abort; do
    units=
    for end in clean unclean term abort kill; do units="$units $how@$end.service"; done
    systemctl start $units
    # Ends that lead to no restart are reached before the others have begun their second run.
    for unit in $units; do settled "$unit"; done
done
systemctl start no.service on-watchdog@unclean.service on-watchdog@abort.service on-watchdog@hang.service \
    on-abnormal@hang.service on-failure@hang.service
await grep -qs run /tmp/on-watchdog-hang
for kind in on-watchdog on-abnormal on-failure; do
    await test "$(wc -l <"/tmp/$kind-hang")" -ge 1
    await sh -c "[ \$(wc -l </tmp/$kind-hang) -ge 2 ]"
done
settled no.service on-watchdog@unclean.service on-watchdog@abort.service
systemctl show -P Result no.service

echo "== exit statuses that say otherwise"
systemctl start prevent.service force.service
settled prevent.service force.service
trace

echo "== commands around a restart"
verb start commands.service
: >/tmp/end-once
await sh -c '[ $(wc -l </tmp/commands) = 2 ]'
settled commands.service
trace
verb start oneshot.service
settled oneshot.service
verb start pre.service
settled pre.service

echo "== no restart after a stop"
verb start stopped.service
verb stop stopped.service
settled stopped.service
trace
verb start stopped.service
systemctl kill --signal=KILL --kill-whom=main stopped.service
await sh -c '[ $(wc -l </tmp/trace) = 2 ]'
await is stopped.service active/running
settled stopped.service
rm /tmp/trace

echo "== while it waits"
verb start waiting.service
await is waiting.service activating/auto-restart
facts waiting.service
verb stop waiting.service
facts waiting.service
verb start waiting.service
await is waiting.service activating/auto-restart
verb restart waiting.service
await is waiting.service activating/auto-restart
systemctl show -P NRestarts waiting.service
verb stop waiting.service
