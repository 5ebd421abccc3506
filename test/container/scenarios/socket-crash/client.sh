. /opt/scenario/lib.sh

verb start dies.socket restarts.socket

echo "== started again by whoever waits"
python3 /opt/clients.py 7901 /run/dies.sock 600
await is dies.socket active/listening
facts dies.socket

echo "== restarted after each crash"
python3 /opt/clients.py 7902 /run/restarts.sock 600
systemctl show -P Result restarts.socket
