. /opt/scenario/lib.sh

for unit in with without; do
    echo "== $unit"
    verb start $unit.socket
    facts $unit.socket
    verb stop $unit.socket
    for step in start-pre start-post stop-pre stop-post; do
        echo "$step"
        dumped /tmp/$unit-$step.json env:LISTEN_FDS,LISTEN_FDNAMES passed
    done
done
echo "== failures"
for unit in pre-fails post-fails ignored slow; do
    # Long before the default timeout.
    timeout 30 systemctl start $unit.socket >/dev/null 2>&1
    echo "start $unit.socket: $?"
    facts $unit.socket
    trace
done
nc 127.0.0.1 7063 </dev/null || echo "refused"
