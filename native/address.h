/*
 * Socket addresses as the script writes them: {family: 'inet'|'inet6'|'unix'|'vsock'|'netlink', …}.
 */
#ifndef USHER_ADDRESS_H
#define USHER_ADDRESS_H

#include "host.h"

#include <sys/socket.h>

/* 0 or -errno; -EINVAL for a shape that is none. */
int take_address(JSContext *ctx, JSValueConst value, struct sockaddr_storage *address, socklen_t *len);
/* null for an unnamed peer of unknown family. */
JSValue new_address(JSContext *ctx, const struct sockaddr_storage *address, socklen_t len);

#endif
