#define _GNU_SOURCE
#include "room.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOG_PATH "/run/room.log"

static int room_log = -1;
static int sockstat = -1;

int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void pause_for(int64_t nsec)
{
    struct timespec t = {nsec / 1000000000, (long)(nsec % 1000000000)};
    while (nanosleep(&t, &t) < 0 && errno == EINTR)
        ;
}

void die(const char *what)
{
    fprintf(stderr, "driver: %s: %s\n", what, strerror(errno));
    exit(1);
}

void sample(const struct contender *c, const char *metric, int64_t value)
{
    printf("%s %s %lld\n", c->label, metric, (long long)value);
}

static void mount_new(const char *type, const char *path, const char *options)
{
    if (mount(type, path, type, MS_NOSUID, options) < 0)
        die(path);
}

static void raise_loopback(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    strcpy(request.ifr_name, "lo");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        die("loopback");
    close(fd);
}

/* As an engine mounts it for a container. Where the kernel can't do it for all mounts below, it stays as it
 * is. */
static void protect_cgroups(void)
{
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    mount_setattr(AT_FDCWD, "/sys/fs/cgroup", AT_RECURSIVE, &attributes, sizeof attributes);
}

/*
 * The units that the packages of the peers brought along, and some of them enabled, are not what is measured:
 * an image with one init has none of them. Every contender is told where its own are.
 */
static void hide_packages_units(void)
{
    mount_new("tmpfs", "/etc/systemd/system", "mode=755");
    mount_new("tmpfs", "/usr/lib/systemd/system", "mode=755");
}

void room_enter(const struct contender *c, bool network)
{
    /* Sleeps of some µs must not be rounded up to the default slack of 50. */
    prctl(PR_SET_TIMERSLACK, 1);
    if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | (network ? CLONE_NEWNET : 0)) < 0)
        die("unshare");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        die("private mounts");
    hide_packages_units();
    if (!c->cgroups)
        protect_cgroups();
    mount_new("tmpfs", "/run", "mode=755");
    mount_new("tmpfs", "/tmp", "mode=1777");
    if (network) {
        raise_loopback();
        /* Opened before the room's own /proc hides this one, in which this process has no name. */
        sockstat = open("/proc/self/net/sockstat", O_RDONLY | O_CLOEXEC);
        if (sockstat < 0)
            die("sockstat");
    }
    room_log = open(LOG_PATH, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (room_log < 0)
        die(LOG_PATH);
}

/* What the child needs; it shares our memory, so that it can also tell when it called execve. */
struct birth {
    const struct contender *c;
    int in, out, err;
    volatile int64_t at;
    volatile int error;
};

static int become_init(void *data)
{
    struct birth *b = data;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 50000);
    setsid();
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        goto failed;
    if (dup2(b->in, 0) < 0 || dup2(b->out, 1) < 0 || dup2(b->err, 2) < 0)
        goto failed;
    b->at = now();
    execve(b->c->argv[0], b->c->argv, b->c->env);
failed:
    b->error = errno;
    _exit(127);
}

struct started room_start(const struct contender *c, int in, int out)
{
    static char stack[65536] __attribute__((aligned(16)));
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct birth b = {
        .c = c,
        .in = in < 0 ? null : in,
        .out = out < 0 ? room_log : out,
        .err = room_log,
    };
    pid_t pid = clone(become_init, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &b);
    if (pid < 0)
        die("clone");
    close(null);
    if (b.error) {
        errno = b.error;
        die(c->argv[0]);
    }
    return (struct started){pid, b.at};
}

struct bare {
    char **argv;
    int listener;
};

static int become_service(void *data)
{
    static char *env[] = {(char *)"LISTEN_FDS=1", NULL};
    struct bare *b = data;
    if (dup2(b->listener, 3) == 3)
        execve(b->argv[0], b->argv, env);
    _exit(127);
}

pid_t spawn_bare(char **argv, int listener)
{
    static char stack[65536] __attribute__((aligned(16)));
    struct bare b = {argv, listener};
    return clone(become_service, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &b);
}

void room_end(pid_t init)
{
    kill(init, SIGKILL);
    while (waitpid(init, NULL, 0) < 0 && errno == EINTR)
        ;
}

void room_fail(const struct contender *c, const char *what)
{
    char text[4096];
    off_t size = lseek(room_log, 0, SEEK_END);
    off_t from = size > (off_t)sizeof text ? size - (off_t)sizeof text : 0;
    ssize_t length = pread(room_log, text, sizeof text, from);
    fprintf(stderr, "driver: %s: %s\n", c->label, what);
    if (length > 0)
        fprintf(stderr, "--- end of its log\n%.*s\n---\n", (int)length, text);
    exit(1);
}

int tcp_sockets(void)
{
    char text[512];
    ssize_t length = pread(sockstat, text, sizeof text - 1, 0);
    if (length < 0)
        die("sockstat");
    text[length] = 0;
    const char *line = strstr(text, "TCP: inuse ");
    return line ? atoi(line + strlen("TCP: inuse ")) : 0;
}

int64_t await_listeners(const struct contender *c, int count)
{
    int64_t deadline = now() + 40000000000;
    while (tcp_sockets() < count) {
        if (now() > deadline)
            room_fail(c, "not everything listens after 40 s");
        pause_for(20000);
    }
    return now();
}

int64_t cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) < 0)
        die("processor time");
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int dial(int port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool read_all(int fd, void *to, size_t length)
{
    char *at = to;
    while (length > 0) {
        ssize_t n = read(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}
