/* A service that does nothing. */
#include <unistd.h>

int main(void)
{
    return pause();
}
