. /opt/scenario/lib.sh

directory=/etc/systemd/system
[ -d /etc/usher/units ] && directory=/etc/usher/units

echo "hello" | nc -N -U /run/c.sock
stat -c '%G' /run/c.sock

echo "== the file is gone"
mv $directory/c.socket /tmp/
verb daemon-reload
state c.socket
systemctl show -P LoadState c.socket
stat -c '%G' /run/c.sock

echo "== it is back"
mv /tmp/c.socket $directory/
verb daemon-reload
state c.socket
verb restart c.socket
state c.socket
stat -c '%G' /run/c.sock
echo "hello again" | nc -N -U /run/c.sock

echo "== a running service takes its new file"
verb start plain.service
sed -i 's/before/after/' $directory/plain.service
systemctl show -P Description plain.service
systemctl show -P NeedDaemonReload plain.service
verb daemon-reload
systemctl show -P Description plain.service
state plain.service
printf '[Service]\nType=oneshot\nExecStart=/bin/echo new\n' >$directory/new.service
verb daemon-reload
verb start new.service
