. /opt/scenario/lib.sh

verb start queue.socket netlink.socket
facts queue.socket netlink.socket queue.service netlink.service

echo "== a message starts the service, which reads it; each further one starts it again"
python3 /opt/send.py first second third
three() {
    [ "$(grep -sc queue /tmp/trace)" = 3 ]
}
await three
await is queue.socket active/listening
trace

echo "== something happens to a network device"
python3 /opt/send.py
await test -s /tmp/trace
await is netlink.socket active/listening
trace
