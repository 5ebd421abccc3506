. /opt/scenario/lib.sh

echo "== what boot has started"
trace | sort
systemctl is-active own.target sock.socket sock.service not-installed.service multi-user.target sockets.target basic.target
facts other-name.service
verb stop required.service
systemctl is-active own.target
