#include "line_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static bool reserve(struct out_buffer *out, size_t more)
{
	if (out->size - out->len >= more)
		return true;
	size_t size = out->size ? out->size : 4096;
	while (size - out->len < more)
		size *= 2;
	char *grown = realloc(out->bytes, size);
	if (!grown)
		return false;
	out->bytes = grown;
	out->size = size;
	return true;
}

bool out_bytes(struct out_buffer *out, const char *bytes, size_t len)
{
	if (len == 0)
		return true;
	if (!reserve(out, len))
		return false;
	memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
	return true;
}

static const char hex[] = "0123456789abcdef";

/* Letters of the short escapes of JSON, by control byte. */
static char short_escape(uint8_t c)
{
	switch (c) {
	case '\b':
		return 'b';
	case '\t':
		return 't';
	case '\n':
		return 'n';
	case '\f':
		return 'f';
	case '\r':
		return 'r';
	case '"':
	case '\\':
		return (char)c;
	default:
		return 0;
	}
}

bool out_json(struct out_buffer *out, const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + len;
	/* The longest escape has six bytes for one. */
	if (!reserve(out, len * 6))
		return false;
	char *to = out->bytes + out->len;
	while (p < end) {
		uint8_t c = *p;
		if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
			*to++ = (char)c;
			p++;
		} else if (c >= 0x80) {
			int n = utf8_length(p, end);
			memcpy(to, n > 0 ? (const char *)p : "\xef\xbf\xbd", n > 0 ? (size_t)n : 3);
			to += n > 0 ? n : 3;
			p += n > 0 ? n : 1;
		} else {
			char letter = short_escape(c);
			*to++ = '\\';
			if (letter) {
				*to++ = letter;
			} else {
				memcpy(to, "u00", 3);
				to += 3;
				*to++ = hex[c >> 4];
				*to++ = hex[c & 15];
			}
			p++;
		}
	}
	out->len = (size_t)(to - out->bytes);
	return true;
}

/* Length of a colour sequence (ESC [ digits and semicolons m) at p, else 0. */
static size_t colour_length(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q = p + 1;
	if (q >= end || *q++ != '[')
		return 0;
	while (q < end && ((*q >= '0' && *q <= '9') || *q == ';'))
		q++;
	return q < end && *q == 'm' ? (size_t)(q + 1 - p) : 0;
}

/*
 * Control characters could move the cursor, retitle the terminal, or fake another service's line. Tabs stay, colours
 * stay (and end with the line); all others are shown as \xNN.
 */
bool out_plain(struct out_buffer *out, const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + len;
	bool coloured = false;
	if (!reserve(out, len * 4 + 8))
		return false;
	char *to = out->bytes + out->len;
	while (p < end) {
		int n = *p >= 0x80 ? utf8_length(p, end) : 1;
		size_t colour = *p == 0x1b ? colour_length(p, end) : 0;
		/* C1 controls are two bytes in UTF-8 and mean the same as ESC and a letter. */
		bool control = (*p < 0x20 && *p != '\t') || *p == 0x7f || (n == 2 && p[0] == 0xc2 && p[1] < 0xa0);
		if (colour > 0) {
			coloured = true;
			memcpy(to, p, colour);
			to += colour;
			p += colour;
		} else if (n == 0) {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			p++;
		} else if (control) {
			uint8_t c = p[n - 1];
			*to++ = '\\';
			*to++ = 'x';
			*to++ = hex[c >> 4];
			*to++ = hex[c & 15];
			p += n;
		} else {
			memcpy(to, p, (size_t)n);
			to += n;
			p += n;
		}
	}
	if (coloured) {
		memcpy(to, "\x1b[0m", 4);
		to += 4;
	}
	out->len = (size_t)(to - out->bytes);
	return true;
}

bool out_time(struct out_buffer *out, enum time_format format, uint64_t realtime)
{
	char text[64];
	struct tm tm;
	time_t seconds = (time_t)(realtime / 1000000);
	unsigned ms = (unsigned)(realtime / 1000 % 1000);
	int n = 0;
	switch (format) {
	case TIME_NONE:
		return true;
	case TIME_MS:
		n = snprintf(text, sizeof text, "%llu", (unsigned long long)(realtime / 1000));
		break;
	case TIME_CLOCK:
		localtime_r(&seconds, &tm);
		n = snprintf(text, sizeof text, "%02d:%02d:%02d.%03u", tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
		break;
	case TIME_ISO:
		gmtime_r(&seconds, &tm);
		n = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900, tm.tm_mon + 1,
			     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
		break;
	}
	return out_bytes(out, text, (size_t)n);
}
