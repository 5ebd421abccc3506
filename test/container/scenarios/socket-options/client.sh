. /opt/scenario/lib.sh

for unit in plain options-tcp4 options-tcp6 options-dual options-only6 options-udp4 options-udp6 options-unix \
    options-datagram options-seqpacket options-netlink options-fifo options-queue options-udplite free variants tos \
    system-default; do
    echo "== $unit"
    verb start $unit.socket
    verb start read-options@$unit.service
    cat /tmp/$unit.options
done

echo "== refused by the kernel"
for unit in no-device no-congestion no-sctp; do
    verb start $unit.socket
    facts $unit.socket
done

echo "== accepted connections"
verb start accepted.socket
nc -w 10 127.0.0.1 7213 </dev/null
cat /tmp/accepted.options
rm /tmp/accepted.options
nc -w 10 -U /run/accepted.sock </dev/null
cat /tmp/accepted.options
