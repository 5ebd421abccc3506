/*
 * The ring of recent log lines that `logs` and `status` read: bounded by bytes, oldest out first.
 *
 * Entries lie packed in segments of 16 KiB that are made when needed and freed whole, so an idle usher holds none. An
 * entry's number (seq) counts up by one from 1 and never comes twice.
 */
#ifndef USHER_RING_H
#define USHER_RING_H

#include "host.h"

/* Returns the entry's number, or 0 when it was not kept. */
int64_t ring_add(int32_t tag, int priority, int32_t pid, uint64_t realtime, const char *text, size_t len);

#endif
