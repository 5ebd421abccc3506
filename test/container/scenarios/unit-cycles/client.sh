. /opt/scenario/lib.sh

echo "== both only wanted: one of them is dropped, the rest goes on"
verb start both-wanted.target
await grep -qs bystander /tmp/trace
await is both-wanted.target active/active
[ "$(systemctl is-active a.service b.service | grep -c '^active')" = 1 ] && echo "one of the two"
systemctl is-active bystander.service
rm /tmp/trace

echo "== both required: refused"
verb start both-required.target
verb start ring1.service
systemctl is-active c.service d.service ring1.service ring2.service ring3.service
trace

echo "== after itself"
verb start self.service
trace

echo "== requirements alone may form a ring"
verb start requirement1.service
# No order between the two: the other one may still be at it.
await is requirement2.service active/exited
trace
verb stop requirement2.service
systemctl is-active requirement1.service requirement2.service
