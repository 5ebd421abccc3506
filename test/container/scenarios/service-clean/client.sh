# systemctl clean: what it takes of a unit that is down, and whom it refuses.
. /opt/scenario/lib.sh

left() {
    echo "  left: $(cd / && ls -d run/full var/lib/full var/cache/full var/log/full etc/full 2>/dev/null | paste -sd' ')"
}

# clean WHAT: of a service that has just run and left a file in each of its directories.
clean() {
    systemctl start full
    systemctl stop full
    touch /run/full/x /var/lib/full/x /var/cache/full/x /var/log/full/x /etc/full/x
    verb clean $1 full.service
    left
}

systemctl show -p CanClean full plain listens.socket group.target | grep .
clean
clean --what=state
clean --what=logs,configuration
clean --what=all
echo "nothing is left to take:"
verb clean full.service
verb clean --what=fdstore full.service
systemctl show -P ActiveState -P CleanResult full | paste -sd' '

echo "refused:"
verb clean
verb clean --what=bogus full
verb clean plain
verb clean --what=state plain
verb clean --what=cache listens.socket
verb clean nothere
verb clean group.target
systemctl start runs-long
verb clean runs-long
ls -d /var/cache/runs-long
systemctl stop runs-long
verb clean runs-long plain
ls -d /var/cache/runs-long 2>/dev/null

echo "a socket, which nothing may hold open:"
systemctl start listens.socket
verb clean --what=all listens.socket
systemctl stop listens.socket
verb clean --what=all listens.socket

echo "what is meant:"
systemctl clean --what=help
