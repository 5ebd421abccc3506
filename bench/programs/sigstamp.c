/* Writes the monotonic time (ns, 8 bytes) to standard output: when it is ready, and whenever SIGUSR1 has
 * come. */
#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    do {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        int64_t stamp = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        if (write(1, &stamp, sizeof stamp) != sizeof stamp)
            return 1;
    } while (sigwaitinfo(&set, NULL) == SIGUSR1);
    return 1;
}
