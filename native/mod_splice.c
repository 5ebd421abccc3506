/*
 * Two connected sockets, spliced: bytes move from one to the other inside the kernel until both directions have ended.
 *
 * Each direction reads into a pipe and writes out of it. It holds a pipe only while bytes are in it, so idle
 * connections cost two descriptors. End of file one way is passed on as a half-close, after the last byte; the pair
 * ends when both ways have, or at the first error.
 *
 * A direction waits either to read (its pipe is empty) or to write (it isn't): a pipe can be full by its number of
 * buffers long before its bytes, so reading on while bytes wait could spin.
 */
#include "host.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK (64 * 1024)
#define TURN_BYTES (1024 * 1024)
#define SPARE_PIPES 16

struct direction {
	int from, to;
	int pipe[2]; /* -1: none */
	size_t waiting;
	int64_t moved;
	bool ended, closed;
};

struct pair {
	struct pair *next;
	struct direction ways[2];
	JSValue callback;
	int id;
};

static struct pair *pairs;
static int pair_count, last_id;
static int spare[SPARE_PIPES][2];
static int spare_count;

static bool get_pipe(struct direction *way)
{
	if (way->pipe[0] >= 0)
		return true;
	if (spare_count > 0) {
		spare_count--;
		way->pipe[0] = spare[spare_count][0];
		way->pipe[1] = spare[spare_count][1];
		return true;
	}
	return pipe2(way->pipe, O_CLOEXEC | O_NONBLOCK) == 0;
}

static void put_pipe(struct direction *way)
{
	if (way->pipe[0] < 0)
		return;
	/* One with bytes in it would give them to the next connection. */
	if (way->waiting == 0 && spare_count < SPARE_PIPES) {
		spare[spare_count][0] = way->pipe[0];
		spare[spare_count][1] = way->pipe[1];
		spare_count++;
	} else {
		close(way->pipe[0]);
		close(way->pipe[1]);
	}
	way->pipe[0] = way->pipe[1] = -1;
}

/* Moves what can be moved now; 0 or an errno. */
static int pump(struct direction *way)
{
	for (size_t moved = 0; !way->closed && moved < TURN_BYTES;) {
		if (way->waiting == 0 && !way->ended) {
			if (!get_pipe(way))
				return errno;
			ssize_t n =
				splice(way->from, NULL, way->pipe[1], NULL, CHUNK, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0 && errno == EAGAIN)
				break;
			if (n < 0)
				return errno;
			way->ended = n == 0;
			way->waiting = (size_t)n;
		}
		if (way->waiting > 0) {
			ssize_t n = splice(way->pipe[0], NULL, way->to, NULL, way->waiting,
					   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0 && errno == EAGAIN)
				break;
			if (n < 0)
				return errno;
			way->waiting -= (size_t)n;
			way->moved += n;
			moved += (size_t)n;
		}
		if (way->ended && way->waiting == 0) {
			way->closed = true;
			shutdown(way->to, SHUT_WR);
		}
	}
	if (way->waiting == 0)
		put_pipe(way);
	return 0;
}

static void end_pair(struct pair *pair, int error)
{
	JSContext *ctx = script.context;
	for (struct pair **p = &pairs; *p; p = &(*p)->next) {
		if (*p == pair) {
			*p = pair->next;
			break;
		}
	}
	pair_count--;
	for (int i = 0; i < 2; i++) {
		loop_unwatch(pair->ways[i].from);
		put_pipe(&pair->ways[i]);
		close(pair->ways[i].from);
	}
	while (pair_count == 0 && spare_count > 0) {
		spare_count--;
		close(spare[spare_count][0]);
		close(spare[spare_count][1]);
	}
	JSValue args[3] = {JS_NewInt64(ctx, pair->ways[0].moved), JS_NewInt64(ctx, pair->ways[1].moved),
			   JS_NewInt32(ctx, error)};
	script_call(pair->callback, 3, args);
	JS_FreeValue(ctx, pair->callback);
	free(pair);
}

static uint32_t wanted_events(const struct direction *out_of, const struct direction *into)
{
	uint32_t events = 0;
	if (!out_of->ended && out_of->waiting == 0)
		events |= EPOLLIN;
	if (into->waiting > 0)
		events |= EPOLLOUT;
	return events;
}

static void on_ready(int fd, uint32_t events, void *opaque)
{
	(void)fd;
	(void)events;
	struct pair *pair = opaque;
	for (int i = 0; i < 2; i++) {
		int error = pump(&pair->ways[i]);
		if (error) {
			end_pair(pair, error);
			return;
		}
	}
	if (pair->ways[0].closed && pair->ways[1].closed) {
		end_pair(pair, 0);
		return;
	}
	loop_rewatch(pair->ways[0].from, wanted_events(&pair->ways[0], &pair->ways[1]));
	loop_rewatch(pair->ways[1].from, wanted_events(&pair->ways[1], &pair->ways[0]));
}

static JSValue js_splice_pair(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int a, b;
	if (!take(ctx, argv, "ii", &a, &b))
		return JS_EXCEPTION;
	struct pair *pair = calloc(1, sizeof *pair);
	if (!pair)
		return new_errno(ctx, ENOMEM);
	pair->ways[0] = (struct direction){.from = a, .to = b, .pipe = {-1, -1}};
	pair->ways[1] = (struct direction){.from = b, .to = a, .pipe = {-1, -1}};
	int ends[2] = {a, b}, error = 0;
	for (int i = 0; i < 2 && !error; i++) {
		loop_unwatch(ends[i]);
		int flags = fcntl(ends[i], F_GETFL);
		if (flags < 0 || fcntl(ends[i], F_SETFL, flags | O_NONBLOCK) < 0)
			error = -errno;
		else
			error = loop_watch(ends[i], EPOLLIN, on_ready, pair);
	}
	if (error) {
		/* The sockets stay the caller's. */
		loop_unwatch(a);
		loop_unwatch(b);
		free(pair);
		return JS_NewInt32(ctx, error);
	}
	pair->callback = JS_DupValue(ctx, argv[2]);
	pair->id = ++last_id;
	pair->next = pairs;
	pairs = pair;
	pair_count++;
	return JS_NewInt32(ctx, pair->id);
}

static JSValue js_splice_abort(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int id;
	if (!take(ctx, argv, "i", &id))
		return JS_EXCEPTION;
	for (struct pair *pair = pairs; pair; pair = pair->next) {
		if (pair->id == id) {
			end_pair(pair, ECANCELED);
			return JS_NewInt32(ctx, 0);
		}
	}
	return new_errno(ctx, ENOENT);
}

static JSValue js_splice_count(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	return JS_NewInt32(ctx, pair_count);
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("splicePair", 3, js_splice_pair),
	JS_CFUNC_DEF("spliceAbort", 1, js_splice_abort),
	JS_CFUNC_DEF("spliceCount", 0, js_splice_count),
};

void mod_splice_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
