. /opt/scenario/lib.sh

for name in oom dump slack io-best io-idle io-priority batch idle fifo affinity securebits no-new bounding ambient both limits; do
    verb start look@$name.service
    trace
done

echo "== directories and where programs are looked for"
verb start modes.service
trace
