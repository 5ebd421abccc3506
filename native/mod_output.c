/*
 * Standard output and error, written without ever blocking.
 *
 * O_NONBLOCK lives in the open file description, which services may share; it must not be set on what we were given.
 * So each stream is opened anew through /proc/self/fd, which works for pipes and terminals. Otherwise:
 *   FRESH    own description, O_NONBLOCK; what doesn't fit is kept and written when epoll says so
 *   FILE     regular file: never blocks for long, and epoll refuses it. Used as given, since a description of our own
 *            has an offset of its own, and the others who write there would overwrite our lines and we theirs
 *   SOCKET   can't be reopened: MSG_DONTWAIT
 *   SHARED   no /proc, or opening refused: poll first, then write at most PIPE_BUF, which a pipe then takes whole
 * Streams are opened at first use; a wrapper that never says anything saves the system calls.
 * What can't be written waits in a bounded buffer; what doesn't fit there is dropped as a whole call, its lines are
 * counted, and the script is told how many there were once the reader has taken the rest.
 * A reader that is slow but alive loses nothing: who produces much (captures) asks whether it is behind, and waits; and
 * what one read of a capture becomes, many times its size where lines are short, is kept above the limit.
 */
#include "host.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* A reader that takes nothing for so long has stalled: nobody waits for it any more. */
#define STALL_USEC 1000000
/* For a reader that has not: so many times the limit. */
#define PATIENCE 16

enum mode { UNOPENED, FRESH, PLAIN_FILE, SOCKET, SHARED };

struct stream {
	int fd;
	enum mode mode;
	char *buffer;
	size_t start, end, size;
	bool watching, broken;
	int64_t dropped, told; /* lines; of these the script knows */
	uint64_t moved_at;     /* when the reader last took something, while bytes wait */
};

static struct stream streams[3] = {{.fd = -1}, {.fd = -1}, {.fd = -1}};
static size_t buffer_limit = 256 * 1024;
static JSValue on_dropped;

static struct {
	void (*fn)(void);
	bool waited_for;
	int timer_fd;
} room = {.timer_fd = -1};

static void drain(struct stream *s);

static void open_stream(struct stream *s, int original)
{
	struct stat status;
	s->fd = original;
	s->mode = SHARED;
	if (fstat(original, &status) < 0) {
		s->broken = true;
		return;
	}
	if (S_ISSOCK(status.st_mode) || S_ISREG(status.st_mode)) {
		s->mode = S_ISREG(status.st_mode) ? PLAIN_FILE : SOCKET;
		return;
	}
	/* An access mode other than the original's could be refused, or open a FIFO's wrong end. */
	int flags = fcntl(original, F_GETFL) & O_ACCMODE;
	flags |= O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", original);
	int fd = open(path, flags);
	if (fd < 0)
		return;
	s->fd = fd;
	s->mode = FRESH;
}

