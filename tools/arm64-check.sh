#!/bin/sh
# Runs usher for arm64 under qemu as far as that goes: its faces, and an init that starts a service at the first
# connection. Ends with 1 where anything is not as expected. Usage: arm64-check.sh USHER
set -eu
usher=$1

run() {
    name=$1
    shift
    qemu-aarch64-static -0 "$name" "$usher" "$@"
}

# expect WHAT WANTED FOUND
expect() {
    if [ "$2" != "$3" ]; then
        echo "arm64: $1: expected \"$2\", found \"$3\"" >&2
        exit 1
    fi
    echo "arm64: $1: $3"
}

# status COMMAND…: what it ends with.
status() {
    "$@" >/dev/null 2>&1 && echo 0 || echo $?
}

run usher --version
expect "a command's status" 3 "$(status run usher -- sh -c 'exit 3')"
expect "its output" hello "$(run usher -- echo hello)"
for face in tini dumb-init docker-init; do
    expect "$face" 7 "$(status run $face sh -c 'exit 7')"
done
expect "catatonit" 7 "$(status run catatonit -- sh -c 'exit 7')"
expect "a missing command" 127 "$(status run usher -- /nonexistent)"

mkdir -p /tmp/units
printf '[Socket]\nListenStream=7001\nAccept=yes\n[Install]\nWantedBy=sockets.target\n' >/tmp/units/hello.socket
printf '[Service]\nStandardInput=socket\nExecStart=/bin/echo served by arm64\n' >/tmp/units/hello@.service
qemu-aarch64-static -0 usher "$usher" --units /tmp/units >/tmp/log &
init=$!
trap 'cat /tmp/log' EXIT
until run usherctl is-system-running --wait >/dev/null 2>&1; do sleep 0.1; done
expect "a service started by its first connection" "served by arm64" \
    "$(bash -c 'exec 3<>/dev/tcp/127.0.0.1/7001; read -r line <&3; echo "$line"')"
expect "list-sockets" "[::]:7001 hello.socket -" "$(run usherctl list-sockets --no-legend | tr -s ' ')"
kill -TERM $init
code=0
wait $init || code=$?
expect "the end" 0 $code
