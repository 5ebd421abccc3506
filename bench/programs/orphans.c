/*
 * Makes orphans for PID 1, on command from standard input, and writes times (monotonic ns, 8 bytes) to
 * standard output: one when it is ready; then for each command two, as below.
 *
 *   heap N   N zombies whose parent dies: they are PID 1's all at once. A time when that is so, one when the
 * last of them has gone. flow N   N orphans one after the other: a time before the first, one when the last
 * has gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 10000

static pid_t *pids;

static void stamp(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t value = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    if (write(1, &value, sizeof value) != sizeof value)
        exit(1);
}

static void await_burials(int count)
{
    for (int i = 0; i < count; i++)
        while (kill(pids[i], 0) == 0)
            nanosleep(&(struct timespec){0, 20000}, NULL);
}

static pid_t fork_or_exit(void)
{
    pid_t pid = fork();
    if (pid < 0)
        _exit(1);
    return pid;
}

static void await_child(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, 0) != pid || status != 0)
        exit(1);
}

static void make_heap(int count)
{
    pid_t parent = fork_or_exit();
    if (parent == 0) {
        for (int i = 0; i < count; i++) {
            /* The array is shared: only the parent may write what fork returned. */
            pid_t pid = fork_or_exit();
            if (pid == 0)
                _exit(0);
            pids[i] = pid;
        }
        /* Each must be a zombie before it changes hands. */
        for (int i = 0; i < count; i++) {
            siginfo_t info;
            waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOWAIT);
        }
        _exit(0);
    }
    await_child(parent);
    stamp();
    await_burials(count);
    stamp();
}

static void make_flow(int count)
{
    stamp();
    for (int i = 0; i < count; i++) {
        pid_t parent = fork_or_exit();
        if (parent == 0) {
            pid_t pid = fork_or_exit();
            if (pid > 0)
                pids[i] = pid;
            _exit(0);
        }
        await_child(parent);
    }
    await_burials(count);
    stamp();
}

int main(void)
{
    char word[16];
    int count;
    prctl(PR_SET_TIMERSLACK, 1);
    pids = mmap(NULL, MOST * sizeof *pids, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pids == MAP_FAILED)
        return 1;
    stamp();
    while (scanf("%15s %d", word, &count) == 2 && count <= MOST) {
        if (strcmp(word, "heap") == 0)
            make_heap(count);
        else
            make_flow(count);
    }
    return 0;
}
