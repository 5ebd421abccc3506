. /opt/scenario/lib.sh

for directory in /run /var/lib /var/cache /var/log /etc; do : >$directory/occupied; done

# With Type=exec the start itself fails, with what systemd.exec(5) says of each step.
for unit in chdir exec-missing exec-missing-ignored exec-mode exec-format exec-interpreter exec-name exec-path \
    user group supplementary home stdin stdout stderr limits runtime-directory state-directory cache-directory \
    logs-directory configuration-directory pre; do
    verb start $unit.service
    facts $unit.service
done

# With Type=simple it succeeds, and the service fails behind it.
verb start exec-simple.service
await is exec-simple.service failed/failed
facts exec-simple.service
