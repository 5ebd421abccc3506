/*
 * What services write, line by line.
 *
 * The host owns the read end of each pipe. Bytes become lines here; the script only says what goes before and after a
 * line (CaptureSink), so it isn't called for them. Per stream and turn of the loop at most one read of 64 KiB is taken,
 * so that no service can starve the others. What is kept between turns is the unfinished line alone.
 *
 * As in journald: a line has at most 48 KiB, longer ones are cut; `<N>` at the start gives the priority; empty lines
 * are left out.
 *
 * While the container's own output is behind, pipes are left unread, so that a burst waits in the services instead of
 * being lost; a reader that has stalled is not waited for.
 */
#include "line_text.h"
#include "ring.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define READ_BYTES (64 * 1024)
#define LINE_MAX_BYTES (48 * 1024)
#define STOP_BYTES (1024 * 1024)

struct sink {
	int32_t tag, pid;
	int stream;
	struct piece {
		char *bytes; /* NULL: lines of this priority are dropped */
		size_t len;
	} before[8], after, suffix;
	bool json, parse_prefix;
	enum time_format time_format;
	int priority, ring_max;
	int64_t rate_burst, rate_interval;
};

struct capture {
	int fd;
	struct sink sink;
	char *partial;
	size_t partial_len, partial_size;
	int cut_priority; /* of a line that was cut: its rest has no prefix; -1 else */
	bool held;        /* not watched, until the output has room */
	int64_t window_start, window_count, suppressed;
};

static char read_buffer[READ_BYTES];
static struct out_buffer out;
static int out_stream;
static int64_t out_lines;
static JSValue on_capture_end;

/* By descriptor. */
static struct capture **captures;
static int capacity;

/* ----------------------------------------------------------------------------------------------------------- sinks */

static void free_sink(struct sink *sink)
{
	for (int i = 0; i < 8; i++)
		free(sink->before[i].bytes);
	free(sink->after.bytes);
	free(sink->suffix.bytes);
}

static bool copy_piece(JSContext *ctx, JSValue value, struct piece *piece)
{
	if (JS_IsNull(value))
		return true;
	struct text text = {0};
	bool fine = take_text(ctx, value, &text);
	if (fine) {
		piece->len = text.len;
		piece->bytes = malloc(text.len + 1);
		fine = piece->bytes != NULL;
		if (fine)
			memcpy(piece->bytes, text.bytes, text.len + 1);
		else
			JS_ThrowOutOfMemory(ctx);
	}
	free_text(ctx, &text);
	JS_FreeValue(ctx, value);
	return fine;
}

static enum time_format take_time_format(JSContext *ctx, JSValueConst object)
{
	static const char *const words[] = {"none", "ms", "clock", "iso"};
	JSValue value = JS_GetPropertyStr(ctx, object, "timeFormat");
	struct text text = {0};
	enum time_format format = TIME_NONE;
	if (JS_IsString(value) && take_text(ctx, value, &text)) {
		for (int i = 0; i < ARRAY_LEN(words); i++) {
			if (strcmp(words[i], text.bytes) == 0)
				format = (enum time_format)i;
		}
	}
	free_text(ctx, &text);
	JS_FreeValue(ctx, value);
	return format;
}

static bool take_sink(JSContext *ctx, JSValueConst object, struct sink *sink)
{
	*sink = (struct sink){
		.tag = (int32_t)get_int(ctx, object, "tag", 0),
		.pid = (int32_t)get_int(ctx, object, "pid", 0),
		.stream = (int)get_int(ctx, object, "stream", 0),
		.json = get_bool(ctx, object, "json", false),
		.parse_prefix = get_bool(ctx, object, "parsePrefix", false),
		.time_format = take_time_format(ctx, object),
		.priority = (int)get_int(ctx, object, "priority", 6) & 7,
		.ring_max = (int)get_int(ctx, object, "ringPriorityMax", 7),
		.rate_burst = get_int(ctx, object, "rateBurst", 0),
		.rate_interval = get_int(ctx, object, "rateIntervalUsec", 0),
	};
	JSValue before = JS_GetPropertyStr(ctx, object, "before");
	bool fine = copy_piece(ctx, JS_GetPropertyStr(ctx, object, "after"), &sink->after) &&
		    copy_piece(ctx, JS_GetPropertyStr(ctx, object, "suffix"), &sink->suffix);
	for (uint32_t i = 0; fine && i < 8; i++)
		fine = copy_piece(ctx, JS_GetPropertyUint32(ctx, before, i), &sink->before[i]);
	JS_FreeValue(ctx, before);
	if (!fine)
		free_sink(sink);
	return fine;
}

/* ----------------------------------------------------------------------------------------------------------- lines */

static void flush_lines(void)
{
	if (out.len > 0)
		output_write_lines(out_stream, out.bytes, out.len, out_lines);
	out.len = 0;
	out_lines = 0;
	/* A flood's buffer isn't kept. */
	if (out.size > READ_BYTES) {
		free(out.bytes);
		out = (struct out_buffer){0};
	}
}

