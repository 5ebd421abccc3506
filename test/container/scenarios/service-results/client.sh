. /opt/scenario/lib.sh

ended() {
    case $(systemctl show -P ActiveState "$1") in failed | inactive) true ;; *) false ;; esac
}

for unit in exit-code signal clean-signal clean-signal-oneshot hangup pipe timeout protocol resources watchdog limit \
    success-status success-name success-signal success-reset success-start-pre runtime-max; do
    verb start $unit.service
    await ended $unit.service
    facts $unit.service
done
trace

echo "== the start limit by hand, and its reset"
# Something that refers to the unit, or systemd would forget it, and its starts, in between.
verb start keeper.target
for _ in 1 2; do verb start limit-by-hand.service; done
facts limit-by-hand.service
verb reset-failed limit-by-hand.service
facts limit-by-hand.service
verb start limit-by-hand.service

echo "== a stop that must be forced"
verb start stop-timeout.service
verb stop stop-timeout.service
facts stop-timeout.service

echo "== failures are forgotten by reset-failed, and by a start"
systemctl --failed --no-legend --plain | awk '{ print $1 }' | grep -v -e '^systemd' -e '\.mount' | sort
verb reset-failed
systemctl is-failed exit-code.service
