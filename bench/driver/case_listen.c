/*
 * listen: execve of PID 1 → the kernel counts -n TCP sockets in the room, which nobody connects to, so all of
 * them listen (a socket counts from listen(2) on, not from bind). Looked at every 20 µs from another process.
 * Metrics: `first`, `last`, and `cpu`, the processor time that PID 1 had had by `last`: a busy machine
 * changes it less.
 */
#include "room.h"

void case_listen(const struct contender *c, const struct options *o)
{
    room_enter(c, true);
    struct started s = room_start(c, -1, -1);
    int64_t first = await_listeners(c, 1);
    int64_t last = await_listeners(c, o->count);
    int64_t cpu = cpu_of(s.pid);
    sample(c, "first", first - s.at);
    sample(c, "last", last - s.at);
    sample(c, "cpu", cpu);
    room_end(s.pid);
}
