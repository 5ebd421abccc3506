. /opt/scenario/lib.sh

kinds="tcp4 tcp-any udp dual v6only both tcp6 udp6 path abstract datagram seqpacket"

echo "== before anybody came"
for kind in $kinds fifo; do
    echo "$kind.socket $(state $kind.socket)"
done
pgrep -c dumper
[ -e /run/@kinds ] || [ -e @kinds ] || echo "an abstract name is no file"
stat -c '%n %a' /run/kinds /run/kinds/deep /run/kinds/deep/path.sock /run/kinds-datagram.sock /run/kinds.fifo

echo "== the first message starts the service and is not lost"
python3 - <<'PYTHON'
import os, socket, subprocess

def ask(family, kind, address, own=None):
    try:
        with socket.socket(family, kind) as s:
            s.settimeout(10)
            if own is not None:
                s.bind(own)
            s.connect(address)
            if kind == socket.SOCK_DGRAM:
                s.send(b"hello")
            return s.recv(100).decode().strip()
    except OSError as e:
        return e.strerror

I4, I6, U = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
S, D, Q = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
for name, *how in [
    ("tcp4", I4, S, ("127.0.0.1", 7001)),
    ("tcp-any", I4, S, ("127.0.0.1", 7002)),
    ("udp", I4, D, ("127.0.0.1", 7003)),
    ("dual", I4, S, ("127.0.0.1", 7004)),
    ("dual", I6, S, ("::1", 7004)),
    ("v6only", I4, S, ("127.0.0.1", 7005)),
    ("v6only", I6, S, ("::1", 7005)),
    ("both", I4, S, ("127.0.0.1", 7006)),
    ("both", I6, S, ("::1", 7006)),
    ("tcp6", I6, S, ("::1", 7007)),
    ("udp6", I4, D, ("127.0.0.1", 7008)),
    ("udp6", I6, D, ("::1", 7008)),
    ("path", U, S, "/run/kinds/deep/path.sock"),
    ("abstract", U, S, "\0kinds"),
    ("datagram", U, D, "/run/kinds-datagram.sock", "/tmp/datagram.peer"),
    ("seqpacket", U, Q, "/run/kinds-seqpacket.sock"),
]:
    answer = ask(*how)
    main = subprocess.run(
        ["systemctl", "show", "-P", "MainPID", f"answer@{name}.service"], capture_output=True, text=True
    ).stdout.strip()
    print(name, "by IPv6:" if how[0] == I6 else ":", "its service" if answer == main else answer)
PYTHON
echo "through a FIFO" >/run/kinds.fifo
await test -s /tmp/fifo.out
cat /tmp/fifo.out

echo "== what the services got"
for kind in $kinds fifo; do
    echo "$kind.socket $(state $kind.socket)"
    dumped /tmp/$kind.json passed env:LISTEN_FDNAMES
done

echo "== and after a stop nobody is there"
systemctl stop tcp4.socket answer@tcp4.service path.socket answer@path.service abstract.socket
nc 127.0.0.1 7001 </dev/null || echo "refused"
nc -U /run/kinds/deep/path.sock </dev/null 2>/dev/null || echo "refused"
ls /run/kinds/deep
