/*
 * Whole directory trees: removing, and changing their owner.
 *
 * The trees belong to services, which may swap a directory for a link while we walk it. So every step is relative to an
 * open directory and follows no link (O_NOFOLLOW), and the depth is bounded by the descriptors that the walk may hold.
 */
#include "host.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_DEPTH 256

/* What is done to an entry: before its own entries, or after them. First error is kept, the walk goes on. */
struct walk {
	void (*enter)(struct walk *walk, int parent, const char *name);
	void (*leave)(struct walk *walk, int parent, const char *name, bool directory);
	uid_t uid;
	gid_t gid;
	int error;
};

static void note(struct walk *walk, int result)
{
	if (result < 0 && errno != ENOENT && walk->error == 0)
		walk->error = errno;
}

static void walk_entry(struct walk *walk, int parent, const char *name, int depth)
{
	if (walk->enter)
		walk->enter(walk, parent, name);
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool directory = fd >= 0;
	if (!directory && errno != ENOTDIR && errno != ELOOP) {
		note(walk, -1);
		directory = errno == EACCES || errno == EMFILE;
	}
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (fd >= 0 && !dir) {
		note(walk, -1);
		close(fd);
	}
	if (dir && depth >= MAX_DEPTH) {
		errno = ELOOP;
		note(walk, -1);
	} else if (dir) {
		for (struct dirent *entry; (entry = readdir(dir));) {
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				walk_entry(walk, dirfd(dir), entry->d_name, depth + 1);
		}
	}
	if (dir)
		closedir(dir);
	if (walk->leave)
		walk->leave(walk, parent, name, directory);
}

static void remove_entry(struct walk *walk, int parent, const char *name, bool directory)
{
	int result = unlinkat(parent, name, directory ? AT_REMOVEDIR : 0);
	if (result < 0 && !directory && (errno == EISDIR || errno == EPERM))
		result = unlinkat(parent, name, AT_REMOVEDIR);
	note(walk, result);
}

/* A file with several names may be another's: changing its owner would give it away (as systemd-tmpfiles refuses). */
static void own_entry(struct walk *walk, int parent, const char *name)
{
	struct stat status;
	int result = fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW);
	if (result == 0 && (S_ISDIR(status.st_mode) || status.st_nlink == 1) &&
	    ((walk->uid != (uid_t)-1 && status.st_uid != walk->uid) ||
	     (walk->gid != (gid_t)-1 && status.st_gid != walk->gid)))
		result = fchownat(parent, name, walk->uid, walk->gid, AT_SYMLINK_NOFOLLOW);
	note(walk, result);
}

/* 0, or the first error. */
static int remove_tree(const char *path)
{
	struct walk walk = {.leave = remove_entry};
	if (path[0] == 0 || strcmp(path, "/") == 0)
		return EINVAL;
	walk_entry(&walk, AT_FDCWD, path, 0);
	return walk.error;
}

static JSValue js_remove_tree(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	if (!take(ctx, argv, "p", &path))
		return JS_EXCEPTION;
	int error = remove_tree(path.bytes);
	free_text(ctx, &path);
	return new_errno(ctx, error);
}

static void remove_and_exit(char **paths) __attribute__((noreturn));
static void remove_and_exit(char **paths)
{
	sigset_t none;
	sigemptyset(&none);
	lastline_forget();
	setsid();
	syscall(SYS_close_range, 3U, ~0U, 0U);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int status = 0;
	for (; *paths; paths++)
		status |= remove_tree(*paths) != 0;
	_exit(status);
}

/*
 * The same for several trees in a child: PID 1 must not stand still while a cache of a hundred thousand files goes.
 * The child's pid, or -errno; it ends with 0, or with 1 where something stays.
 */
static JSValue js_remove_trees_aside(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	char **paths = take_vector(ctx, argv[0]);
	if (!paths)
		return JS_ThrowTypeError(ctx, "no paths");
	pid_t pid = fork();
	if (pid == 0)
		remove_and_exit(paths);
	int error = errno;
	if (pid > 0)
		process_spawned(pid);
	free_vector(paths);
	return pid < 0 ? new_errno(ctx, error) : JS_NewInt32(ctx, pid);
}

static JSValue js_chown_tree(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	struct walk walk = {.enter = own_entry};
	int mode;
	if (!take(ctx, argv, "puui", &path, &walk.uid, &walk.gid, &mode))
		return JS_EXCEPTION;
	walk_entry(&walk, AT_FDCWD, path.bytes, 0);
	if (mode >= 0) {
		int fd = open(path.bytes, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		note(&walk, fd < 0 ? -1 : fchmod(fd, (mode_t)mode));
		if (fd >= 0)
			close(fd);
	}
	free_text(ctx, &path);
	return new_errno(ctx, walk.error);
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("removeTree", 1, js_remove_tree),
	JS_CFUNC_DEF("removeTreesAside", 1, js_remove_trees_aside),
	JS_CFUNC_DEF("chownTree", 4, js_chown_tree),
};

void mod_tree_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
