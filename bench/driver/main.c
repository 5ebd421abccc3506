/*
 * driver CASE [-r rounds] [-n count] [-k live] [-c at once] [-t ms] [-p port] LABEL COMMAND [LABEL COMMAND …]
 *
 * Measures contenders in turn, round after round (A B C A B C …), each time in a new room, and prints
 * samples, a line each: "LABEL METRIC VALUE", times in ns, memory in KiB, and "end" after the last. A COMMAND
 * is one argument, split at spaces; what comes first with a "=" in it is environment. A contender that fails
 * is named on stderr and the others go on; the exit status is 1 then.
 */
#define _GNU_SOURCE
#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_WORDS 64

static const struct {
    const char *name;
    void (*run)(const struct contender *, const struct options *);
} cases[] = {
    {"start", case_start},           {"listen", case_listen}, {"memory", case_memory},
    {"first-byte", case_first_byte}, {"accept", case_accept}, {"orphans", case_orphans},
    {"signal", case_signal},
};

static struct contender parse(const char *label, char *command)
{
    char **words = calloc(2 * MAX_WORDS + 2, sizeof *words);
    if (!words)
        die("memory");
    char **env = words, **argv = words + MAX_WORDS + 1;
    int envs = 0, args = 0;
    env[envs++] = (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (char *word = strtok(command, " "); word; word = strtok(NULL, " ")) {
        if (envs == MAX_WORDS || args == MAX_WORDS)
            die("too many words");
        if (args == 0 && strchr(word, '='))
            env[envs++] = word;
        else
            argv[args++] = word;
    }
    bool cgroups = false;
    for (char **word = env; *word; word++)
        cgroups |= strcmp(*word, "ROOM_CGROUPS=rw") == 0;
    return (struct contender){label, cgroups, env, argv};
}

int main(int argc, char **argv)
{
    struct options o = {.rounds = 1, .count = 1, .at_once = 1, .milliseconds = 500, .port = 20000};
    int option;
    /* The case's name stands where getopt expects the program's. */
    while (argc > 1 && (option = getopt(argc - 1, argv + 1, "+r:n:k:c:t:p:")) != -1) {
        int value = optarg ? atoi(optarg) : 0;
        switch (option) {
        case 'r':
            o.rounds = value;
            break;
        case 'n':
            o.count = value;
            break;
        case 'k':
            o.live = value;
            break;
        case 'c':
            o.at_once = value;
            break;
        case 't':
            o.milliseconds = value;
            break;
        case 'p':
            o.port = value;
            break;
        default:
            return 2;
        }
    }
    void (*run)(const struct contender *, const struct options *) = NULL;
    for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cases[i].name, argv[1]) == 0)
            run = cases[i].run;
    int first = optind + 1, contenders = (argc - first) / 2, failures = 0;
    if (!run || contenders < 1 || (argc - first) % 2 != 0) {
        fprintf(stderr, "usage: driver CASE [options] LABEL COMMAND [LABEL COMMAND …]\n");
        return 2;
    }
    for (int round = 0; round < o.rounds; round++) {
        for (int i = 0; i < contenders; i++) {
            char *label = argv[first + 2 * i];
            fflush(stdout);
            pid_t pid = fork();
            if (pid < 0)
                die("fork");
            if (pid == 0) {
                struct contender c = parse(label, argv[first + 2 * i + 1]);
                /* Nothing outlives this: with the room's maker goes the room. */
                alarm(120);
                run(&c, &o);
                exit(0);
            }
            int status = 0;
            waitpid(pid, &status, 0);
            if (status != 0) {
                fprintf(stderr, "driver: %s failed\n", label);
                failures++;
            }
        }
    }
    printf("end\n");
    return failures > 0;
}
