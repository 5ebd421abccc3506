/*
 * first-byte: connect → first byte from a service that has to be started for it and ends after its answer. -n
 * samples a round; a contender that is used up by one (it becomes the service) is started anew for each.
 * Between two samples it is quiet for 20 ms, so that the last service is gone. Metrics: `cold` (the first of
 * a life), `warm` (the others); `every` is all of them. A contender whose first word is "bare" is no init at
 * all: once it has connected, the client itself spawns the program with the listening socket.
 */
#define _GNU_SOURCE
#include "room.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET 20000000

static int listen_at(int port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 128) < 0)
        die("listen");
    return fd;
}

/* false: nobody listens. */
static bool ask(const struct contender *c, int port, char **bare, int listener, bool cold)
{
    char byte;
    int64_t since = now();
    int fd = dial(port);
    if (fd < 0)
        return false;
    if (bare && spawn_bare(bare, listener) < 0)
        die("spawn");
    if (!read_all(fd, &byte, 1))
        room_fail(c, "the connection ended without an answer");
    int64_t took = now() - since;
    sample(c, cold ? "cold" : "warm", took);
    sample(c, "every", took);
    while (read_all(fd, &byte, 1))
        ;
    close(fd);
    return true;
}

static void measure_bare(const struct contender *c, const struct options *o)
{
    room_enter(c, true);
    int listener = listen_at(o->port);
    /* The namespace's first process must stay, else no second can be made in it. */
    pid_t first = fork();
    if (first == 0) {
        alarm(60);
        pause();
        _exit(0);
    }
    for (int i = 0; i < o->count; i++) {
        if (!ask(c, o->port, c->argv + 1, listener, i == 0))
            die("connect");
        waitpid(-1, NULL, 0);
        pause_for(QUIET);
    }
    room_end(first);
}

/* One life of the contender; how many samples it gave. */
static int measure_life(const struct contender *c, const struct options *o, int wanted)
{
    room_enter(c, true);
    struct started s = room_start(c, -1, -1);
    await_listeners(c, 1);
    pause_for(3 * QUIET);
    for (int i = 0; i < wanted; i++) {
        if (!ask(c, o->port, NULL, -1, i == 0)) {
            /* Used up, and about to end. */
            if (i == 0 || waitpid(s.pid, NULL, 0) != s.pid)
                room_fail(c, "cannot connect");
            return i;
        }
        pause_for(QUIET);
        if (waitpid(s.pid, NULL, WNOHANG) == s.pid)
            return i + 1;
    }
    room_end(s.pid);
    return wanted;
}

void case_first_byte(const struct contender *c, const struct options *o)
{
    if (strcmp(c->argv[0], "bare") == 0) {
        measure_bare(c, o);
        return;
    }
    for (int done = 0; done < o->count;) {
        /* A room sees one PID 1 in its life, so each life of the contender needs a room, and that a process.
         */
        fflush(stdout);
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0) {
            alarm(60);
            exit(100 + measure_life(c, o, o->count - done));
        }
        int status = 0;
        waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) <= 100)
            exit(1);
        done += WEXITSTATUS(status) - 100;
    }
}
