/*
 * Plain descriptors: flags, copies, pipes, memory files, inotify, closing.
 */
#include "host.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int set_flag(int fd, int get, int set, int flag, bool on)
{
	int flags = fcntl(fd, get);
	if (flags < 0)
		return -1;
	int wanted = on ? flags | flag : flags & ~flag;
	return wanted == flags ? 0 : fcntl(fd, set, wanted);
}

enum { GET_FLAGS, SET_FLAGS, SET_NONBLOCK, SET_CLOEXEC, SET_PIPE_SIZE, DUPLICATE, CLOSE };

static JSValue js_fd_call(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int which)
{
	(void)this;
	(void)argc;
	int fd, value = 0;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	if (which != GET_FLAGS && which != CLOSE && JS_ToInt32(ctx, &value, argv[1]) < 0)
		return JS_EXCEPTION;
	switch (which) {
	case GET_FLAGS:
		return new_code(ctx, fcntl(fd, F_GETFL));
	case SET_FLAGS:
		return new_code(ctx, fcntl(fd, F_SETFL, value));
	case SET_NONBLOCK:
		return new_code(ctx, set_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, value != 0));
	case SET_CLOEXEC:
		return new_code(ctx, set_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, value != 0));
	case SET_PIPE_SIZE:
		return new_code(ctx, fcntl(fd, F_SETPIPE_SZ, value));
	case DUPLICATE:
		return new_code(ctx, fcntl(fd, F_DUPFD_CLOEXEC, value));
	default:
		/* Forgetting to unwatch first would leave a watcher that the number's next owner inherits. */
		loop_unwatch(fd);
		return new_code(ctx, close(fd));
	}
}

static JSValue js_pipe(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return new_code(ctx, -1);
	JSValue array = JS_NewArray(ctx);
	JS_SetPropertyUint32(ctx, array, 0, JS_NewInt32(ctx, ends[0]));
	JS_SetPropertyUint32(ctx, array, 1, JS_NewInt32(ctx, ends[1]));
	return array;
}

static JSValue js_memfd(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text name = {0}, text = {0};
	if (!take(ctx, argv, "ps", &name, &text))
		return JS_EXCEPTION;
	int fd = memfd_create(name.bytes, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && (write(fd, text.bytes, text.len) != (ssize_t)text.len || lseek(fd, 0, SEEK_SET) < 0)) {
		int error = errno ? errno : ENOSPC;
		close(fd);
		errno = error;
		fd = -1;
	}
	JSValue code = new_code(ctx, fd);
	free_text(ctx, &name);
	free_text(ctx, &text);
	return code;
}

static JSValue js_seek(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	int64_t offset;
	if (!take(ctx, argv, "il", &fd, &offset))
		return JS_EXCEPTION;
	return new_code(ctx, lseek(fd, offset, SEEK_SET));
}

static JSValue js_fchmod(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	uint32_t mode;
	if (!take(ctx, argv, "iu", &fd, &mode))
		return JS_EXCEPTION;
	return new_code(ctx, fchmod(fd, (mode_t)mode));
}

static JSValue js_fchown(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	uint32_t uid, gid;
	if (!take(ctx, argv, "iuu", &fd, &uid, &gid))
		return JS_EXCEPTION;
	return new_code(ctx, fchown(fd, uid, gid));
}

/* --------------------------------------------------------------------------------------------------------- inotify */

static JSValue js_inotify_init(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	return new_code(ctx, inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}

static JSValue js_inotify_add(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	struct text path = {0};
	uint32_t mask;
	if (!take(ctx, argv, "ipu", &fd, &path, &mask))
		return JS_EXCEPTION;
	JSValue code = new_code(ctx, inotify_add_watch(fd, path.bytes, mask));
	free_text(ctx, &path);
	return code;
}

static JSValue js_inotify_remove(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, watch;
	if (!take(ctx, argv, "ii", &fd, &watch))
		return JS_EXCEPTION;
	return new_code(ctx, inotify_rm_watch(fd, watch));
}

static JSValue js_inotify_read(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	_Alignas(struct inotify_event) char buffer[8192];
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	ssize_t n = read(fd, buffer, sizeof buffer);
	if (n < 0)
		return new_code(ctx, -1);
	JSValue array = JS_NewArray(ctx);
	uint32_t at = 0;
	for (char *p = buffer; p < buffer + n;) {
		const struct inotify_event *event = (const struct inotify_event *)(void *)p;
		JS_SetPropertyUint32(ctx, array, at++, JS_NewInt32(ctx, event->wd));
		JS_SetPropertyUint32(ctx, array, at++, JS_NewInt64(ctx, event->mask));
		JS_SetPropertyUint32(ctx, array, at++, new_text(ctx, event->name, strnlen(event->name, event->len)));
		p += sizeof *event + event->len;
	}
	return array;
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_MAGIC_DEF("getFlags", 1, js_fd_call, GET_FLAGS),
	JS_CFUNC_MAGIC_DEF("setFlags", 2, js_fd_call, SET_FLAGS),
	JS_CFUNC_MAGIC_DEF("setNonblock", 2, js_fd_call, SET_NONBLOCK),
	JS_CFUNC_MAGIC_DEF("setCloexec", 2, js_fd_call, SET_CLOEXEC),
	JS_CFUNC_MAGIC_DEF("setPipeSize", 2, js_fd_call, SET_PIPE_SIZE),
	JS_CFUNC_MAGIC_DEF("duplicate", 2, js_fd_call, DUPLICATE),
	JS_CFUNC_MAGIC_DEF("close", 1, js_fd_call, CLOSE),
	JS_CFUNC_DEF("pipe", 0, js_pipe),
	JS_CFUNC_DEF("memfd", 2, js_memfd),
	JS_CFUNC_DEF("seek", 2, js_seek),
	JS_CFUNC_DEF("fchmod", 2, js_fchmod),
	JS_CFUNC_DEF("fchown", 3, js_fchown),
	JS_CFUNC_DEF("inotifyInit", 0, js_inotify_init),
	JS_CFUNC_DEF("inotifyAdd", 3, js_inotify_add),
	JS_CFUNC_DEF("inotifyRemove", 2, js_inotify_remove),
	JS_CFUNC_DEF("inotifyRead", 1, js_inotify_read),
};

void mod_descriptor_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
