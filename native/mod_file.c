/*
 * Files by path. Regular files are read and written whole; opening anything that could wait (a FIFO, a device) needs
 * O_NONBLOCK from the caller, and the whole-file calls use it themselves.
 */
#include "host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE (64 * 1024 * 1024)

/* --------------------------------------------------------------------------------------------- whole-file contents */

/* Reads up to max bytes from where fd stands; 0 or an errno. The caller frees *text. */
static int read_all(int fd, size_t max, char **text, size_t *len)
{
	struct stat status;
	/* /proc and /sys say size 0, and files grow: the size is a hint. One byte more finds out about too much. */
	bool known = fstat(fd, &status) == 0 && status.st_size > 0 && (size_t)status.st_size < max;
	size_t size = known ? (size_t)status.st_size + 1 : 4096;
	*len = 0;
	*text = malloc(size);
	while (*text) {
		ssize_t n = read(fd, *text + *len, size - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		*len += (size_t)n;
		if (*len > max)
			return EFBIG;
		/* A plain file that gave less than was asked for has no more; one of /proc, whose size is 0, may have. */
		if (n == 0 || (known && S_ISREG(status.st_mode) && *len < size))
			return 0;
		if (*len == size) {
			char *grown = realloc(*text, size * 2);
			if (!grown)
				return ENOMEM;
			*text = grown;
			size *= 2;
		}
	}
	return ENOMEM;
}

static JSValue js_read_file(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int tail)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	int64_t max;
	if (!take(ctx, argv, "pl", &path, &max))
		return JS_EXCEPTION;
	if (max < 0 || max > MAX_FILE)
		max = MAX_FILE;
	char *text = NULL;
	size_t len = 0;
	int error = 0;
	int fd = open(path.bytes, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		error = errno;
	} else {
		struct stat status;
		if (tail && fstat(fd, &status) == 0 && status.st_size > max)
			lseek(fd, status.st_size - max, SEEK_SET);
		error = read_all(fd, (size_t)max, &text, &len);
		close(fd);
	}
	JSValue value = error ? new_errno(ctx, error) : new_text(ctx, text, len);
	free(text);
	free_text(ctx, &path);
	return value;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_path(const char *path, const struct text *text, int flags, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, mode);
	if (fd < 0)
		return errno;
	int error = write_all(fd, text->bytes, text->len);
	if (close(fd) < 0 && !error)
		error = errno;
	return error;
}

/* A reader sees the old content or the new, never a part. The mode is exact, whatever the umask. */
static int replace_path(const char *path, const struct text *text, mode_t mode)
{
	char *temporary;
	if (asprintf(&temporary, "%s.%d.tmp", path, (int)getpid()) < 0)
		return ENOMEM;
	unlink(temporary);
	int error = write_path(temporary, text, O_EXCL, 0600);
	if (!error && (chmod(temporary, mode) < 0 || rename(temporary, path) < 0))
		error = errno;
	if (error)
		unlink(temporary);
	free(temporary);
	return error;
}

enum { WRITE, REPLACE, APPEND };

static JSValue js_write_file(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int how)
{
	(void)this;
	(void)argc;
	struct text path = {0}, text = {0};
	uint32_t mode;
	if (!take(ctx, argv, "psu", &path, &text, &mode))
		return JS_EXCEPTION;
	int error = how == REPLACE ? replace_path(path.bytes, &text, (mode_t)mode)
				   : write_path(path.bytes, &text, how == APPEND ? O_APPEND : O_TRUNC, (mode_t)mode);
	free_text(ctx, &path);
	free_text(ctx, &text);
	return new_errno(ctx, error);
}

static JSValue js_open(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	int flags;
	uint32_t mode;
	if (!take(ctx, argv, "piu", &path, &flags, &mode))
		return JS_EXCEPTION;
	JSValue code = new_code(ctx, open(path.bytes, flags | O_CLOEXEC | O_NOCTTY, (mode_t)mode));
	free_text(ctx, &path);
	return code;
}

/* ------------------------------------------------------------------------------------------------ calls on one path */

enum { RMDIR, UNLINK, CHDIR };

static JSValue js_path_call(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int which)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	if (!take(ctx, argv, "p", &path))
		return JS_EXCEPTION;
	int result = which == RMDIR ? rmdir(path.bytes) : which == UNLINK ? unlink(path.bytes) : chdir(path.bytes);
	JSValue code = new_code(ctx, result);
	free_text(ctx, &path);
	return code;
}

