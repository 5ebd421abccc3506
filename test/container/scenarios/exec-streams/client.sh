. /opt/scenario/lib.sh

echo "== default"
verb start default.service
dumped /tmp/default.json fd:0 passed

echo "== file"
verb start file.service
cat /tmp/file.out
verb start file-same.service
cat /tmp/same.out
dumped /tmp/same.json fd:1 fd:2
verb start user-file.service
stat -c '%U:%G %a' /tmp/user-file.out

echo "== append, truncate, overwrite"
for name in append truncate overwrite; do
    echo "a longer old line" >/tmp/$name.out
    verb start $name.service
    cat /tmp/$name.out
    dumped /tmp/$name.json fd:1
done

echo "== data"
verb start data.service
cat /tmp/data.out

echo "== null"
verb start null.service
dumped /tmp/null.json fd:0 fd:1 fd:2

echo "== one file for both"
echo "input" >/tmp/both.file
verb start both.service
dumped /tmp/both.json fd:0 fd:1

echo "== output inherits a read-only input"
verb start inherit.service
dumped /tmp/inherit.json fd:0
dumped /tmp/inherit.json fd:1 | grep -c scenario.input

echo "== fd:NAME"
verb start named.socket
echo "hello" >/run/named.fifo
await grep -qs LISTEN /tmp/named.out
cat /tmp/named.out

echo "== socket: a FIFO as standard input"
verb start fifo.socket
echo "hello" >/run/fifo.fifo
await grep -qs LISTEN /tmp/fifo.out
cat /tmp/fifo.out

echo "== a FIFO that nobody has opened yet holds the start up, not the others"
mkfifo /tmp/waits.fifo
verb start waits.service >/tmp/waits.verb &
await is waits.service activating/start
verb start default.service
echo "at last" >/tmp/waits.fifo
wait
cat /tmp/waits.verb
await grep -qs last /tmp/waits.out
cat /tmp/waits.out
# An end right behind the start is no failed start.
for instance in 1 2 3; do
    verb start waits-short@$instance.service >/tmp/waits.verb &
    await is waits-short@$instance.service activating/start
    : >/tmp/waits.fifo
    wait
    cat /tmp/waits.verb
done
verb start waits-missing.service >/tmp/waits.verb &
await is waits-missing.service activating/start
: >/tmp/waits.fifo
wait
cat /tmp/waits.verb
facts waits-missing.service
