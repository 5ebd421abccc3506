/*
 * start: one run of a wrapper around a command, to its end. Metrics: `exec` (wrapper's execve → the command's
 * first instructions, where the command is the program "stamp"), `exit` (wrapper's execve → its end as its
 * parent sees it), `cpu` (processor time of the wrapper and the command).
 */
#define _GNU_SOURCE
#include "room.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t to_ns(struct timeval t)
{
    return ((int64_t)t.tv_sec * 1000000 + t.tv_usec) * 1000;
}

void case_start(const struct contender *c, const struct options *o)
{
    (void)o;
    int report[2], status;
    int64_t stamp;
    struct rusage usage;
    if (pipe2(report, O_CLOEXEC) < 0)
        die("pipe");
    room_enter(c, false);
    struct started s = room_start(c, -1, report[1]);
    if (wait4(s.pid, &status, 0, &usage) < 0)
        die("wait");
    int64_t end = now();
    close(report[1]);
    if (status != 0)
        room_fail(c, "did not exit with 0");
    if (read_all(report[0], &stamp, sizeof stamp))
        sample(c, "exec", stamp - s.at);
    sample(c, "exit", end - s.at);
    sample(c, "cpu", to_ns(usage.ru_utime) + to_ns(usage.ru_stime));
}
