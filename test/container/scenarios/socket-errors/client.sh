. /opt/scenario/lib.sh

for unit in no-listen cleared cleared-all bad-line bad-lines-only accept-service accept-datagram accept-fifo bad-max \
    bad-service nothing-bound free-bind one-taken comment specifiers; do
    verb start $unit.socket
    echo "  $(systemctl show -P LoadState $unit.socket) $(state $unit.socket) $(systemctl show -P Result $unit.socket)"
done
ls /run | grep -e cleared -e bad -e comment -e specifiers
nc 127.0.0.1 7050 </dev/null || echo "refused"
