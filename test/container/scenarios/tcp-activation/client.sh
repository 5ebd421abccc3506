# The socket listens before anybody came, and nothing runs behind it.
ss -Hltn 'sport = :7001' | awk '{ print $1, $4 }'
pgrep -c dumper

# The first connection starts the service, the second finds it there.
first=$(nc 127.0.0.1 7001 </dev/null)
second=$(nc 127.0.0.1 7001 </dev/null)
[ "$first" = "$second" ] && echo "same process"
[ "$(pgrep dumper)" = "$first" ] && echo "the one that runs"

# What it was given.
python3 - "$first" <<'PYTHON'
import json, sys
dump = json.load(open("/tmp/echo.json"))
env = dict(entry.split("=", 1) for entry in dump["environ"])
print("LISTEN_FDS", env["LISTEN_FDS"], "LISTEN_FDNAMES", env["LISTEN_FDNAMES"])
print("LISTEN_PID is it:", env["LISTEN_PID"] == sys.argv[1])
for fd in dump["fds"]:
    if fd["fd"] > 2:
        print(fd["fd"], {key: fd[key] for key in ("access", "nonblock", "cloexec")}, fd.get("socket"))
print("blocked", dump["blocked"], "ignored", dump["ignored"])
PYTHON
