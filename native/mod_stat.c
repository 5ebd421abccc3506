/*
 * What the file system tells: status of files, directory listings, where links lead, what is mounted.
 */
#include "host.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *kind_of_mode(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	default:
		return "unknown";
	}
}

static JSValue new_status(JSContext *ctx, const struct stat *s)
{
	JSValue object = JS_NewObject(ctx);
	set_text(ctx, object, "kind", kind_of_mode(s->st_mode));
	set_int(ctx, object, "mode", s->st_mode & 07777);
	set_int(ctx, object, "uid", s->st_uid);
	set_int(ctx, object, "gid", s->st_gid);
	set_int(ctx, object, "size", s->st_size);
	set_int(ctx, object, "mtimeUsec", (int64_t)s->st_mtim.tv_sec * 1000000 + s->st_mtim.tv_nsec / 1000);
	set_int(ctx, object, "ctimeUsec", (int64_t)s->st_ctim.tv_sec * 1000000 + s->st_ctim.tv_nsec / 1000);
	set_int(ctx, object, "inode", (int64_t)s->st_ino);
	set_int(ctx, object, "device", (int64_t)s->st_dev);
	set_int(ctx, object, "links", (int64_t)s->st_nlink);
	return object;
}

static JSValue js_stat(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int flags)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	struct stat status;
	if (!take(ctx, argv, "p", &path))
		return JS_EXCEPTION;
	int result = fstatat(AT_FDCWD, path.bytes, &status, flags);
	JSValue value = result < 0 ? new_code(ctx, -1) : new_status(ctx, &status);
	free_text(ctx, &path);
	return value;
}

static JSValue js_fstat(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	struct stat status;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	return fstat(fd, &status) < 0 ? new_code(ctx, -1) : new_status(ctx, &status);
}

#define COARSEST_TIME 1000000

static JSValue js_file_stamp(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	struct stat s;
	char stamp[128] = "";
	if (!take(ctx, argv, "p", &path))
		return JS_EXCEPTION;
	bool found = stat(path.bytes, &s) == 0;
	free_text(ctx, &path);
	if (found) {
		uint64_t changed = (uint64_t)s.st_ctim.tv_sec * 1000000 + (uint64_t)s.st_ctim.tv_nsec / 1000;
		if (changed + COARSEST_TIME < now_realtime())
			snprintf(stamp, sizeof stamp, "%lx:%lx:%lx:%lx:%lx", (long)s.st_dev, (long)s.st_ino,
				 (long)s.st_size, (long)changed, s.st_mtim.tv_sec);
	}
	return new_text_z(ctx, stamp);
}

static JSValue js_list_directory(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	if (!take(ctx, argv, "p", &path))
		return JS_EXCEPTION;
	DIR *dir = opendir(path.bytes);
	JSValue array = dir ? JS_NewArray(ctx) : new_code(ctx, -1);
	free_text(ctx, &path);
	if (!dir)
		return array;
	uint32_t n = 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct stat status;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		mode_t mode = (mode_t)DTTOIF(entry->d_type);
		/* Some file systems don't say. */
		if (entry->d_type == DT_UNKNOWN &&
		    fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
			mode = status.st_mode;
		JSValue item = JS_NewObject(ctx);
		set_text(ctx, item, "name", entry->d_name);
		set_text(ctx, item, "kind", kind_of_mode(mode));
		JS_SetPropertyUint32(ctx, array, n++, item);
	}
	closedir(dir);
	return array;
}

/* ---------------------------------------------------------------------------------------------------------- mounts */

/* statx says it since Linux 5.8; before that, or where it is refused, by comparing with the parent directory. */
static int is_mount_point(const char *path)
{
	struct statx info;
	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_TYPE, &info) == 0 &&
	    info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
		return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	struct stat here, above;
	char *parent;
	if (stat(path, &here) < 0)
		return -1;
	if (asprintf(&parent, "%s/..", path) < 0)
		return -1;
	int result = stat(parent, &above);
	free(parent);
	if (result < 0)
		return -1;
	return here.st_dev != above.st_dev || here.st_ino == above.st_ino;
}

enum { IS_READ_ONLY, FS_TYPE, IS_MOUNT_POINT };

static JSValue js_mount_call(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int which)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	struct statvfs vfs;
	struct statfs fs;
	long result;
	if (!take(ctx, argv, "p", &path))
		return JS_EXCEPTION;
	if (which == IS_READ_ONLY)
		result = statvfs(path.bytes, &vfs) < 0 ? -1 : (vfs.f_flag & ST_RDONLY) != 0;
	else if (which == FS_TYPE)
		result = statfs(path.bytes, &fs) < 0 ? -1 : (long)(uint32_t)fs.f_type;
	else
		result = is_mount_point(path.bytes);
	JSValue code = new_code(ctx, result);
	free_text(ctx, &path);
	return code;
}

/* ----------------------------------------------------------------------------------------------------------- links */

static JSValue js_readlink(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	char target[4096];
	if (!take(ctx, argv, "p", &path))
		return JS_EXCEPTION;
	ssize_t n = readlink(path.bytes, target, sizeof target);
	JSValue value = n < 0 ? new_code(ctx, -1) : new_text(ctx, target, (size_t)n);
	free_text(ctx, &path);
	return value;
}

static JSValue js_realpath(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text path = {0};
	if (!take(ctx, argv, "p", &path))
		return JS_EXCEPTION;
	char *resolved = realpath(path.bytes, NULL);
	JSValue value = resolved ? new_text_z(ctx, resolved) : new_code(ctx, -1);
	free(resolved);
	free_text(ctx, &path);
	return value;
}

static JSValue js_cwd(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	char path[4096];
	return getcwd(path, sizeof path) ? new_text_z(ctx, path) : new_code(ctx, -1);
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_MAGIC_DEF("stat", 1, js_stat, 0),
	JS_CFUNC_MAGIC_DEF("lstat", 1, js_stat, AT_SYMLINK_NOFOLLOW),
	JS_CFUNC_DEF("fstat", 1, js_fstat),
	JS_CFUNC_DEF("fileStamp", 1, js_file_stamp),
	JS_CFUNC_DEF("listDirectory", 1, js_list_directory),
	JS_CFUNC_MAGIC_DEF("isReadOnly", 1, js_mount_call, IS_READ_ONLY),
	JS_CFUNC_MAGIC_DEF("fileSystemType", 1, js_mount_call, FS_TYPE),
	JS_CFUNC_MAGIC_DEF("isMountPoint", 1, js_mount_call, IS_MOUNT_POINT),
	JS_CFUNC_DEF("readlink", 1, js_readlink),
	JS_CFUNC_DEF("realpath", 1, js_realpath),
	JS_CFUNC_DEF("cwd", 0, js_cwd),
};

void mod_stat_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
