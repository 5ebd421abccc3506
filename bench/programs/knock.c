/*
 * knock PORT COUNT: that many connections to 127.0.0.1, one after the other; each sends one byte and reads
 * until the end. Between two it is quiet for 100 ms, so that the last one's process is gone.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    for (int i = argc > 2 ? atoi(argv[2]) : 1; i > 0; i--) {
        char bytes[16];
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
            return 1;
        /* A service that answers without reading resets the connection, which does not matter here. */
        (void)!write(fd, "q", 1);
        while (read(fd, bytes, sizeof bytes) > 0)
            ;
        close(fd);
        nanosleep(&(struct timespec){0, 100000000}, NULL);
    }
    return 0;
}
