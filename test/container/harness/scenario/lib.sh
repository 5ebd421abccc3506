# What the clients of scenarios share; each begins with `. /opt/scenario/lib.sh`. POSIX sh, and the same on both sides.

# await COMMAND…: until it succeeds; ten seconds at most. Only for what no command can be told to wait for.
await() {
    read -r since _ </proc/uptime
    until "$@"; do
        read -r now _ </proc/uptime
        if [ "${now%.*}" -gt $((${since%.*} + 10)) ]; then
            echo "waited in vain for: $*" >&2
            return 1
        fi
        sleep 0.02
    done
}

# state UNIT: "active/running".
state() {
    systemctl show -P ActiveState -P SubState "$1" | paste -sd/
}

# is UNIT STATE, to be awaited.
is() {
    [ "$(state "$1")" = "$2" ]
}

# facts UNIT…: a line for each with its state, its result, and how its main process ended where it did. Of an inactive
# unit its state alone: systemd forgets the rest as soon as nothing refers to the unit.
facts() {
    systemctl show -p Id -p LoadState -p ActiveState -p SubState -p Result -p ExecMainCode -p ExecMainStatus "$@" |
        awk -F= '
            function flush() {
                if (!("Id" in got)) return
                line = got["Id"] " " got["ActiveState"] "/" got["SubState"]
                if (got["LoadState"] != "loaded") line = line " " got["LoadState"]
                if ("Result" in got && got["ActiveState"] != "inactive") line = line " " got["Result"]
                if (got["ActiveState"] == "inactive") got["ExecMainCode"] = 0
                if (got["ExecMainCode"] == 1) line = line " exited=" got["ExecMainStatus"]
                if (got["ExecMainCode"] > 1) line = line " signal=" got["ExecMainStatus"]
                print line
                delete got
            }
            $0 == "" { flush(); next }
            { got[$1] = $2 }
            END { flush() }'
}

# verb VERB UNIT… : runs systemctl and says how that ended, without its explanations.
verb() {
    systemctl "$@" >/dev/null 2>&1
    echo "$*: $?"
}

# trace: the lines that the units of the scenario have appended to /tmp/trace, and an empty file for the next.
trace() {
    sed 's/^/  /' /tmp/trace 2>/dev/null
    rm -f /tmp/trace
}

# dumped FILE WHAT…: facts out of what the fixture `dumper` wrote about itself.
dumped() {
    python3 /opt/scenario/dumped.py "$@"
}
