/*
 * memory: what an init and its helpers hold while nothing happens. -n units are running services (processes
 * named "idle"), -k are listening TCP sockets whose services have not been started. Once all are up, waits
 * until two readings 200 ms apart agree. All processes in the room but the services count. Metrics, KiB:
 * `private` (private clean and dirty pages), `resident` (sum), `resident-init` (PID 1 alone); and
 * `processes`.
 *
 * A twin of the contender rests in a second room meanwhile. Pages of program files are then shared with it,
 * whoever is measured, and private is what one more costs; alone, a static program's code would count as
 * private, while a dynamic one's library would not as soon as anything else on the machine uses it.
 */
#define _GNU_SOURCE
#include "room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct memory {
    long private, resident, resident_init;
    int processes, services;
};

/* The whole of a small file below /proc, empty where it can't be read (the process has gone). */
static const char *read_proc(const char *pid, const char *name)
{
    static char text[4096];
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[length < 0 ? 0 : length] = 0;
    return text;
}

static long field(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line ? atol(line + strlen(name)) : 0;
}

static struct memory read_memory(void)
{
    struct memory m = {0, 0, 0, 0, 0};
    DIR *proc = opendir("/proc");
    if (!proc)
        die("/proc");
    for (struct dirent *entry; (entry = readdir(proc));) {
        const char *pid = entry->d_name;
        if (pid[0] < '0' || pid[0] > '9')
            continue;
        if (strcmp(read_proc(pid, "comm"), "idle\n") == 0) {
            m.services++;
            continue;
        }
        const char *text = read_proc(pid, "smaps_rollup");
        long resident = field(text, "\nRss:");
        m.private += field(text, "\nPrivate_Clean:") + field(text, "\nPrivate_Dirty:");
        m.resident += resident;
        if (strcmp(pid, "1") == 0)
            m.resident_init = resident;
        m.processes += resident > 0;
    }
    closedir(proc);
    return m;
}

/* Starts the contender and waits until it has come to rest. */
static struct memory settle(const struct contender *c, const struct options *o, pid_t *init)
{
    room_enter(c, true);
    *init = room_start(c, -1, -1).pid;
    if (o->live > 0)
        await_listeners(c, o->live);
    int64_t deadline = now() + 30000000000;
    struct memory last = {-1, 0, 0, 0, 0};
    for (;;) {
        struct memory m = read_memory();
        if (m.services >= o->count && m.private == last.private && m.processes == last.processes)
            return m;
        if (now() > deadline)
            room_fail(c, m.services < o->count ? "not all services run after 30 s" : "does not come to rest");
        last = m;
        pause_for(200000000);
    }
}

/* The twin says that it is at rest, and stays until the pipe's other end is closed. */
static void be_twin(const struct contender *c, const struct options *o, int ready, int stay)
{
    pid_t init;
    settle(c, o, &init);
    if (write(ready, "r", 1) != 1)
        die("pipe");
    read_all(stay, &(char){0}, 1);
    room_end(init);
    exit(0);
}

void case_memory(const struct contender *c, const struct options *o)
{
    int ready[2], stay[2];
    if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(stay, O_CLOEXEC) < 0)
        die("pipe");
    pid_t twin = fork();
    if (twin < 0)
        die("fork");
    if (twin == 0) {
        alarm(100);
        close(stay[1]);
        be_twin(c, o, ready[1], stay[0]);
    }
    close(ready[1]);
    if (!read_all(ready[0], &(char){0}, 1))
        exit(1);
    pid_t init;
    struct memory m = settle(c, o, &init);
    sample(c, "private", m.private);
    sample(c, "resident", m.resident);
    sample(c, "resident-init", m.resident_init);
    sample(c, "processes", m.processes);
    room_end(init);
    close(stay[1]);
    waitpid(twin, NULL, 0);
}
