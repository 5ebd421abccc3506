/*
 * A growing buffer of output, and how a line of a service is put into it: escaped for a JSON string, or made harmless
 * for a terminal.
 */
#ifndef USHER_LINE_TEXT_H
#define USHER_LINE_TEXT_H

#include "host.h"

struct out_buffer {
	char *bytes;
	size_t len, size;
};

/* False: no memory; the buffer is as before. */
bool out_bytes(struct out_buffer *out, const char *bytes, size_t len);
bool out_json(struct out_buffer *out, const char *text, size_t len);
bool out_plain(struct out_buffer *out, const char *text, size_t len);

enum time_format { TIME_NONE, TIME_MS, TIME_CLOCK, TIME_ISO };
bool out_time(struct out_buffer *out, enum time_format format, uint64_t realtime);

#endif
