. /opt/scenario/lib.sh

# What differs between two runs, or is the control group's, which a socket need not have here.
same_text() {
    sed -e 's/since .*; .* ago/since THEN/' -e '/^ *\(Tasks\|Mem peak\|Memory\|CPU\|CGroup\|Invocation\):/d' \
        -e 's/Reason: .*/Reason: WHY)/' -e 's,/etc/\(usher/units\|systemd/system\)/,UNITS/,' -e "s/\(Process\|Main PID\): [0-9]*/\1: PID/" |
        sed -e '/^$/,$d'
}

ours="many.socket each.socket pre-fails.socket refused.socket idle.socket second.socket"

echo "== before anything is open"
# Named, so that both have them loaded.
systemctl show -p Id $ours >/dev/null
for unit in many idle refused; do
    systemctl status $unit.socket | same_text
    systemctl show -p Listen -p LoadState -p SubState -p NAccepted -p FileDescriptorName -p Triggers $unit.socket
done

echo "== open"
verb start many.socket each.socket second.socket
verb start pre-fails.socket
systemctl list-sockets many.socket each.socket second.socket pre-fails.socket
systemctl list-sockets --show-types --no-legend many.socket 'ea*'
systemctl list-sockets --all --no-legend many.socket pre-fails.socket
systemctl list-sockets --state=failed
for unit in many each pre-fails second; do
    systemctl status $unit.socket | same_text
done

echo "== in use"
verb start many.service
systemctl status many.socket | same_text
systemctl status many.service | same_text | grep -v sleep | grep -v -e second -e many.socket
python3 - <<'PYTHON'
import re, socket, subprocess
connections = [socket.socket(socket.AF_UNIX) for _ in range(2)]
for connection in connections:
    connection.connect("/run/each.sock")
connections[0].sendall(b"x")
print(connections[0].recv(1), connections[1].recv(1))
def shown(command):
    text = subprocess.run(command, shell=True, capture_output=True, text=True).stdout
    print(re.sub(r"@0-[0-9-]+", "@0-PEER", text), end="")
shown("systemctl status each.socket | grep -e Accepted -e Triggers")
shown("systemctl list-sockets --no-legend each.socket")
shown("systemctl show -p Triggers each.socket")
PYTHON
await is each.socket active/listening
systemctl stop many.socket 2>&1
systemctl stop many.service 2>&1
systemctl stop second.socket 2>&1
verb start many.service
systemctl stop many.service 2>&1
systemctl list-sockets --no-legend each.socket second.socket
