/*
 * orphans: how fast PID 1 buries. The contender's command is the program "orphans".
 *
 * Metric `reap`: PID 1 is stopped, -n zombies are handed to it, it goes on; ns for each until the last has
 * gone. Metric `flow`: a fifth as many, one after the other as fast as they can be made, while PID 1 reaps
 * beside; ns for each from the first fork until the last has gone, the making included.
 */
#define _GNU_SOURCE
#include "room.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t next_stamp(const struct contender *c, int fd)
{
    int64_t stamp;
    if (!read_all(fd, &stamp, sizeof stamp))
        room_fail(c, "the program that makes orphans has ended");
    return stamp;
}

void case_orphans(const struct contender *c, const struct options *o)
{
    int commands[2], report[2], status, flow = o->count >= 5 ? o->count / 5 : 1;
    if (pipe2(commands, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0)
        die("pipe");
    room_enter(c, false);
    struct started s = room_start(c, commands[0], report[1]);
    close(commands[0]);
    close(report[1]);
    next_stamp(c, report[0]);
    pause_for(20000000);

    kill(s.pid, SIGSTOP);
    if (waitpid(s.pid, &status, WUNTRACED) != s.pid || !WIFSTOPPED(status))
        room_fail(c, "PID 1 does not stop");
    if (dprintf(commands[1], "heap %d\n", o->count) < 0)
        die("command");
    next_stamp(c, report[0]);
    int64_t since = now(), cpu = cpu_of(s.pid);
    kill(s.pid, SIGCONT);
    sample(c, "reap", (next_stamp(c, report[0]) - since) / o->count);
    sample(c, "cpu", (cpu_of(s.pid) - cpu) / o->count);

    pause_for(20000000);
    if (dprintf(commands[1], "flow %d\n", flow) < 0)
        die("command");
    since = next_stamp(c, report[0]);
    sample(c, "flow", (next_stamp(c, report[0]) - since) / flow);
    room_end(s.pid);
}
