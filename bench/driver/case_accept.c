/*
 * accept: connections a second, each served by a process of its own. A connection is done when the program
 * "session" has answered one byte with one byte and the end of the stream has come. -c connections at once
 * for -t ms, while -k others stay open, each with its live process; longer where nobody has got an answer
 * twice by then, so that a slow one has a rate too. Metrics: `rate` (done a second), `failed`.
 */
#define _GNU_SOURCE
#include "room.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct slot {
    int fd;
    bool answered;
};

/* Opens a connection that stays, and waits until its process has answered. */
static void hold(const struct contender *c, int port)
{
    char byte;
    int fd = dial(port);
    if (fd < 0 || write(fd, "h", 1) != 1 || !read_all(fd, &byte, 1))
        room_fail(c, "a connection that is to stay gets no answer");
}

static void begin(struct slot *slot, int epoll, int port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    slot->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    slot->answered = false;
    if (slot->fd < 0)
        die("socket");
    if (connect(slot->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        die("connect");
    struct epoll_event event = {.events = EPOLLOUT, .data = {.ptr = slot}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, slot->fd, &event);
}

/* Goes on with one connection; whether it has come to its end. */
static bool proceed(struct slot *slot, int epoll, uint32_t events)
{
    char bytes[16];
    if (events & EPOLLOUT) {
        struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = slot}};
        epoll_ctl(epoll, EPOLL_CTL_MOD, slot->fd, &event);
        return write(slot->fd, "q", 1) != 1;
    }
    ssize_t n = read(slot->fd, bytes, sizeof bytes);
    slot->answered |= n > 0;
    return n == 0 || (n < 0 && errno != EAGAIN);
}

void case_accept(const struct contender *c, const struct options *o)
{
    struct epoll_event events[64];
    struct slot *slots = calloc((size_t)o->at_once, sizeof *slots);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!slots || epoll < 0)
        die("memory");
    room_enter(c, true);
    struct started s = room_start(c, -1, -1);
    await_listeners(c, 1);
    pause_for(100000000);
    for (int i = 0; i < o->live; i++)
        hold(c, o->port);
    long done = 0, failed = 0;
    int64_t since = now(), end = since + (int64_t)o->milliseconds * 1000000, last = since;
    for (int i = 0; i < o->at_once; i++)
        begin(&slots[i], epoll, o->port);
    while (last < end || (done < 2 * o->at_once && last < end + 10000000000)) {
        int ready = epoll_wait(epoll, events, sizeof events / sizeof *events, 5000);
        if (ready == 0)
            room_fail(c, "no connection gets an answer within 5 s");
        for (int i = 0; i < ready; i++) {
            struct slot *slot = events[i].data.ptr;
            if (!proceed(slot, epoll, events[i].events))
                continue;
            *(slot->answered ? &done : &failed) += 1;
            close(slot->fd);
            begin(slot, epoll, o->port);
        }
        last = now();
    }
    sample(c, "rate", (int64_t)((double)done * 1e9 / (double)(last - since)));
    sample(c, "failed", failed);
    room_end(s.pid);
}
