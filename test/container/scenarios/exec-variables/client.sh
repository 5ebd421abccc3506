. /opt/scenario/lib.sh

# yes or no instead of what differs from run to run.
shape() {
    python3 - "$1" <<'PYTHON'
import json, re, sys
dump = json.load(open(sys.argv[1]))
names = [entry.split("=", 1)[0] for entry in dump["environ"]]
env = dict(entry.split("=", 1) for entry in dump["environ"])
print("  once each:", len(names) == len(set(names)))
print("  INVOCATION_ID:", bool(re.fullmatch("[0-9a-f]{32}", env.get("INVOCATION_ID", ""))))
print("  SYSTEMD_EXEC_PID is its own:", env.get("SYSTEMD_EXEC_PID") == str(dump["pid"]))
PYTHON
}

verb start root.service login.service alice.service alice-nologin.service
for who in root login alice alice-nologin; do
    echo "== $who"
    shape /tmp/$who.json
    dumped /tmp/$who.json env:USER,LOGNAME,SHELL
done
dumped /tmp/alice.json env:HOME
dumped /tmp/login.json env:HOME

verb start steps.service
main=$(systemctl show -P MainPID steps.service)
verb reload steps.service
verb stop steps.service
for step in condition start-pre start start-post reload stop stop-post; do
    echo "== $step"
    dumped /tmp/$step.json \
        env:MAINPID,WATCHDOG_USEC,WATCHDOG_PID,FDSTORE,LISTEN_FDS,SERVICE_RESULT,EXIT_CODE,EXIT_STATUS |
        sed "s/=$main\$/=main/"
    dumped /tmp/$step.json env:NOTIFY_SOCKET | sed 's/=.*/ set/'
done
facts steps.service

echo "== PIDFILE"
verb start daemon.service
dumped /tmp/daemon.json env:MAINPID,PIDFILE
dumped /tmp/daemon-post.json env:MAINPID,PIDFILE | sed "s/=$(cat /run/daemon.pid)\$/=main/"

echo "== killed"
verb start killed.service
await is killed.service failed/failed
dumped /tmp/killed.json env:MAINPID,SERVICE_RESULT,EXIT_CODE,EXIT_STATUS
echo "== exited"
verb start exited.service
dumped /tmp/exited.json env:MAINPID,SERVICE_RESULT,EXIT_CODE,EXIT_STATUS
trace

echo "== sockets are for ExecStart= alone"
verb start pass.socket
verb start pass.service
verb stop pass.service
for step in pass-pre pass pass-post pass-stop; do
    dumped /tmp/$step.json env:LISTEN_FDS,LISTEN_FDNAMES passed
done
