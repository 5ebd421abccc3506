. /opt/scenario/lib.sh

stored() {
    [ "$(systemctl show -P NFileDescriptorStore "$1")" = "$2" ]
}

echo "== restart"
verb start store.socket
verb start store.service
await stored store.service 3
verb restart store.service
trace
echo "== a full stop forgets"
verb stop store.service
stored store.service 0 && echo "forgotten"
verb start store.service
trace

echo "== none by default"
verb start none.service
verb restart none.service
trace

echo "== no more than the limit"
verb start full.service
await stored full.service 1
verb restart full.service
trace

echo "== FileDescriptorStorePreserve="
# Something that refers to the unit, or systemd would forget it, and what it stored.
verb start keeper.target
await stored preserve.service 2
verb stop preserve.service
state preserve.service
verb start preserve.service
trace
