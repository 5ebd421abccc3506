"""What an init makes of units: observe.py FILE, which holds {"show": [NAME…], "start": [NAME…]}; a JSON object a line.

First what `show` prints of each as it was loaded; then each is started, looked at, and stopped, one after the other.
"""

import json
import subprocess
import sys

def systemctl(*words):
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, timeout=60)


def properties(text):
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def look(names):
    shown = systemctl("show", "--all", *names)
    found = []
    rest = ""
    # A value may hold an empty line; a unit's name is in the second half of its properties.
    for block in shown.stdout.split("\n\n"):
        rest += block
        if "\nId=" in rest:
            found.append(properties(rest))
            rest = ""
    if [one["Id"] for one in found] != names:
        sys.exit(f"asked for {names}, got {[one['Id'] for one in found]}: {shown.stderr}")
    yield from zip(names, found)


wanted = json.load(open(sys.argv[1]))
names = wanted["show"]
for at in range(0, len(names), 50):
    for name, found in look(names[at : at + 50]):
        print(json.dumps({"unit": name, "loaded": found}))
for name in wanted["start"]:
    code = systemctl("start", name).returncode
    seen = properties(systemctl("show", "--all", name).stdout)
    systemctl("stop", name)
    systemctl("reset-failed", name)
    print(json.dumps({"unit": name, "start": code, "seen": seen}))
