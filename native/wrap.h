/*
 * Wrapper faces: `usher -- cmd`, tini, docker-init, dumb-init, catatonit.
 *
 * The command must run before the script is loaded, so what the spawn needs of the options is parsed in C, driven by a
 * table for each face (mod_wrap_options.c). Everything else (forwarding, exit codes, messages) is the script's, in the
 * blob `wrapper`, which gets the options found as `usherNative.wrap`.
 */
#ifndef USHER_WRAP_H
#define USHER_WRAP_H

#include "host.h"

struct wrap_face;
extern const struct wrap_face wrap_usher, wrap_tini, wrap_dumb_init, wrap_catatonit;

/* True: the command line is a plain command; it has been spawned, or why not stands in boot.first. */
bool wrap_start(const struct wrap_face *face);

#endif
