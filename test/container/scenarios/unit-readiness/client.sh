. /opt/scenario/lib.sh

verb start after-simple.service
await grep -q ready /tmp/trace
trace
for type in notify oneshot forking start-post exec-missing simple-missing; do
    verb start after-$type.service
    trace
done
facts after-exec-missing.service simple-missing.service
