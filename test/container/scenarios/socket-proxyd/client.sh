. /opt/scenario/lib.sh

ask() {
    python3 /opt/ask.py "$@"
}

echo "== asleep"
state proxy.socket; state proxy.service; state backend.service

echo "== the first connection wakes the proxy, and what it requires"
ask 7201 hello
state proxy.socket; state proxy.service; state backend.service
systemctl show -P StatusText proxy.service

echo "== a Unix client, a megabyte, and a TCP backend by its name"
ask /run/proxy.sock hello
ask 7201 xxxxx 200000
ask 7202 hello

echo "== idle: both stop, and the socket listens"
systemctl stop tcp.service 2>/dev/null
await is proxy.service inactive/dead
await is backend.service inactive/dead
await is proxy.socket active/listening
facts proxy.socket proxy.service backend.service

echo "== and again"
ask 7201 again
state proxy.service; state backend.service

echo "== words on the command line"
proxyd=/usr/lib/systemd/systemd-socket-proxyd
for words in "" "a b" "-c 0 a" "-c x a" "-c -1 a" "--exit-idle-time=x a" "--exit-idle-time= a" "a" "--connections-max=0b11 a" "-c ' 3' a"; do
    eval "$proxyd $words" 2>&1
    echo "$words: $?"
done
