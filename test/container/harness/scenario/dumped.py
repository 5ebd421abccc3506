"""Prints facts out of a file that the fixture `dumper` wrote: dumped.py FILE WHAT…, where WHAT is

env:NAME,…   NAME=value, or "NAME unset"
passed       descriptors from 3 on, one a line, with what they are
fd:N         what descriptor N is
args         the arguments after "exit 0", which the dumper did not carry out
KEY          anything else of the record, as JSON
"""

import json
import sys


def describe(fd):
    if fd["link"] == "/dev/null":
        return f"{fd['fd']} /dev/null"
    blocking = "non-blocking" if fd["nonblock"] else "blocking"
    words = [str(fd["fd"]), fd["access"], blocking] + (["append"] if fd["append"] else [])
    socket = fd.get("socket")
    if socket is None:
        return " ".join(words + [fd["link"]])
    words += [socket["family"], socket["type"]] + (["listening"] if socket["listening"] else [])
    return " ".join(words + [socket.get("address") or "unnamed"])


dump = json.load(open(sys.argv[1]))
environment = dict(entry.split("=", 1) for entry in dump["environ"])
for what in sys.argv[2:]:
    if what.startswith("env:"):
        for name in what[4:].split(","):
            print(f"{name}={environment[name]}" if name in environment else f"{name} unset")
    elif what == "passed":
        for fd in dump["fds"]:
            if fd["fd"] > 2:
                print(describe(fd))
    elif what.startswith("fd:"):
        for fd in dump["fds"]:
            if fd["fd"] == int(what[3:]):
                print(describe(fd))
    elif what == "args":
        print(json.dumps(dump["argv"][dump["argv"].index("exit") + 2 :]))
    else:
        print(what, json.dumps(dump[what]))