static void write_line(const struct sink *sink, int priority, uint64_t now, const char *text, size_t len)
{
	const struct piece *before = &sink->before[priority];
	if (priority <= sink->ring_max)
		ring_add(sink->tag, priority, sink->pid, now, text, len);
	if (sink->stream == 0 || !before->bytes)
		return;
	if (out.len > READ_BYTES / 2)
		flush_lines();
	out_stream = sink->stream;
	size_t mark = out.len;
	bool fine = out_bytes(&out, before->bytes, before->len) && out_time(&out, sink->time_format, now) &&
		    out_bytes(&out, sink->after.bytes, sink->after.len) &&
		    (sink->json ? out_json : out_plain)(&out, text, len) &&
		    out_bytes(&out, sink->suffix.bytes, sink->suffix.len);
	if (fine)
		out_lines++;
	else
		out.len = mark;
}

/* LogRateLimit…=: false where the line is to be left out. */
static bool within_rate(struct capture *capture, uint64_t now)
{
	const struct sink *sink = &capture->sink;
	if (sink->rate_burst <= 0 || sink->rate_interval <= 0)
		return true;
	if ((int64_t)now - capture->window_start >= sink->rate_interval || (int64_t)now < capture->window_start) {
		if (capture->suppressed > 0) {
			char text[64];
			int n = snprintf(text, sizeof text, "Suppressed %lld messages", (long long)capture->suppressed);
			write_line(sink, 4, now, text, (size_t)n);
		}
		capture->window_start = (int64_t)now;
		capture->window_count = capture->suppressed = 0;
	}
	if (capture->window_count++ < sink->rate_burst)
		return true;
	capture->suppressed++;
	return false;
}

/* `<N>`, as journald reads it: a level, no facility. Returns its length, 0 where there is none. */
static size_t read_prefix(const char *text, size_t len, int *priority)
{
	size_t i = 1;
	int value = 0;
	if (len < 3 || text[0] != '<')
		return 0;
	for (; i < len && i <= 3 && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (text[i] - '0');
	if (i == 1 || i >= len || text[i] != '>' || value > 7)
		return 0;
	*priority = value;
	return i + 1;
}

static void take_line(struct capture *capture, uint64_t now, const char *text, size_t len, bool cut)
{
	int priority = capture->sink.priority;
	if (capture->cut_priority >= 0) {
		priority = capture->cut_priority;
	} else if (capture->sink.parse_prefix) {
		size_t prefix = read_prefix(text, len, &priority);
		text += prefix;
		len -= prefix;
	}
	capture->cut_priority = cut ? priority : -1;
	if (!cut && len > 0 && text[len - 1] == '\r')
		len--;
	if (len > 0 && within_rate(capture, now))
		write_line(&capture->sink, priority, now, text, len);
}

/* How much of an overlong line to take so that no character is torn. */
static size_t cut_length(const char *text)
{
	size_t len = LINE_MAX_BYTES;
	for (int back = 0; back < 3 && ((uint8_t)text[len] & 0xc0) == 0x80; back++)
		len--;
	return ((uint8_t)text[len] & 0xc0) == 0x80 ? LINE_MAX_BYTES : len;
}

static void keep_partial(struct capture *capture, const char *text, size_t len)
{
	if (capture->partial_size < capture->partial_len + len) {
		size_t size = capture->partial_size ? capture->partial_size : 256;
		while (size < capture->partial_len + len)
			size *= 2;
		char *grown = realloc(capture->partial, size);
		if (!grown)
			return;
		capture->partial = grown;
		capture->partial_size = size;
	}
	memcpy(capture->partial + capture->partial_len, text, len);
	capture->partial_len += len;
}

static void drop_partial(struct capture *capture)
{
	free(capture->partial);
	capture->partial = NULL;
	capture->partial_len = capture->partial_size = 0;
}

/* Takes complete lines from text; returns how many bytes are left of an unfinished one at its end. */
static size_t take_lines(struct capture *capture, uint64_t now, const char *text, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t line = newline ? (size_t)(newline - text) : len;
		if (line > LINE_MAX_BYTES) {
			size_t part = cut_length(text);
			take_line(capture, now, text, part, true);
			text += part;
			len -= part;
			continue;
		}
		if (!newline)
			return len;
		take_line(capture, now, text, line, false);
		text += line + 1;
		len -= line + 1;
	}
	return 0;
}

static void take_bytes_read(struct capture *capture, uint64_t now, const char *text, size_t len)
{
	if (capture->partial_len > 0) {
		/* Finish the line begun earlier; what follows needs no copy. */
		const char *newline = memchr(text, '\n', len);
		size_t first = newline ? (size_t)(newline - text) + 1 : len;
		keep_partial(capture, text, first);
		size_t rest = take_lines(capture, now, capture->partial, capture->partial_len);
		if (rest > 0 && rest < capture->partial_len)
			memmove(capture->partial, capture->partial + capture->partial_len - rest, rest);
		capture->partial_len = rest;
		if (rest == 0)
			drop_partial(capture);
		text += first;
		len -= first;
	}
	size_t rest = take_lines(capture, now, text, len);
	if (rest > 0)
		keep_partial(capture, text + len - rest, rest);
}

