#!/usr/bin/python3
"""Runs a table of cases, each with a real peer and with usher under the peer's name, and prints what happened.

    driver.py CASES.json >RESULTS.json

Runs inside a container, so that the whole table costs one container. A case is described in peers.ts; its result
holds, for each program, the exit status, the output, and the trace that the fixture `tracer` wrote. Process ids are
replaced by names there, so that two runs can be compared.

As PID 1 a program runs in a PID namespace of its own, which is what makes a process PID 1.
"""

import ctypes
import fcntl
import json
import os
import pty
import re
import select
import signal
import sys
import tempfile
import termios
import time

TRACER = "/opt/fixtures/tracer"
PATIENCE = 5.0
PR_SET_CHILD_SUBREAPER = 36
MS_REC, MS_PRIVATE = 0x4000, 0x40000
libc = ctypes.CDLL(None, use_errno=True)


# --------------------------------------------------------------------------------------------- what /proc tells


def stat_of(pid):
    """(state, parent) of a process, or None."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            rest = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return rest[0], int(rest[1])


def children_of(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = stat_of(name)
            if stat is not None and stat[1] == pid:
                found.append((int(name), stat[0]))
    return found


def inner_pid(pid):
    """The process id as the process itself knows it."""
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("NSpid:"):
                    return int(line.split()[-1])
    except OSError:
        pass
    return None


def is_idle(pid, program):
    """Whether the program runs already and sleeps until a signal comes (sigtimedwait or a read of a signalfd)."""
    try:
        if os.readlink(f"/proc/{pid}/exe") != os.path.realpath(program):
            return False
        with open(f"/proc/{pid}/wchan") as file:
            return "sig" in file.read()
    except OSError:
        return False


# ------------------------------------------------------------------------------------------------ starting a run


def write_number(path, number):
    with open(path, "w") as file:
        file.write(str(number))


def prepare_descriptors(start):
    # Nothing of the driver's own.
    os.closerange(3, 64)
    for fd in start.get("fds", []):
        null = os.open("/dev/null", os.O_RDONLY)
        if null != fd:
            os.dup2(null, fd)
            os.close(null)
        os.set_inheritable(fd, True)
    for fd in start.get("closed", []):
        os.close(fd)


def prepare_signals(start):
    for number in range(1, 65):
        if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
            # Python ignores some.
            signal.signal(number, signal.SIG_IGN if number in start.get("ignored", []) else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, start.get("blocked", []))


def take_terminal(slave, start):
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    if start.get("job"):
        be_a_shell(slave, start["job"])


def be_a_shell(slave, job):
    """The session is a shell's, and the program is its job: in the "foreground", or in the "background".

    A job that is "resumed" is continued in the foreground when it stops, as by `fg`. Returns in the job.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go)
        os.read(ready, 1)
        os.close(ready)
        return
    os.close(ready)
    os.setpgid(child, child)
    if job != "background":
        os.tcsetpgrp(slave, child)
    os.close(go)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED if job == "resumed" else 0)
        if not os.WIFSTOPPED(status):
            break
        os.tcsetpgrp(slave, os.getpgrp())
        os.tcsetpgrp(slave, child)
        os.killpg(child, signal.SIGCONT)
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(os.WEXITSTATUS(status))


def stand_between():
    """Forks once more; the parent stays until its child has ended, or it is killed."""
    child = os.fork()
    if child > 0:
        os.waitpid(child, 0)
        os._exit(0)


