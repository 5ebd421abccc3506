. /opt/scenario/lib.sh

verb start plain-name.service
systemctl show -P Description plain-name.service
dumped /tmp/plain.json args

echo "== instances"
for instance in simple dash-ed 'esc\x2dape' 'sub-path-x' 'a@b' '\xc3\xbc'; do
    verb start "tem-plate@$instance.service"
    systemctl show -P Description "tem-plate@$instance.service"
    dumped /tmp/template.json args
done

echo "== the system"
verb start system.service
python3 - <<'PYTHON'
import json, os, platform, socket
dump = json.load(open("/tmp/system.json"))
b, H, l, q, v, a = dump["argv"][dump["argv"].index("exit") + 2 :]
print("boot id:", b == open("/proc/sys/kernel/random/boot_id").read().strip().replace("-", ""))
print("host:", H == socket.gethostname(), l == q == socket.gethostname().split(".")[0])
print("kernel:", v == platform.release(), "architecture:", a)
PYTHON

echo "== what is no specifier"
verb start bad.service
systemctl show -P LoadState -P Description bad.service
