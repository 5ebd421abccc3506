. /opt/scenario/lib.sh

echo "== ExitType="
verb start cgroup.service cgroup-main.service
await is cgroup-main.service failed/failed
facts cgroup.service cgroup-main.service
: >/tmp/cgroup-go
await is cgroup.service failed/failed
facts cgroup.service

echo "== RestartMode="
verb start normal.service
await is normal.service failed/failed
await is told@normal.service inactive/dead
trace
verb start direct.service
await is direct.service failed/failed
await grep -qs direct /tmp/trace
trace
for mode in normal direct; do
    verb start depends-$mode.service
    systemctl kill -s KILL flaky-$mode.service
    # It is down for half a second, in which whoever is bound to it stops, if that must be.
    await is flaky-$mode.service activating/auto-restart
    restarted() { [ "$(systemctl show -P NRestarts flaky-$mode.service)" = 1 ]; }
    await restarted
    await is flaky-$mode.service active/running
    systemctl show -p ActiveState depends-$mode.service
    trace
done

echo "== RootDirectoryStartOnly="
mkdir /opt/root
cp /opt/fixtures/dumper /opt/root/
verb start root.service
trace
cat /opt/root/out

echo "== OpenFile="
: >/tmp/opened
verb start open.service
trace
cmp /tmp/name /etc/hostname
cat /tmp/opened
verb start open-missing.service open-append.service
facts open-missing.service open-append.service

echo "== ReloadSignal="
verb start reload.service
verb reload reload.service
trace

echo "== RuntimeRandomizedExtraSec="
verb start random.service
await is random.service failed/failed
facts random.service

echo "== reloads and stops that are handed on"
verb start source.service propagated.service old-words.service to.service
verb reload source.service
await sh -c '[ "$(wc -l </tmp/trace)" -ge 3 ]'
sort -o /tmp/trace /tmp/trace
trace
verb stop source.service
await is propagated.service inactive/dead
await is old-words.service inactive/dead
state to.service

echo "== JobRunningTimeoutSec="
verb start slow-job.service
state slow-job.service
verb stop slow-job.service

echo "== OnSuccessJobMode="
verb start goes.service
verb start job-mode.service
await is goes.service active/running
systemctl show -P OnSuccessJobMode job-mode.service

echo "== isolation"
verb start stays.service
verb isolate goes.service
verb isolate island.target
await is goes.service inactive/dead
await is of-island.service active/running
facts stays.service goes.service of-island.service

echo "== RestartSteps= and RestartMaxDelaySec="
: >/tmp/steps
verb start steps.service
four_starts() {
    [ "$(wc -l </tmp/steps)" -ge 4 ]
}
await four_starts
systemctl stop steps.service
python3 - <<'PYTHON'
times = [float(line) for line in open("/tmp/steps")]
print("two seconds passed before a start:", [after - before >= 1.98 for before, after in zip(times, times[1:4])])
PYTHON
