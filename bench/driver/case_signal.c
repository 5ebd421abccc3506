/*
 * signal: SIGUSR1 sent to PID 1 → its child, the program "sigstamp", has it in hand. -n signals, 2 ms apart.
 * Metric: `latency`.
 */
#define _GNU_SOURCE
#include "room.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

void case_signal(const struct contender *c, const struct options *o)
{
    int report[2];
    int64_t stamp;
    if (pipe2(report, O_CLOEXEC) < 0)
        die("pipe");
    room_enter(c, false);
    struct started s = room_start(c, -1, report[1]);
    close(report[1]);
    if (!read_all(report[0], &stamp, sizeof stamp))
        room_fail(c, "the child has ended");
    pause_for(50000000);
    for (int i = 0; i < o->count; i++) {
        int64_t since = now();
        kill(s.pid, SIGUSR1);
        if (!read_all(report[0], &stamp, sizeof stamp))
            room_fail(c, "the child has ended");
        sample(c, "latency", stamp - since);
        pause_for(2000000);
    }
    room_end(s.pid);
}
