. /opt/scenario/lib.sh

verb start many.socket inetd.socket output.socket held.socket lives.socket fails.socket oneshot.socket \
    templated.socket unmet.socket
python3 /opt/instances.py
