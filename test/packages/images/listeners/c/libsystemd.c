/* A server after sd_listen_fds(3): answers every connection with who it is, and how its socket is named. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

int main(void) {
    char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);
    if (count != 1 || sd_is_socket(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
        fprintf(stderr, "expected one listening socket, got %d descriptors\n", count);
        return EXIT_FAILURE;
    }
    sd_notify(0, "READY=1\nSTATUS=listening");
    for (;;) {
        int connection = accept(SD_LISTEN_FDS_START, NULL, NULL);
        if (connection < 0) return EXIT_FAILURE;
        dprintf(connection, "HTTP/1.0 200 OK\r\n\r\nlibsystemd %s\n", names[0]);
        shutdown(connection, SHUT_WR);
        char rest[1024];
        while (read(connection, rest, sizeof rest) > 0) {
        }
        close(connection);
    }
}
