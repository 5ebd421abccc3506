/*
 * Adopted sockets: a program's bind() is answered with a socket that usher holds (seccomp_unotify(2)).
 */
#ifndef USHER_ADOPT_H
#define USHER_ADOPT_H

/*
 * In the child, right before exec: no new privileges, a filter that notifies on bind() and lets all else
 * through, and the notification's descriptor sent over `channel`. False with errno set. Async-signal-safe.
 */
int adopt_in_child(int channel);

#endif
