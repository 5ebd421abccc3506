/*
 * A room is what a container would be: a process in its own mount, network and process id namespaces, where
 * the program under test is PID 1. The process that made the room stays in it (but for the process ids),
 * watches and measures, and holds the namespaces, so that taking them down is never part of a measurement.
 * When it ends, however it ends, the kernel kills everything in the room.
 */
#ifndef ROOM_H
#define ROOM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

struct contender {
    const char *label;
    /* May write to the tree of cgroups, which a container can't as a rule; said by "ROOM_CGROUPS=rw". */
    bool cgroups;
    char **env;
    char **argv;
};

/* What the command line asks for; each case documents what it makes of them. */
struct options {
    int rounds;
    int count;
    int live;
    int at_once;
    int milliseconds;
    int port;
};

struct started {
    pid_t pid;
    int64_t at; /* monotonic ns just before execve */
};

/* Monotonic clock, ns. */
int64_t now(void);
/* Sleeps that long, within some µs. */
void pause_for(int64_t nsec);
noreturn void die(const char *what);
/* Prints one sample for the reader: "label metric value". */
void sample(const struct contender *c, const char *metric, int64_t value);

/* Moves this process into a new room. With `network` it has a loopback interface of its own. */
void room_enter(const struct contender *c, bool network);
/*
 * Starts the contender as PID 1 of the room, once. Where a descriptor is -1, input comes from /dev/null and
 * output goes to the room's log, as standard error does always.
 */
struct started room_start(const struct contender *c, int in, int out);
/* Runs a program with a listening socket as its descriptor 3 and nothing else done for it: the bare spawn. */
pid_t spawn_bare(char **argv, int listener);
/* Kills PID 1 and with it the room's processes. */
void room_end(pid_t init);
/* Says what went wrong with a contender, shows the end of the room's log, and ends the room. */
noreturn void room_fail(const struct contender *c, const char *what);

/* How many TCP sockets there are in the room; while nobody connects, those that listen. */
int tcp_sockets(void);
/* Waits until so many TCP sockets listen; answers with the time at which it was seen. */
int64_t await_listeners(const struct contender *c, int count);
/* Processor time that a process has had, ns. */
int64_t cpu_of(pid_t pid);
/* A connected TCP socket to 127.0.0.1, or -1. */
int dial(int port);
/* Reads exactly that much; false at the end of the stream. */
bool read_all(int fd, void *to, size_t length);

void case_start(const struct contender *c, const struct options *o);
void case_listen(const struct contender *c, const struct options *o);
void case_memory(const struct contender *c, const struct options *o);
void case_first_byte(const struct contender *c, const struct options *o);
void case_accept(const struct contender *c, const struct options *o);
void case_orphans(const struct contender *c, const struct options *o);
void case_signal(const struct contender *c, const struct options *o);

#endif
