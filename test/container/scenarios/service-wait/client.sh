# --wait of start, restart, kill and is-system-running.
. /opt/scenario/lib.sh

after() {
    verb "$@"
    shift $(($# - 1))
    state "$1"
}

after start --wait ok.service
after start --wait bad.service
after start --wait ok.service bad.service
after start --wait one.service
after restart --wait bad.service
timeout 1 systemctl start --wait stays.service
echo "what stays: $?"
state stays.service
systemctl start slow.service
after kill --wait slow.service
systemctl start slow.service
after kill --wait --signal=KILL slow.service
verb is-system-running --wait
systemctl reset-failed
verb is-system-running --wait
echo "refused:"
verb start --wait --no-block ok.service
verb stop --wait ok.service
