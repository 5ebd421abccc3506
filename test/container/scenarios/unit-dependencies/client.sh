. /opt/scenario/lib.sh

active() {
    for unit; do systemctl is-active "$unit.service" | sed "s/^/$unit /"; done
}

down() {
    for unit; do await is "$unit.service" "${2:-inactive}/dead"; done
}

dies() {
    systemctl kill --signal=KILL --kill-whom=main "$1"
    await is "$1" failed/failed
    systemctl reset-failed "$1"
}

echo "== order of start and stop"
verb start chain1.service
trace
verb stop chain1.service chain2.service chain3.service
trace
verb start chain1.service
verb stop chain2.service
trace
systemctl stop chain1.service chain2.service chain3.service
verb start traced@b.service traced@a.service
systemctl stop traced@b.service traced@a.service
trace | sort

echo "== what fails with what"
verb start needs-failing.service
facts needs-failing.service fails.service
verb start needs-failing-unordered.service
await is fails-late.service failed/failed
facts needs-failing-unordered.service
verb start wants-failing.service
verb start needs-missing.service
verb start binds-missing.service
verb start requisite-down.service
facts requisite-down.service
verb start base.service
verb start requisite-down.service
trace

echo "== a unit that is stopped"
verb start requires-base.service requires-base-unordered.service binds-base.service wants-base.service part-of-base.service
verb stop base.service
active requires-base requires-base-unordered binds-base wants-base part-of-base requisite-down

echo "== a unit that dies"
verb start requires-base.service requires-base-unordered.service binds-base.service wants-base.service part-of-base.service
dies base.service
await is binds-base.service inactive/dead
active requires-base requires-base-unordered binds-base wants-base part-of-base

echo "== a unit that is restarted"
verb start requires-base.service binds-base.service wants-base.service part-of-base.service
before=$(systemctl show -P MainPID requires-base.service binds-base.service wants-base.service part-of-base.service)
verb restart base.service
await is binds-base.service active/running
after=$(systemctl show -P MainPID requires-base.service binds-base.service wants-base.service part-of-base.service)
set -- $after
for pid in $before; do
    [ "$pid" = "$1" ] && echo "the same process" || echo "another process"
    shift
done
active requires-base binds-base wants-base part-of-base

echo "== conflicts"
verb start left.service
verb start right.service
active left right
verb start left.service
active left right
# Asked for at the same time: the later one wins, whether the first was still up to be stopped or not.
systemctl start left.service right.service 2>/dev/null
active left right
verb start contradiction.target
verb start mild-contradiction.target
active left right

echo "== OnFailure and OnSuccess"
verb start reports.service
await grep -qs handler /tmp/trace
trace
verb start reports-success.service
await grep -qs handler /tmp/trace
trace

echo "== targets"
verb start group.target
active member1 member2
verb stop group.target
active member1 member2

echo "== the rest"
verb start upholder.service
await is upheld.service active/running
verb stop upheld.service
await is upheld.service active/running
verb start propagates.service reloaded.service
verb reload propagates.service
# Only the named unit's reload is waited for.
await grep -qs other /tmp/trace
await is reloaded.service active/running
trace | sort
verb stop propagates.service
active reloaded
verb start refuses.service
verb start refuses-stop.service
verb stop refuses-stop.service
active refuses-stop
verb start needs-unneeded.service
verb stop needs-unneeded.service
await is unneeded.service inactive/dead
active unneeded
