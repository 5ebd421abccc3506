. /opt/scenario/lib.sh

mkfifo /run/special-fifo
for unit in netlink-group netlink-no-group netlink netlink-bad special-null special-read special-char special-file special-writable \
    special-missing special-directory special-socket vsock vsock-any device scope-name scope-number scope-before \
    port-only taken other-address seqpacket-tcp name port-high port-zero zero-port relative fifo-relative fifo-proc \
    abstract-long abstract-max var-run double queue-deep queue-file usb bad-protocol mapped sctp bad-mode \
    bad-backlog fifo-writable; do
    verb start $unit.socket
    echo "  $(systemctl show -P LoadState -P ActiveState $unit.socket | paste -sd ' ') $(systemctl show -P Result $unit.socket)"
    # One that is ready to be read from the first has started its service by itself.
    if [ "$(systemctl show -P ActiveState $unit.socket)" = active ]; then
        systemctl start passed@$unit.service
        dumped /tmp/$unit.json passed env:LISTEN_FDNAMES | sed 's/^/  /'
    fi
done

echo "== only from the interface"
nc -z -w 5 127.0.0.1 7303 2>/dev/null && echo "by lo"
nc -z -w 5 $(hostname -i | cut -d ' ' -f 1) 7303 2>/dev/null || echo "not by its own address"
