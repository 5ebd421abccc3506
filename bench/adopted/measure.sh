#!/bin/sh
# One round: "WHO METRIC VALUE" a line, in the driver's format. measure.sh REDIS-REQUESTS HTTP-REQUESTS
set -eu

redis() {
    redis-benchmark -h 127.0.0.1 -p "$2" -t get -n "$3" -c 50 --csv | tail -n 1 | tr -d '"' |
        awk -F, -v who="$1" '{ print who, "redis-rate", $2; print who, "redis-p99", $7 * 1e6 }'
}

nginx() {
    ab -q -k -n "$3" -c 50 -e /tmp/percentiles "http://127.0.0.1:$2/" |
        awk -v who="$1" '/^Requests per second/ { print who, "nginx-rate", $4 }'
    awk -F, -v who="$1" '$1 == 99 { print who, "nginx-p99", $2 * 1e6 }' /tmp/percentiles
}

# dd reads and writes one byte at a time: two calls a byte.
calls() {
    begun=$(date +%s%N)
    usherctl start "calls-$1.service"
    echo "$1" call "$((($(date +%s%N) - begun) / 4000000))"
}

for who in direct:0 adopted:1 systemd-socket-proxyd:2 haproxy:3; do
    redis "${who%:*}" "640${who#*:}" "$1"
    nginx "${who%:*}" "840${who#*:}" "$2"
done
calls direct
calls adopted