/* Bytes written, 0 when it would block, -1 when the stream is gone. */
static ssize_t try_write(struct stream *s, const char *bytes, size_t len)
{
	ssize_t n;
	do {
		if (s->mode == SOCKET) {
			n = send(s->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		} else if (s->mode == SHARED) {
			struct pollfd ready = {.fd = s->fd, .events = POLLOUT};
			if (poll(&ready, 1, 0) <= 0 || !(ready.revents & POLLOUT))
				return ready.revents & (POLLERR | POLLNVAL) ? -1 : 0;
			n = write(s->fd, bytes, len < PIPE_BUF ? len : PIPE_BUF);
		} else {
			n = write(s->fd, bytes, len);
		}
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return n;
}

static void on_writable(int fd, uint32_t events, void *opaque)
{
	(void)fd;
	(void)events;
	drain(opaque);
}

static void tell_dropped(void)
{
	for (int i = 1; i <= 2; i++) {
		struct stream *s = &streams[i];
		JSValue lines = JS_NewInt64(script.context, s->dropped - s->told);
		if (s->told == s->dropped || !JS_IsFunction(script.context, on_dropped))
			continue;
		s->told = s->dropped;
		script_call(on_dropped, 1, &lines);
	}
}

/* Not within the write that found room: it may have come from the script. */
static struct deferral telling = {.fn = tell_dropped};

static void end_wait(void)
{
	room.waited_for = false;
	room.fn();
}

static void drain(struct stream *s)
{
	while (s->start < s->end) {
		ssize_t n = try_write(s, s->buffer + s->start, s->end - s->start);
		if (n < 0) {
			/* EPIPE and the like: nobody will ever read it. */
			s->start = s->end;
			break;
		}
		if (n == 0)
			break;
		s->start += (size_t)n;
		s->moved_at = now_monotonic();
	}
	if (s->start == s->end) {
		free(s->buffer);
		s->buffer = NULL;
		s->start = s->end = s->size = 0;
		if (s->watching)
			loop_unwatch(s->fd);
		s->watching = false;
	} else if (!s->watching) {
		s->watching = loop_watch(s->fd, EPOLLOUT, on_writable, s) == 0;
	}
	if (room.waited_for && s->end - s->start < buffer_limit / 4)
		end_wait();
	if (s->start == s->end && s->told < s->dropped)
		loop_defer(&telling);
}

static void on_stall_timer(int fd, uint32_t events, void *opaque)
{
	(void)events;
	(void)opaque;
	uint64_t count;
	if (read(fd, &count, sizeof count) < 0)
		return;
	/* Whoever still finds the reader behind asks again. */
	if (room.waited_for)
		end_wait();
}

static bool arm_stall_timer(uint64_t at)
{
	if (room.timer_fd < 0) {
		room.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		if (room.timer_fd < 0 || loop_watch(room.timer_fd, EPOLLIN, on_stall_timer, NULL) < 0)
			return false;
	}
	struct itimerspec when = {
		.it_value = {.tv_sec = (time_t)(at / 1000000), .tv_nsec = (long)(at % 1000000) * 1000}};
	return timerfd_settime(room.timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0;
}

static bool has_stalled(const struct stream *s)
{
	return now_monotonic() >= s->moved_at + STALL_USEC;
}

bool output_wait_for_room(int stream, void (*fn)(void))
{
	const struct stream *s = &streams[stream];
	if (s->end - s->start < buffer_limit / 2)
		return false;
	if (has_stalled(s) || (!room.waited_for && !arm_stall_timer(s->moved_at + STALL_USEC)))
		return false;
	room.fn = fn;
	room.waited_for = true;
	return true;
}

static bool keep(struct stream *s, const char *bytes, size_t len)
{
	size_t waiting = s->end - s->start;
	if (waiting == 0)
		s->moved_at = now_monotonic();
	if (waiting + len > buffer_limit && (waiting + len > buffer_limit * PATIENCE || has_stalled(s)))
		return false;
	if (s->end + len > s->size) {
		if (waiting > 0)
			memmove(s->buffer, s->buffer + s->start, waiting);
		s->start = 0;
		s->end = waiting;
		size_t size = s->size ? s->size : 4096;
		while (size < waiting + len)
			size *= 2;
		if (size > s->size) {
			char *grown = realloc(s->buffer, size);
			if (!grown)
				return false;
			s->buffer = grown;
			s->size = size;
		}
	}
	memcpy(s->buffer + s->end, bytes, len);
	s->end += len;
	return true;
}

int output_write_lines(int stream, const char *bytes, size_t len, int64_t lines)
{
	struct stream *s = &streams[stream];
	if (s->mode == UNOPENED)
		open_stream(s, stream);
	if (s->broken)
		return -EPIPE;
	size_t done = 0;
	if (s->start == s->end) {
		while (done < len) {
			ssize_t n = try_write(s, bytes + done, len - done);
			if (n < 0)
				return -EPIPE;
			if (n == 0)
				break;
			done += (size_t)n;
		}
		if (done == len)
			return 0;
	}
	if (!keep(s, bytes + done, len - done)) {
		/* A call of which a part is out already must not be cut in the middle of a line. */
		size_t limit = buffer_limit;
		buffer_limit = SIZE_MAX / PATIENCE;
		bool kept = done > 0 && keep(s, bytes + done, len - done);
		buffer_limit = limit;
		if (!kept) {
			s->dropped += lines;
			return -ENOBUFS;
		}
	}
	drain(s);
	return 0;
}

int output_write(int stream, const char *bytes, size_t len)
{
	return output_write_lines(stream, bytes, len, 1);
}

void output_flush(uint64_t limit_usec)
{
	uint64_t until = now_monotonic() + limit_usec;
	for (int i = 1; i <= 2; i++) {
		struct stream *s = &streams[i];
		while (s->start < s->end) {
			drain(s);
			uint64_t at = now_monotonic();
			if (s->start == s->end || at >= until)
				break;
			struct pollfd ready = {.fd = s->fd, .events = POLLOUT};
			poll(&ready, 1, (int)((until - at) / 1000) + 1);
		}
	}
}

void complain(const char *format, ...)
{
	char text[4096];
	va_list args;
	va_start(args, format);
	int prefix = snprintf(text, sizeof text, "usher: ");
	int n = vsnprintf(text + prefix, sizeof text - (size_t)prefix - 1, format, args);
	va_end(args);
	size_t len = n < 0 ? (size_t)prefix : (size_t)(prefix + n);
	if (len > sizeof text - 2)
		len = sizeof text - 2;
	text[len++] = '\n';
	output_write(2, text, len);
}

static JSValue js_write_out(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int stream;
	struct text text = {0};
	if (!take(ctx, argv, "is", &stream, &text))
		return JS_EXCEPTION;
	int result = stream == 1 || stream == 2 ? output_write(stream, text.bytes, text.len) : -EBADF;
	free_text(ctx, &text);
	return JS_NewInt32(ctx, result);
}

static struct stream *take_stream(JSContext *ctx, JSValueConst value)
{
	int stream = 0;
	JS_ToInt32(ctx, &stream, value);
	return &streams[stream == 1 || stream == 2 ? stream : 0];
}

static JSValue js_out_dropped(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	return JS_NewInt64(ctx, take_stream(ctx, argv[0])->dropped);
}

static JSValue js_on_out_dropped(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	JSValue old = on_dropped;
	on_dropped = JS_DupValue(ctx, argv[0]);
	JS_FreeValue(ctx, old);
	return JS_UNDEFINED;
}

static JSValue js_out_pending(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct stream *s = take_stream(ctx, argv[0]);
	return JS_NewInt64(ctx, (int64_t)(s->end - s->start));
}

static JSValue js_set_out_limit(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int64_t bytes;
	if (!take(ctx, argv, "l", &bytes))
		return JS_EXCEPTION;
	buffer_limit = bytes < 4096 ? 4096 : (size_t)bytes;
	return JS_UNDEFINED;
}

static JSValue js_flush_out(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int64_t usec;
	if (!take(ctx, argv, "l", &usec))
		return JS_EXCEPTION;
	output_flush(usec > 0 ? (uint64_t)usec : 0);
	return JS_UNDEFINED;
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("writeOut", 2, js_write_out),     JS_CFUNC_DEF("outDropped", 1, js_out_dropped),
	JS_CFUNC_DEF("outPending", 1, js_out_pending), JS_CFUNC_DEF("setOutLimit", 1, js_set_out_limit),
	JS_CFUNC_DEF("flushOut", 1, js_flush_out),     JS_CFUNC_DEF("onOutDropped", 1, js_on_out_dropped),
};

void mod_output_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
