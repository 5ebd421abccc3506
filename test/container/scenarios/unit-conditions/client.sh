. /opt/scenario/lib.sh

for unit in path-exists path-missing files files-not users system triggering triggering-none reset assert \
    assert-met both specifier requires-unmet requires-assert binds-unmet; do
    verb start $unit.service
    trace
    state $unit.service
done

systemctl show -P ConditionResult -P AssertResult assert-met.service

echo "== checked at each start"
verb start later.service
trace
: >/tmp/later
verb start later.service
trace
rm /tmp/later
state later.service