enum { MKDIR, CHMOD, MKFIFO, ACCESS };

static JSValue js_path_mode_call(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int which)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	uint32_t mode;
	if (!take(ctx, argv, "pu", &path, &mode))
		return JS_EXCEPTION;
	int result = which == MKDIR    ? mkdir(path.bytes, (mode_t)mode)
		     : which == CHMOD  ? chmod(path.bytes, (mode_t)mode)
		     : which == MKFIFO ? mkfifo(path.bytes, (mode_t)mode)
				       : faccessat(AT_FDCWD, path.bytes, (int)mode, AT_EACCESS);
	JSValue code = new_code(ctx, result);
	free_text(ctx, &path);
	return code;
}

enum { RENAME, SYMLINK, LINK };

static JSValue js_two_paths_call(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int which)
{
	(void)this;
	(void)argc;
	struct text from = {0}, to = {0};
	if (!take(ctx, argv, "pp", &from, &to))
		return JS_EXCEPTION;
	int result = which == RENAME    ? rename(from.bytes, to.bytes)
		     : which == SYMLINK ? symlink(from.bytes, to.bytes)
					: link(from.bytes, to.bytes);
	JSValue code = new_code(ctx, result);
	free_text(ctx, &from);
	free_text(ctx, &to);
	return code;
}

static JSValue js_chown(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int flags)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	uint32_t uid, gid;
	if (!take(ctx, argv, "puu", &path, &uid, &gid))
		return JS_EXCEPTION;
	JSValue code = new_code(ctx, fchownat(AT_FDCWD, path.bytes, uid, gid, flags));
	free_text(ctx, &path);
	return code;
}

static JSValue js_set_times(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	int64_t usec;
	if (!take(ctx, argv, "pl", &path, &usec))
		return JS_EXCEPTION;
	struct timespec time = {.tv_sec = (time_t)(usec / 1000000), .tv_nsec = (long)(usec % 1000000) * 1000};
	struct timespec times[2] = {time, time};
	JSValue code = new_code(ctx, utimensat(AT_FDCWD, path.bytes, times, 0));
	free_text(ctx, &path);
	return code;
}

static JSValue js_umask(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	uint32_t mask;
	if (!take(ctx, argv, "u", &mask))
		return JS_EXCEPTION;
	return JS_NewInt64(ctx, umask((mode_t)mask));
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_MAGIC_DEF("readFile", 2, js_read_file, 0),
	JS_CFUNC_MAGIC_DEF("readFileTail", 2, js_read_file, 1),
	JS_CFUNC_MAGIC_DEF("writeFile", 3, js_write_file, WRITE),
	JS_CFUNC_MAGIC_DEF("replaceFile", 3, js_write_file, REPLACE),
	JS_CFUNC_MAGIC_DEF("appendFile", 3, js_write_file, APPEND),
	JS_CFUNC_DEF("open", 3, js_open),
	JS_CFUNC_MAGIC_DEF("rmdir", 1, js_path_call, RMDIR),
	JS_CFUNC_MAGIC_DEF("unlink", 1, js_path_call, UNLINK),
	JS_CFUNC_MAGIC_DEF("chdir", 1, js_path_call, CHDIR),
	JS_CFUNC_MAGIC_DEF("mkdir", 2, js_path_mode_call, MKDIR),
	JS_CFUNC_MAGIC_DEF("chmod", 2, js_path_mode_call, CHMOD),
	JS_CFUNC_MAGIC_DEF("mkfifo", 2, js_path_mode_call, MKFIFO),
	JS_CFUNC_MAGIC_DEF("access", 2, js_path_mode_call, ACCESS),
	JS_CFUNC_MAGIC_DEF("rename", 2, js_two_paths_call, RENAME),
	JS_CFUNC_MAGIC_DEF("symlink", 2, js_two_paths_call, SYMLINK),
	JS_CFUNC_MAGIC_DEF("link", 2, js_two_paths_call, LINK),
	JS_CFUNC_MAGIC_DEF("chown", 3, js_chown, 0),
	JS_CFUNC_MAGIC_DEF("lchown", 3, js_chown, AT_SYMLINK_NOFOLLOW),
	JS_CFUNC_DEF("setTimes", 2, js_set_times),
	JS_CFUNC_DEF("umask", 1, js_umask),
};

void mod_file_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
