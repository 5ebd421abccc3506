. /opt/scenario/lib.sh

shown() {
    for path; do stat -c '%n %a %U:%G %F' "$path" 2>/dev/null || echo "$path is not there"; done
}

echo "== modes and owners"
verb start defaults.socket owned.socket user-only.socket group-only.socket
shown /run/files /run/files/defaults.sock /run/owned /run/owned/owned.sock /run/owned/owned.fifo \
    /run/user-only.sock /run/group-only.sock
verb start no-user.socket
state no-user.socket

echo "== what stays after a stop"
verb start removed.socket removed-fifo.socket kept.socket
shown /run/removed.sock /run/removed.fifo /run/links/removed /run/removed-link
readlink /run/links/removed /run/removed-link
verb start links-of-two.socket
systemctl show -P LoadState links-of-two.socket
verb stop removed.socket removed-fifo.socket kept.socket
shown /run/removed.sock /run/removed.fifo /run/links/removed /run/removed-link /run/kept.sock /run/kept.fifo
verb start kept.socket

echo "== what is in the way"
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/run/stale.sock")'
: >/run/occupied-file
mkdir /run/occupied-directory
mkfifo -m 666 /run/fifo-same /run/fifo-mode
: >/run/fifo-not
ln -s fifo-same /run/fifo-link
ln -s /proc/uptime /run/special-link
for unit in stale occupied-file occupied-directory fifo-same fifo-mode fifo-not fifo-link special-link; do
    verb start $unit.socket
    facts $unit.socket
done
shown /run/stale.sock /run/occupied-file /run/occupied-directory /run/fifo-mode /run/fifo-not

echo "== backlog"
verb start backlog.socket
ss -Hltn 'sport = :7020' | awk '{ print $3 }'
ss -Hlxn 'src /run/backlog.sock' | awk '{ print $4 }'

echo "== a path that is too long"
verb start too-long.socket
systemctl show -P LoadState too-long.socket
