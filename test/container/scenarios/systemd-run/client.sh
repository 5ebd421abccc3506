. /opt/scenario/lib.sh

# unnamed: takes away names that are made up, and figures that are measured.
unnamed() {
    sed -e 's/run-[pur][0-9a-f]*\(-i[0-9]*\)\{0,1\}\./run-N./g; s/; invocation ID: [0-9a-f]*//' \
        -e '/^Service runtime:/d; /^CPU time consumed:/d; /^Memory /d; /^IP traffic /d; /^IO bytes /d'
}

# run OPTION… COMMAND…: real systemd-run, and how it ended. Which comes first, a line of it or of its command, is left
# to chance.
run() {
    systemd-run "$@" >/tmp/out 2>/tmp/err </dev/null
    ended=$?
    cat /tmp/out
    unnamed </tmp/err | sort
    echo "ended with $ended"
}

MANAGER='org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager'
# ask ARGUMENT…: StartTransientUnit as busctl sends it, for what systemd-run would not send. usher says what it had
# expected, too.
ask() {
    busctl call $MANAGER StartTransientUnit 'ssa(sv)a(sa(sv))' "$@" 2>&1 |
        sed 's/ (expected .*//; s/\(bad unit file setting\)[.:].*/\1/'
}

# Plain systemd-run asks PID 1 itself, all other ways go through the bus.
systemctl start dbus.service

echo "== started and left alone"
run --unit=left -p RemainAfterExit=yes true
await is left.service active/exited
facts left.service
systemctl show -P Transient -P FragmentPath -P UnitFileState -P Description left.service
run --unit=left true
run --unit=there true
verb stop left.service
facts left.service
ls /run/systemd/transient

echo "== waited for"
run --wait true
run --wait sh -c 'exit 3'
run --wait --unit=killed sh -c 'kill -KILL $$$$'
facts killed.service
verb reset-failed killed.service
facts killed.service
run --wait --collect --unit=collected false
facts collected.service
run --wait -p Type=oneshot false
run -p Type=exec -p User=nobodyhere true

echo "== pipes"
run --pipe --wait sh -c 'echo out; echo err >&2; exit 4'
echo in | systemd-run --quiet --pipe --wait cat
systemd-run --quiet --pipe sh -c 'readlink /proc/self/fd/0' </etc/hostname
systemd-run --quiet --pipe sh -c 'exec sleep 0.2' | cat

echo "== a terminal"
script -qec "systemd-run --quiet --pty sh -c 'test -t 0 && test -t 1 && test -t 2 && echo terminal; exit 6'" /dev/null \
    </dev/null | tr -d '\r\000' | sed 's/\^@//'
run --quiet --pty --wait sh -c 'exit 7'

echo "== what it runs with"
run --wait --pipe --unit=with -p User=nobody -p Nice=5 -p Environment=A=1 --setenv=B='2 3' -p LimitNOFILE=100:200 \
    -p UMask=027 -p WorkingDirectory=/tmp -p UnsetEnvironment=PATH -p RuntimeDirectory=with -p OOMScoreAdjust=100 \
    -p EnvironmentFile=-/nowhere -p ExecStartPre='-/bin/false' -p CapabilityBoundingSet=CAP_CHOWN \
    /bin/sh -c 'echo "$A,$B,$RUNTIME_DIRECTORY"; ulimit -n; ulimit -Hn; umask; pwd; /usr/bin/nice; /usr/bin/id -un; /bin/cat /proc/self/oom_score_adj; /bin/grep CapBnd /proc/self/status; echo ${UNSET-unset} "$0"' 'a  b%n;"c"\é'
run --wait --pipe -p Environment='WORDS="a b"' echo '$WORDS' '${WORDS}' 'x${WORDS}y'
run --wait --pipe --expand-environment=no echo '$HOME' '${HOME}'
run --wait --pipe sh -c 'printf "%%s|" "$@"' name 'new
line' "tab	'quote'" '\' ';'
run --wait -p SuccessExitStatus='9 SIGUSR1' sh -c 'exit 9'
run --wait -p ConditionPathExists=/nowhere true
run --wait -p AssertPathExists=/nowhere true
run --wait -p RuntimeMaxSec=100ms sleep 60
run --unit=again -p Restart=on-failure -p RestartSec=20ms -p StartLimitBurst=3 -p StartLimitIntervalSec=1min false
await is again.service failed/failed
systemctl show -P NRestarts -P Result again.service

echo "== to files"
run --wait -p StandardOutput=truncate:/tmp/to -p StandardError=file:/tmp/to2 sh -c 'echo a; echo b >&2'
run --wait -p StandardOutput=append:/tmp/to -p StandardInput=file:/etc/debian_version sh -c 'wc -l'
cat /tmp/to /tmp/to2

echo "== a socket"
run --unit=echoing --socket-property=ListenStream=/run/echoing --socket-property=SocketMode=0600 \
    --socket-property=Accept=no sh -c 'exec sleep 60'
state echoing.socket
state echoing.service
stat -c %a /run/echoing
ls /run/systemd/transient/echoing.*
verb stop echoing.socket
state echoing.socket
ls /run/systemd/transient/ | grep echoing

echo "== refused"
ask bar.service replace 1 Nonsense s x 0
ask bar.service replace 1 Type s x 0
ask bar.service replace 1 Type s exec 0
ask bar.target replace 0 0
ask bar replace 0 0
ask b@.service replace 0 0
ask bar.service nomode 0 0
ask bar.service replace 1 User s 'no:body' 0
facts bar.service

echo "== held"
busctl call $MANAGER RefUnit s nowhere.service 2>&1
run --unit=held --wait --pipe sh -c "busctl call $MANAGER UnrefUnit s held.service" 
facts held.service
systemctl --failed --no-legend --plain | cut -d' ' -f1 | unnamed
