. /opt/scenario/lib.sh

echo "== drop-ins"
verb start base.service
trace
systemctl show -P Description base.service
verb start dash-more-name.service dash-other.service
trace | sort

echo "== templates"
verb start t@one.service
trace
verb start t@two.service
trace
verb start t@own.service
trace
systemctl show -P Description t@two.service
verb start t@.service

echo "== aliases and masks"
verb start alias.service
trace
facts alias.service
systemctl show -P Names target.service | tr ' ' '\n' | sort | paste -sd' '
for unit in masked empty; do
    verb start $unit.service
    facts $unit.service
done

echo "== links in .wants and .requires"
verb start wanted.target
trace | sort
verb stop required-by-link.service
state wanted.target

echo "== text"
systemctl show -P Description continued.service twice.service unknown.service
verb start continued.service
verb start twice.service
verb start resets.service
# An empty list of dependencies takes nothing away; an empty list of commands or conditions does.
for property in Wants After Requires; do
    systemctl show -P $property resets.service | tr ' ' '\n' | grep -e target.service -e by-link.service
done
verb start unknown.service
systemctl show -P UMask unknown.service

echo "== what can't be loaded"
for unit in exec relative relative-ignored section no-exec two-execs type no-equals restart notify; do
    verb start bad-$unit.service
    systemctl show -P LoadState bad-$unit.service
done
verb start nowhere.service
verb start nonsense
verb start nonsense.kind
systemctl show -P LoadState nowhere.service
