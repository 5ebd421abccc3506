/*
 * One connection on standard input and output (Accept=yes, inetd): answers one byte with one byte. After an
 * "h" it stays until the client closes.
 */
#include <unistd.h>

int main(void)
{
    char byte;
    if (read(0, &byte, 1) != 1 || write(1, "a", 1) != 1)
        return 1;
    while (byte == 'h' && read(0, &(char){0}, 1) > 0)
        ;
    return 0;
}
