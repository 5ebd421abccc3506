/*
 * Values across the border between C and the script.
 *
 * Bytes from the kernel need not be UTF-8, but strings of the script are UTF-16. A byte that isn't part of valid UTF-8
 * becomes the lone surrogate U+DC80 + (byte - 0x80), and such a surrogate becomes that byte again on the way out. (In
 * the UTF-8 of the engine's API a lone surrogate is the three bytes ED B2 80 … ED B3 BF.)
 */
#include "host.h"

#include <stdarg.h>
#include <stdlib.h>

int utf8_length(const uint8_t *p, const uint8_t *end)
{
	uint8_t first = p[0];
	int len;
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		len = 2;
	else if ((first & 0xf0) == 0xe0)
		len = 3;
	else if (first >= 0xf0 && first <= 0xf4)
		len = 4;
	else
		return 0;
	if (end - p < len)
		return 0;
	for (int i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((first == 0xe0 && p[1] < 0xa0) || (first == 0xed && p[1] > 0x9f) || (first == 0xf0 && p[1] < 0x90) ||
	    (first == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

JSValue new_text(JSContext *ctx, const char *bytes, size_t len)
{
	const uint8_t *p = (const uint8_t *)bytes;
	const uint8_t *end = p + len;
	size_t bad = 0;
	while (p < end) {
		int n = utf8_length(p, end);
		if (n == 0) {
			bad++;
			n = 1;
		}
		p += n;
	}
	if (bad == 0)
		return JS_NewStringLen(ctx, bytes, len);
	uint8_t *escaped = malloc(len + 2 * bad);
	if (!escaped)
		return JS_ThrowOutOfMemory(ctx);
	uint8_t *out = escaped;
	p = (const uint8_t *)bytes;
	while (p < end) {
		int n = utf8_length(p, end);
		if (n == 0) {
			*out++ = 0xed;
			*out++ = (uint8_t)(0xb0 | (*p >> 6));
			*out++ = (uint8_t)(0x80 | (*p & 0x3f));
			p++;
		} else {
			memcpy(out, p, (size_t)n);
			out += n;
			p += n;
		}
	}
	JSValue value = JS_NewStringLen(ctx, (const char *)escaped, (size_t)(out - escaped));
	free(escaped);
	return value;
}

JSValue new_text_z(JSContext *ctx, const char *string)
{
	return new_text(ctx, string, strlen(string));
}

bool take_text(JSContext *ctx, JSValueConst value, struct text *out)
{
	out->bytes = JS_ToCStringLen(ctx, &out->len, value);
	if (!out->bytes)
		return false;
	if (!memchr(out->bytes, 0xed, out->len))
		return true;
	/* The engine returns a private copy for every string that isn't ASCII, so it may be changed in place. */
	uint8_t *in = (uint8_t *)(uintptr_t)out->bytes;
	uint8_t *to = in;
	const uint8_t *end = in + out->len;
	while (in < end) {
		if (end - in >= 3 && in[0] == 0xed && (in[1] == 0xb2 || in[1] == 0xb3)) {
			*to++ = (uint8_t)(((in[1] & 3) << 6) | (in[2] & 0x3f));
			in += 3;
		} else {
			*to++ = *in++;
		}
	}
	*to = 0;
	out->len = (size_t)((const char *)to - out->bytes);
	return true;
}

void free_text(JSContext *ctx, struct text *text)
{
	if (text->bytes)
		JS_FreeCString(ctx, text->bytes);
	text->bytes = NULL;
}

JSValue new_bytes(JSContext *ctx, const uint8_t *bytes, size_t len)
{
	char *wide = malloc(len * 2 + 1);
	if (!wide)
		return JS_ThrowOutOfMemory(ctx);
	char *out = wide;
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] < 0x80) {
			*out++ = (char)bytes[i];
		} else {
			*out++ = (char)(0xc0 | (bytes[i] >> 6));
			*out++ = (char)(0x80 | (bytes[i] & 0x3f));
		}
	}
	JSValue value = JS_NewStringLen(ctx, wide, (size_t)(out - wide));
	free(wide);
	return value;
}

uint8_t *take_bytes(JSContext *ctx, JSValueConst value, size_t *len)
{
	size_t wide_len;
	const char *wide = JS_ToCStringLen(ctx, &wide_len, value);
	if (!wide)
		return NULL;
	uint8_t *bytes = malloc(wide_len + 1);
	if (!bytes) {
		JS_FreeCString(ctx, wide);
		JS_ThrowOutOfMemory(ctx);
		return NULL;
	}
	size_t n = 0;
	for (size_t i = 0; i < wide_len; i++) {
		uint8_t c = (uint8_t)wide[i];
		if (c >= 0xc0 && c <= 0xc3 && i + 1 < wide_len)
			c = (uint8_t)((c << 6) | ((uint8_t)wide[++i] & 0x3f));
		bytes[n++] = c;
	}
	bytes[n] = 0;
	JS_FreeCString(ctx, wide);
	*len = n;
	return bytes;
}

char **take_vector(JSContext *ctx, JSValueConst array)
{
	uint32_t n = array_length(ctx, array);
	char **vector = calloc((size_t)n + 1, sizeof *vector);
	for (uint32_t i = 0; vector && i < n; i++) {
		JSValue item = JS_GetPropertyUint32(ctx, array, i);
		struct text text = {0};
		if (take_text(ctx, item, &text))
			vector[i] = strdup(text.bytes);
		free_text(ctx, &text);
		JS_FreeValue(ctx, item);
		if (!vector[i]) {
			free_vector(vector);
			vector = NULL;
		}
	}
	return vector;
}

void free_vector(char **vector)
{
	for (char **v = vector; v && *v; v++)
		free(*v);
	free(vector);
}

static bool take_one(JSContext *ctx, JSValueConst value, char letter, void *out)
{
	switch (letter) {
	case 'i':
		return JS_ToInt32(ctx, out, value) == 0;
	case 'u':
		return JS_ToUint32(ctx, out, value) == 0;
	case 'l':
		return JS_ToInt64(ctx, out, value) == 0;
	case 'd':
		return JS_ToFloat64(ctx, out, value) == 0;
	case 'b':
		*(bool *)out = JS_ToBool(ctx, value) > 0;
		return true;
	case 's':
	case 'p': {
		struct text *text = out;
		if (!take_text(ctx, value, text))
			return false;
		if (letter == 'p' && memchr(text->bytes, 0, text->len)) {
			JSValue empty = JS_NewStringLen(ctx, "", 0);
			JS_FreeCString(ctx, text->bytes);
			bool taken = take_text(ctx, empty, text);
			JS_FreeValue(ctx, empty);
			return taken;
		}
		return true;
	}
	default:
		abort();
	}
}

bool take(JSContext *ctx, JSValueConst *argv, const char *format, ...)
{
	void *outs[8] = {0};
	va_list args;
	va_start(args, format);
	int n = 0;
	for (const char *f = format; *f; f++)
		outs[n++] = va_arg(args, void *);
	va_end(args);
	for (int i = 0; i < n; i++) {
		if (take_one(ctx, argv[i], format[i], outs[i]))
			continue;
		while (--i >= 0) {
			if (format[i] == 's' || format[i] == 'p')
				free_text(ctx, outs[i]);
		}
		return false;
	}
	return true;
}

JSValue new_code(JSContext *ctx, long result)
{
	return JS_NewInt64(ctx, result < 0 ? -errno : result);
}

JSValue new_errno(JSContext *ctx, int error)
{
	return JS_NewInt32(ctx, -error);
}

void set_int(JSContext *ctx, JSValueConst object, const char *name, int64_t value)
{
	JS_SetPropertyStr(ctx, object, name, JS_NewInt64(ctx, value));
}

void set_text(JSContext *ctx, JSValueConst object, const char *name, const char *value)
{
	JS_SetPropertyStr(ctx, object, name, new_text_z(ctx, value));
}

void set_value(JSContext *ctx, JSValueConst object, const char *name, JSValue value)
{
	JS_SetPropertyStr(ctx, object, name, value);
}

int64_t get_int(JSContext *ctx, JSValueConst object, const char *name, int64_t otherwise)
{
	JSValue value = JS_GetPropertyStr(ctx, object, name);
	int64_t result = otherwise;
	if (JS_IsNumber(value))
		JS_ToInt64(ctx, &result, value);
	else if (JS_IsBool(value))
		result = JS_ToBool(ctx, value);
	JS_FreeValue(ctx, value);
	return result;
}

bool get_bool(JSContext *ctx, JSValueConst object, const char *name, bool otherwise)
{
	return get_int(ctx, object, name, otherwise) != 0;
}

uint32_t array_length(JSContext *ctx, JSValueConst array)
{
	if (!JS_IsObject(array))
		return 0;
	int64_t length = get_int(ctx, array, "length", 0);
	return length < 0 || length > UINT32_MAX ? 0 : (uint32_t)length;
}