static void finish_partial(struct capture *capture)
{
	if (capture->partial_len > 0)
		take_line(capture, now_realtime(), capture->partial, capture->partial_len, false);
	drop_partial(capture);
	if (capture->suppressed > 0) {
		capture->window_start = INT64_MAX;
		within_rate(capture, now_realtime());
	}
}

/* ---------------------------------------------------------------------------------------------------------- streams */

static void end_capture(struct capture *capture)
{
	finish_partial(capture);
	flush_lines();
	loop_unwatch(capture->fd);
	close(capture->fd);
	captures[capture->fd] = NULL;
	free_sink(&capture->sink);
	free(capture);
}

/* One read; false at the end of the stream, true else. *taken is 0 when nothing is there now. */
static bool read_some(struct capture *capture, size_t *taken)
{
	ssize_t n;
	do {
		n = read(capture->fd, read_buffer, sizeof read_buffer);
	} while (n < 0 && errno == EINTR);
	*taken = n > 0 ? (size_t)n : 0;
	if (n > 0)
		take_bytes_read(capture, now_realtime(), read_buffer, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static void on_readable(int fd, uint32_t events, void *opaque);

static void release_held(void)
{
	for (int fd = 0; fd < capacity; fd++) {
		struct capture *capture = captures[fd];
		if (capture && capture->held)
			capture->held = loop_watch(fd, EPOLLIN, on_readable, capture) < 0;
	}
}

static void on_readable(int fd, uint32_t events, void *opaque)
{
	(void)events;
	struct capture *capture = opaque;
	size_t taken;
	if (capture->sink.stream != 0 && output_wait_for_room(capture->sink.stream, release_held)) {
		loop_unwatch(fd);
		capture->held = true;
		return;
	}
	if (read_some(capture, &taken)) {
		flush_lines();
		return;
	}
	int32_t tag = capture->sink.tag;
	end_capture(capture);
	JSValue args[2] = {JS_NewInt32(script.context, fd), JS_NewInt32(script.context, tag)};
	script_call(on_capture_end, 2, args);
}

static struct capture *find_capture(int fd)
{
	return fd >= 0 && fd < capacity ? captures[fd] : NULL;
}

static bool reserve(int fd)
{
	if (fd < capacity)
		return true;
	int wanted = capacity ? capacity : 32;
	while (wanted <= fd)
		wanted *= 2;
	struct capture **grown = realloc(captures, (size_t)wanted * sizeof(*grown));
	if (!grown)
		return false;
	memset(grown + capacity, 0, (size_t)(wanted - capacity) * sizeof(*grown));
	captures = grown;
	capacity = wanted;
	return true;
}

static JSValue js_capture_start(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	if (fd < 0)
		return new_errno(ctx, EBADF);
	if (find_capture(fd))
		return new_errno(ctx, EEXIST);
	struct capture *capture = reserve(fd) ? calloc(1, sizeof *capture) : NULL;
	if (!capture)
		return new_errno(ctx, ENOMEM);
	capture->fd = fd;
	capture->cut_priority = -1;
	if (!take_sink(ctx, argv[1], &capture->sink)) {
		free(capture);
		return JS_EXCEPTION;
	}
	/* The read end is a description of its own: the services' ends stay blocking. */
	int result = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0
			     ? -errno
			     : loop_watch(fd, EPOLLIN, on_readable, capture);
	if (result < 0) {
		free_sink(&capture->sink);
		free(capture);
		return JS_NewInt32(ctx, result);
	}
	captures[fd] = capture;
	return JS_NewInt32(ctx, 0);
}

static JSValue js_capture_update(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	struct sink sink;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	struct capture *capture = find_capture(fd);
	if (!capture)
		return new_errno(ctx, ENOENT);
	if (!take_sink(ctx, argv[1], &sink))
		return JS_EXCEPTION;
	free_sink(&capture->sink);
	capture->sink = sink;
	return JS_NewInt32(ctx, 0);
}

static JSValue js_capture_stop(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	struct capture *capture = find_capture(fd);
	if (!capture)
		return new_errno(ctx, ENOENT);
	/* Bounded: somebody may still be writing. */
	size_t total = 0, taken;
	while (total < STOP_BYTES && read_some(capture, &taken) && taken > 0)
		total += taken;
	end_capture(capture);
	return JS_NewInt32(ctx, 0);
}

static JSValue js_on_capture_end(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	JSValue old = on_capture_end;
	on_capture_end = JS_DupValue(ctx, argv[0]);
	JS_FreeValue(ctx, old);
	return JS_UNDEFINED;
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("captureStart", 2, js_capture_start),
	JS_CFUNC_DEF("captureUpdate", 2, js_capture_update),
	JS_CFUNC_DEF("captureStop", 1, js_capture_stop),
	JS_CFUNC_DEF("onCaptureEnd", 1, js_on_capture_end),
};

void mod_capture_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
