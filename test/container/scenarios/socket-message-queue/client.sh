. /opt/scenario/lib.sh

verb start queue.socket kept.socket
stat -c '%n %a %U:%G' /dev/mqueue/q /dev/mqueue/kept
cat /dev/mqueue/q | sed 's/  */ /g'
verb start queue.service
dumped /tmp/queue.json passed env:LISTEN_FDNAMES
verb stop queue.socket kept.socket
ls /dev/mqueue
