/* A socket-activated service (Accept=no): takes one connection from descriptor 3, writes one byte, and ends.
 */
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int fd = accept(3, NULL, NULL);
    return fd < 0 || write(fd, "a", 1) != 1;
}
