"""What scenarios on instances share: connecting, asking, and looking at the units."""

import re
import socket
import subprocess
import time


def connect(*how, own=None):
    *kind, address = how
    connection = socket.socket(*kind)
    connection.settimeout(15)
    if own is not None:
        connection.bind(own)
    connection.connect(address)
    return connection


def read(connection):
    try:
        return connection.makefile().read()
    except OSError as error:
        return error.strerror


def ask(*how, own=None):
    connection = connect(*how, own=own)
    return read(connection)


def masked(text, connection=None):
    """Without what differs from run to run: ports, process ids, the kernel's own names."""
    if connection is not None:
        text = text.replace(f":{connection.getsockname()[1]}", ":PORT").replace(
            f"|{connection.getsockname()[1]}|", "|PORT|"
        )
    return re.sub(r"\d+-\d+-0\b", "N-PID-UID", text)


def show(unit, *properties):
    arguments = [word for name in properties for word in ("-p", name)]
    out = subprocess.run(["systemctl", "show", *arguments, unit], capture_output=True, text=True).stdout
    return sorted(out.split())


def units(pattern, *options):
    command = ["systemctl", "list-units", "--plain", "--no-legend", *options, pattern]
    return [line.split() for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()]


def until(what):
    limit = time.monotonic() + 10
    while not what() and time.monotonic() < limit:
        time.sleep(0.02)