def execute(run, case, start, streams):
    """In the child: becomes the program under test."""
    stdin, stdout, stderr, slave = streams
    if start.get("parent"):
        stand_between()
    if slave is not None:
        take_terminal(slave, start)
    os.dup2(stdin, 0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.chdir(start.get("cwd", "/tmp"))
    prepare_descriptors(start)
    prepare_signals(start)
    if start.get("subreaper"):
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # For a sanitised build: a fault's signal is to be seen, not the sanitizer's handler.
    environment = {"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "handle_segv=0", **case.get("env", {})}
    if start.get("listenPid"):
        environment["LISTEN_PID"] = str(os.getpid())
    argv = [case.get("argv0", run.face)] + [run.expand(word) for word in case["args"]]
    os.execve(run.program, argv, environment)


def enter_namespace(run, case, start, streams):
    """In a forked process: its child is PID 1 of a new namespace. Passes the exit status on."""
    os.unshare(os.CLONE_NEWPID | os.CLONE_NEWNS)
    pid = os.fork()
    if pid == 0:
        libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
        libc.mount(b"proc", b"/proc", b"proc", 0, None)
        execute(run, case, start, streams)
    for fd in streams:
        if fd is not None:
            os.close(fd)
    write_number(run.pid_file, pid)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


class Run:
    """One case with one program."""

    def __init__(self, case, face, program, where):
        self.case, self.face, self.program, self.where = case, face, program, where
        self.directory = tempfile.mkdtemp(prefix="peers-", dir="/tmp")
        self.trace_file = f"{self.directory}/trace"
        self.pid_file = f"{self.directory}/pid"
        self.notes = []
        self.output = {}
        self.status = None
        self.ended = False
        self.outer_pids = {}

    def expand(self, word):
        return word.replace("$T", TRACER).replace("$F", self.trace_file)

    def start(self):
        case = self.case
        start = case.get("start", {})
        kind = case.get("stdio", "pipe")
        if "script" in start:
            with open(f"{self.trace_file}.sh", "w") as file:
                file.write(start["script"])
                os.fchmod(file.fileno(), 0o755)
        self.pipes = {}
        slave = None
        to_close = []
        if kind in ("tty", "stdin-tty"):
            self.master, slave = pty.openpty()
            attributes = termios.tcgetattr(slave)
            attributes[1] &= ~termios.OPOST
            attributes[3] &= ~termios.ECHO
            termios.tcsetattr(slave, termios.TCSANOW, attributes)
            self.pipes[self.master] = "tty"
            to_close.append(slave)
        if kind == "tty":
            streams = (slave, slave, slave, slave)
        else:
            out, out_end = os.pipe()
            err, err_end = os.pipe()
            self.pipes.update({out: "stdout", err: "stderr"})
            to_close += [out_end, err_end]
            stdin = slave
            if slave is None:
                stdin, self.stdin = os.pipe()
                to_close.append(stdin)
            streams = (stdin, out_end, err_end, slave)
            if kind == "full":
                # A reader that has stopped reading: the pipe is full, and is left so.
                os.set_blocking(err_end, False)
                try:
                    while True:
                        os.write(err_end, bytes(4096))
                except BlockingIOError:
                    os.set_blocking(err_end, True)
                del self.pipes[err]
        self.output = {name: b"" for name in self.pipes.values()}
        self.child = os.fork()
        if self.child == 0:
            try:
                if self.where == "pid1":
                    enter_namespace(self, case, start, streams)
                else:
                    execute(self, case, start, streams)
            except BaseException as error:  # noqa: BLE001
                os.write(2, f"driver: {error}\n".encode())
                os._exit(98)
        for fd in to_close:
            os.close(fd)
        between = self.where == "pid1" or start.get("job") or start.get("parent")
        self.wrapper = None if between else self.child

    # ------------------------------------------------------------------------------------------- while it runs

    def pump(self):
        """Takes what there is of output, and notes the end of the program."""
        while self.pipes:
            ready, _, _ = select.select(list(self.pipes), [], [], 0)
            if not ready:
                break
            for fd in ready:
                try:
                    data = os.read(fd, 65536)
                except OSError:
                    data = b""
                if data:
                    self.output[self.pipes[fd]] += data
                else:
                    os.close(fd)
                    del self.pipes[fd]
        if not self.ended:
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                self.ended = True
                self.status = status

    def wait_until(self, what, condition, patience=PATIENCE):
        limit = time.monotonic() + patience
        while True:
            self.pump()
            if condition():
                return True
            if time.monotonic() > limit:
                self.notes.append(f"waited in vain: {what}")
                return False
            time.sleep(0.001)

    def find_wrapper(self):
        if self.wrapper is None:
            if self.where == "pid1":
                self.wait_until("pid", lambda: self.ended or os.path.exists(self.pid_file) and os.path.getsize(self.pid_file))
                try:
                    with open(self.pid_file) as file:
                        self.wrapper = int(file.read())
                except OSError:
                    return 0
            else:
                self.wait_until("job", lambda: self.ended or children_of(self.child))
                self.wrapper = next((pid for pid, _ in children_of(self.child)), 0)
        return self.wrapper

    def trace(self):
        try:
            with open(self.trace_file) as file:
                return [json.loads(line) for line in file if line.endswith("\n")]
        except OSError:
            return []

    def pid_of(self, who):
        """The process id to signal, here outside."""
        if who == "wrapper":
            return self.find_wrapper()
        if who == "parent":
            self.find_wrapper()
            return self.child
        if who not in self.outer_pids:
            inner = next((event["pid"] for event in self.trace() if event["who"] == who), None)
            if self.where != "pid1":
                self.outer_pids[who] = inner
            else:
                space = os.readlink(f"/proc/{self.find_wrapper()}/ns/pid")
                for name in os.listdir("/proc"):
                    try:
                        if name.isdigit() and os.readlink(f"/proc/{name}/ns/pid") == space and inner_pid(name) == inner:
                            self.outer_pids[who] = int(name)
                    except OSError:
                        pass
        return self.outer_pids[who]

    def zombies(self):
        return sum(1 for _, state in children_of(self.find_wrapper()) if state == "Z")

    def has_event(self, who, event, number=None, count=1):
        found = [
            line for line in self.trace() if line["who"] == who and line["event"] == event and line.get("number") == number
        ]
        return len(found) >= count

    def step(self, step):
        if "send" in step:
            target = self.pid_of(step.get("to", "wrapper"))
            try:
                os.kill(target, step["send"])
            except ProcessLookupError:
                self.notes.append(f"nobody to get signal {step['send']}")
        elif "type" in step:
            os.write(self.master, step["type"].encode())
        elif "see" in step:
            who = step.get("who", "command")
            count = step.get("count", 1)
            self.wait_until(f"{who} sees {step['see']}", lambda: self.has_event(who, "signal", step["see"], count))
        elif "ready" in step:
            who = step["ready"]
            if self.wait_until(f"{who} is ready", lambda: self.ended or self.has_event(who, "ready")) and not self.ended:
                # Now, while it can be found.
                self.pid_of(who)
        elif "state" in step:
            states = step["state"]
            pid = self.pid_of(step.get("who", "wrapper"))
            self.wait_until(f"state {states}", lambda: (stat_of(pid) or ("gone", 0))[0] in states)
        elif "idle" in step:
            self.wait_until("idle", lambda: is_idle(self.find_wrapper(), self.program))
        elif "reads" in step:
            wanted = step["reads"].encode()
            self.wait_until(f"output {step['reads']}", lambda: any(wanted in text for text in self.output.values()))
        elif "reaped" in step:
            if self.wait_until("zombies", lambda: self.zombies() == 0, step["reaped"]):
                self.notes.append("no zombies")
        elif "look" in step:
            self.notes.append(self.look(step["look"]))
        elif "ended" in step:
            self.wait_until("end", lambda: self.ended)

    def look(self, what):
        wrapper = self.find_wrapper()
        if what == "cwd":
            return os.readlink(f"/proc/{wrapper}/cwd")
        if what == "fds":
            return " ".join(sorted(os.listdir(f"/proc/{wrapper}/fd"), key=int))
        if what == "foreground":
            return "foreground: " + self.names().get(os.tcgetpgrp(self.master), "other")
        raise ValueError(what)

    # ------------------------------------------------------------------------------------------------- at the end

    def finish(self):
        if not self.wait_until("end", lambda: self.ended):
            for who in ("command", "kid", "orphan", "escapee", "wrapper"):
                self.kill(who)
            self.wait_until("end by force", lambda: self.ended)
        for who in ("command", "kid", "orphan", "escapee", "wrapper"):
            if self.where != "pid1" and not (who == "wrapper" and self.wrapper == self.child):
                self.kill(who)
        self.wait_until("end of output", lambda: not self.pipes, 1)
        for fd in list(self.pipes):
            os.close(fd)
        if hasattr(self, "stdin"):
            os.close(self.stdin)

    def kill(self, who):
        try:
            pid = self.pid_of(who)
            if pid:
                os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, KeyError, OSError):
            pass

    def result(self):
        names = self.names()
        trace = {}
        for event in self.trace():
            event = dict(event)
            who = event.pop("who")
            if event.get("event") == "ready":
                continue
            for key in ("pid", "ppid", "pgid", "sid", "foreground", "sender", "listenPid"):
                if key in event:
                    event[key] = names.get(event[key], "other")
            trace.setdefault(who, []).append(event)
        status = self.status
        if status is not None:
            status = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        output = {name: self.normalise(name, text.decode(errors="replace")) for name, text in self.output.items()}
        return {"exit": status, "output": output, "trace": trace, "notes": self.notes}

    def names(self):
        names = {-1: "none", 0: "nobody", None: None}
        inside = self.where == "pid1"
        names[1 if inside else self.wrapper] = "wrapper"
        if not inside:
            names.update({os.getpid(): "driver", os.getsid(0): "driver's session"})
            names.setdefault(os.getpgrp(), "driver's group")
            if self.case.get("start", {}).get("job"):
                names[self.child] = "shell"
                names[self.find_wrapper()] = "wrapper"
        for event in self.trace():
            if event["event"] == "start" or event["event"] == "ready":
                names.setdefault(event["pid"], event["who"])
        return names

    def normalise(self, stream, text):
        """The lines of a stream, with what may differ from run to run made equal.

        Process ids get names. The line that tells of the fork races with what the child says before exec, so these go
        first. What tini says on a standard output that isn't a terminal appears when its buffer is flushed, so there
        its own lines go last.
        """
        text = text.replace("\r", "").replace(self.directory, "<directory>")
        wrapper = "1" if self.where == "pid1" else str(self.wrapper)

        def name(match):
            return match[1] + ("<wrapper>" if match[2] == wrapper else "<other>")

        if self.face != "usher":
            text = re.sub(r"(tini \(|catatonit:|pid=|PID |pid '|pid: '|pid1 \(|child process )(\d+)", name, text)
        text = re.sub(r" \(usher [^)]*\)", "", text)
        lines = text.split("\n")
        forks = [line for line in lines if re.search(r"Spawned child process|Child spawned with PID|pid1 .* spawned", line)]
        forks += [line for line in lines if re.search(r"Unable to attach|setsid complete", line)]
        rest = [line for line in lines if line not in forks]
        if stream == "stdout":
            own = [line for line in rest if re.match(r"\[(INFO |DEBUG|TRACE) tini", line)]
            rest = [line for line in rest if line not in own] + own
        return forks + rest


# ------------------------------------------------------------------------------------------------------ the table


def run_case(case, face, program, where):
    run = Run(case, face, program, where)
    run.start()
    try:
        if any(word == "$T" for word in case["args"]) and "listen" in case["args"]:
            run.step({"ready": "command"})
        for step in case.get("steps", []):
            run.step(step)
    except (OSError, ValueError, KeyError, TypeError) as error:
        run.notes.append(f"driver: {error!r}")
    run.finish()
    return run.result()


def work(jobs, index, workers, path):
    results = [(number, run_case(*job)) for number, job in enumerate(jobs) if number % workers == index]
    with open(path, "w") as file:
        json.dump(results, file)


def main():
    with open(sys.argv[1]) as file:
        table = json.load(file)
    jobs = [(job["case"], job["face"], job["program"], job["where"]) for job in table]
    workers = 4
    paths = [tempfile.mktemp(prefix="results-") for _ in range(workers)]
    pids = []
    for index in range(workers):
        pid = os.fork()
        if pid == 0:
            work(jobs, index, workers, paths[index])
            os._exit(0)
        pids.append(pid)
    results = [None] * len(jobs)
    for pid, path in zip(pids, paths):
        os.waitpid(pid, 0)
        with open(path) as file:
            for number, result in json.load(file):
                results[number] = result
    json.dump(results, sys.stdout, sort_keys=True)


main()
