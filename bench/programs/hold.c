/*
 * hold PORT COUNT: that many connections to 127.0.0.1, each with its live process, until it is killed. Says "held" once
 * every process has answered.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    for (int i = argc > 2 ? atoi(argv[2]) : 0; i > 0; i--) {
        char byte;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
            return 1;
        if (write(fd, "h", 1) != 1 || read(fd, &byte, 1) != 1)
            return 1;
    }
    if (write(1, "held\n", 5) != 5)
        return 1;
    pause();
    return 0;
}
