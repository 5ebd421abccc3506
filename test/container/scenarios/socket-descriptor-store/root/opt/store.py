"""Says what it was given; then stores two files, one by name, a pipe that hangs up, and removes what is named gone."""
import array, os, socket, sys

def notify(text, *fds):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\0"))
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        s.sendmsg([text.encode()], rights)

names = os.environ.get("LISTEN_FDNAMES", "").split(":") if "LISTEN_FDS" in os.environ else []
with open("/tmp/trace", "a") as trace:
    print("FDSTORE", os.environ.get("FDSTORE"), "LISTEN_FDS", os.environ.get("LISTEN_FDS"), file=trace)
    for number, name in enumerate(names):
        link = os.readlink(f"/proc/self/fd/{number + 3}")
        print(" ", name, link.split(":")[0], file=trace)
if not any(name in ("quux", "stored") for name in names):
    one = os.open("/etc/hostname", os.O_RDONLY)
    two = os.open("/etc/passwd", os.O_RDONLY)
    three = os.open("/etc/group", os.O_RDONLY)
    read, write = os.pipe()
    notify("FDSTORE=1\nFDNAME=quux", one)
    notify("FDSTORE=1", two)
    notify("FDSTORE=1\nFDNAME=gone", three)
    notify("FDSTORE=1\nFDNAME=pipe", read)
    os.close(write)
    notify("FDSTOREREMOVE=1\nFDNAME=gone")
    read, write = os.pipe()
    notify("FDSTORE=1\nFDNAME=kept-pipe\nFDPOLL=0", read)
    os.close(write)
notify("READY=1")
import signal; signal.pause()
